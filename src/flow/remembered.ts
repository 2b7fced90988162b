import path from 'node:path';
import type { Index, Snapshot } from '../db/snapshot.ts';
import { listNames } from '../layers.ts';
import { ASKING_IMAGE } from '../model/image-facts.ts';
import { LINKED_WITH, NEEDING } from '../model/links.ts';
import { CLAIMING } from '../model/port-users.ts';
import { BY_HOST_NAME, BY_WEB_ALIAS } from '../model/web.ts';
import type { Paths } from '../paths.ts';
import type { RememberedOptions } from '../reads/remembered.ts';
import { signatureOf } from '../signature.ts';
import { BOUND_TO } from './involved.ts';

/** Those by which the containers of a change are checked without a look at all others. */
const INDEXES: readonly Index[] = [LINKED_WITH, NEEDING, BOUND_TO, BY_HOST_NAME, BY_WEB_ALIAS, CLAIMING, ASKING_IMAGE];

const bySnapshot = new WeakMap<Snapshot, RememberedOptions>();

/** What may be taken from the last renderings for a snapshot. */
export function rememberedOptions(paths: Paths, snapshot: Snapshot): RememberedOptions {
  let options = bySnapshot.get(snapshot);
  if (options === undefined) bySnapshot.set(snapshot, (options = { maker: makerOf(paths, snapshot), indexes: INDEXES }));
  return options;
}

/** What text and owners of outputs come from besides records, facts and templates. */
function makerOf(paths: Paths, { schema }: Snapshot): string {
  const parts = [
    // the program's file is called by what is in it
    process.version, process.geteuid?.(), JSON.stringify(schema), ...listNames(path.join(paths.packageDir, 'dist')).toSorted(),
    ...['/etc/passwd', '/etc/group'].map((file) => signatureOf(paths.file(file))),
  ];
  // its text, since a digest would load all of node's crypto
  return parts.join('\n');
}
