import { createHash } from 'node:crypto';
import path from 'node:path';
import { listMergedTree } from '../../base/layers.ts';
import { CONFIG_DIR, type Paths, STATE_DIR } from '../../base/paths.ts';
import { readBytes } from '../../files/read-file.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { formatState, readState, writeStateFile } from '../../files/state-file.ts';
import type { Reporter } from '../reporter.ts';

/** Which defaults, forced values and migrations of this host the dbs have had. Without the root. */
const STATE_FILE = path.posix.join(STATE_DIR, 'shipped-defaults.json');
const WHAT = 'the list of applied defaults';

/** What packages beside docksmith ship for dbs, against what was applied of it. */
export interface Shipped {
  /** something of it has not been applied: whatever event comes first does that */
  readonly isNew: boolean;
  /** to be written once it is applied; empty where the file says so already */
  readonly state: ReadonlyMap<string, FileContent>;
}

export const NOTHING_SHIPPED: Shipped = { isNew: false, state: new Map() };

export function findShipped(paths: Paths): Shipped {
  const files = [...listMergedTree([paths.file(path.posix.join(CONFIG_DIR, 'db'))])]
    .filter(([name]) => /^[^/]+\/(?:defaults|force|migrate)\/[^/]/.test(name))
    .map(([name, file]) => `${name} ${digestOf(file)}`);
  const applied =
    readState(paths.file(STATE_FILE), WHAT, (state) => state.get('files').list((one) => one.text())) ?? [];
  const known = new Set(applied);
  // what went may come again, and is new then
  const isSame = applied.length === files.length && files.every((file) => known.has(file));
  return {
    isNew: files.some((file) => !known.has(file)),
    state: isSame ? new Map() : new Map([[STATE_FILE, formatState({ files })]]),
  };
}

/** Migrations, defaults and forced values of all packages. @param paths with the dbs to bring up to date */
export async function bringDefaults(paths: Paths, reporter: Reporter): Promise<void> {
  const { applyShipped } = await import('./setup.ts');
  for (const line of applyShipped(paths)) reporter.line('set-up', line, 'stdout');
}

/** The same for an event without files, which commits nothing. */
export async function bringNewDefaults(paths: Paths, reporter: Reporter): Promise<void> {
  const { isNew, state } = findShipped(paths);
  if (isNew) await bringDefaults(paths, reporter);
  for (const [file, content] of state) writeStateFile(paths.file(file), WHAT, content);
}

/** One that cannot be read is named by what applies it. */
function digestOf(file: string): string {
  try {
    return createHash('sha256').update(readBytes(file)).digest('hex');
  } catch {
    return 'unreadable';
  }
}
