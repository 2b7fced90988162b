import { type Dirent, readdirSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from './errors.ts';
import { CONFIG_DIR, type Paths } from './paths.ts';

/**
 * The folders that hold `subfolder` of docksmith's configuration, the one that wins first:
 * the admin's under /etc/docksmith, then the package's. They may not exist.
 */
export function layersOf(paths: Paths, subfolder: string): readonly string[] {
  return [paths.file(path.posix.join(CONFIG_DIR, subfolder)), path.join(paths.packageDir, subfolder)];
}

/** The names in a folder; none where there is no folder. */
export function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The names of the folders in a folder, in byte order; a link to one is none. */
export function listSubfolders(folder: string): readonly string[] {
  return readFolder(folder)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort(compareBytes);
}

/**
 * Order of names in every listing of this program: by byte, not by locale, so `10a` comes before `9b` on
 * every machine.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  // only up there are UTF-16, by which JavaScript compares, and UTF-8 in another order
  if (HIGH.test(a) || HIGH.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const HIGH = /[\ud800-\uffff]/;

const BACKUP = /(?:~|\.swp|\.orig|\.rpmsave|\.rpmnew|\.rpmorig|\.dpkg-old|\.dpkg-new|\.dpkg-dist)$/;

/** Whether an editor or a package manager left this file behind: nobody means it to count. */
export function isBackupName(name: string): boolean {
  return BACKUP.test(name);
}

/** name -> file, merged over the layers (the first that has the name wins), in byte order. Folders are left out. */
export function listMerged(layers: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const layer of layers) {
    for (const entry of readFolder(layer)) {
      if (!entry.isDirectory() && !files.has(entry.name)) files.set(entry.name, path.join(layer, entry.name));
    }
  }
  return sortByName(files);
}

/** The same for a whole tree: relative path -> file. */
export function listMergedTree(layers: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const layer of layers) {
    for (const name of walk(layer)) if (!files.has(name)) files.set(name, `${layer}/${name}`);
  }
  return sortByName(files);
}

/** Relative paths, each behind a prefix. */
function* walk(folder: string, prefix = ''): Generator<string> {
  for (const entry of readFolder(folder)) {
    if (entry.isDirectory()) yield* walk(`${folder}/${entry.name}`, `${prefix}${entry.name}/`);
    else yield `${prefix}${entry.name}`;
  }
}

function sortByName(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...files].sort(([a], [b]) => compareBytes(a, b)));
}

/** A folder that is not there has nothing in it; any other error is thrown. */
function readFolder(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}
