import { rmSync } from 'node:fs';
import path from 'node:path';
import { listNames } from '../base/layers.ts';
import { takeLockIfFree } from '../files/lock.ts';
import { isTemporaryName } from '../files/replace-file.ts';

/** Beside a db's file: the lock that ours exclude each other by, which nobody unlinks. */
export function ownLockFile(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.docksmith.lock`);
}

/**
 * Removes half-written copies of dbs in a folder whose writers were killed: nobody holds the lock that they
 * were written under.
 */
export function removeLeftCopies(folder: string): void {
  const names = listNames(folder);
  for (const name of new Set(
    names.filter(isTemporaryName).map((copy) => copy.slice(1, copy.lastIndexOf('.docksmith-'))),
  )) {
    const file = path.join(folder, name);
    const lock = takeLockIfFree(ownLockFile(file), 'putting right what was killed');
    if (lock === undefined) continue;
    try {
      removeCopiesOf(file, listNames(folder));
    } finally {
      lock.release();
    }
  }
}

/** To be called under the db's lock. */
export function removeCopiesOf(file: string, names = listNames(path.dirname(file))): void {
  for (const name of names) {
    if (isTemporaryName(name) && name.startsWith(`.${path.basename(file)}.docksmith-`))
      rmSync(path.join(path.dirname(file), name), { force: true });
  }
}
