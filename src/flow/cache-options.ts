import path from 'node:path';
import type { Index, Snapshot } from '../db/snapshot.ts';
import { listNames } from '../base/layers.ts';
import { CHECKED_DBS } from '../model/check-records.ts';
import { ASKING_IMAGE } from '../model/image-facts.ts';
import { AWAITING, BOUND_TO, LINKED_WITH, NEEDING } from '../model/links/links.ts';
import { CLAIMING } from '../model/network/port-users.ts';
import { BY_HOST_NAME, BY_WEB_ALIAS } from '../model/web.ts';
import type { Paths } from '../base/paths.ts';
import type { CacheOptions } from '../incremental/load-cache.ts';
import { signatureOf } from '../files/signature.ts';

/** Those by which the containers of a change are checked without a look at all others. */
const INDEXES: readonly Index[] = [
  LINKED_WITH,
  NEEDING,
  AWAITING,
  BOUND_TO,
  BY_HOST_NAME,
  BY_WEB_ALIAS,
  CLAIMING,
  ASKING_IMAGE,
];

/** What may be taken from the last renderings for a snapshot. */
export function cacheOptions(paths: Paths, snapshot: Snapshot): CacheOptions {
  return { maker: makerOf(paths, snapshot), indexes: INDEXES, alwaysRead: CHECKED_DBS };
}

/** What text and owners of outputs come from besides records, facts and templates. */
function makerOf(paths: Paths, { schema }: Snapshot): string {
  const parts = [
    // the program's file is called by what is in it; where the package is, warnings say
    process.version,
    process.geteuid?.(),
    JSON.stringify(schema),
    paths.packageDir,
    ...listNames(path.join(paths.packageDir, 'dist')).toSorted(),
    ...['/etc/passwd', '/etc/group'].map((file) => signOrMark(paths.file(file))),
  ];
  // its text, since a digest would load all of node's crypto
  return parts.join('\n');
}

/** One that was changed just now is like no other. */
function signOrMark(file: string): string {
  const now = Date.now();
  const signature = signatureOf(file, now);
  return signature === '' ? `changed at ${now}` : (signature ?? '');
}
