import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { syncFolder } from '../../files/replace-file.ts';

/** The folders above these paths that are not there yet, without the root, the upper ones first. */
export function listMissingFolders(paths: Paths, files: readonly string[]): readonly string[] {
  const missing = new Set<string>();
  for (const file of files) {
    const above: string[] = [];
    for (
      let folder = path.posix.dirname(file);
      folder !== '/' && !existsSync(paths.file(folder));
      folder = path.posix.dirname(folder)
    )
      above.unshift(folder);
    for (const folder of above) missing.add(folder);
  }
  return [...missing];
}

/** Makes one folder that everybody may read (0755 whatever the umask says); above it all must be there. */
export function makeFolder(paths: Paths, folder: string): void {
  const made = paths.file(folder);
  // the root itself, when DOCKSMITH_ROOT names a folder to come, is no folder of ours
  mkdirSync(path.dirname(made), { recursive: true });
  mkdirSync(made);
  chmodSync(made, 0o755);
  syncFolder(path.dirname(made));
}

/** Those of the folders in which nothing is left once the files are gone; all without the root. */
export function listEmptied(paths: Paths, folders: readonly string[], files: readonly string[]): readonly string[] {
  const gone = new Set(files);
  const emptied: string[] = [];
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    if (readFolder(paths.file(folder))?.every((name) => gone.has(path.posix.join(folder, name))) !== true) continue;
    gone.add(folder);
    emptied.push(folder);
  }
  return emptied;
}

/** Undefined for what is no folder: somebody's link in its place is left alone. A folder that is gone is empty. */
function readFolder(folder: string): readonly string[] | undefined {
  try {
    return lstatSync(folder).isDirectory() ? readdirSync(folder) : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Removes those that are empty, the lower ones first. @returns those that are gone */
export function removeEmptyFolders(paths: Paths, folders: Iterable<string>): readonly string[] {
  const lowestFirst = [...folders].sort((a, b) => b.length - a.length);
  return lowestFirst.filter((folder) => removeEmptyFolder(paths.file(folder)));
}

function removeEmptyFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    syncFolder(path.dirname(folder));
    return true;
  } catch (error) {
    // a symbolic link that somebody put in its place is ENOTDIR, and stays
    if (errorCode(error) === 'ENOENT') return true;
    if (
      errorCode(error) === 'ENOTEMPTY' ||
      errorCode(error) === 'EEXIST' ||
      errorCode(error) === 'ENOTDIR' ||
      errorCode(error) === 'EBUSY'
    )
      return false;
    throw error;
  }
}
