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

/** The names of the folders in a folder, in byte order; a link to one is none, and neither is a backup. */
export function listSubfolders(folder: string): readonly string[] {
  return readFolder(folder)
    .filter((entry) => entry.isDirectory() && !isBackupName(entry.name))
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

/** What an editor, a package manager, `patch` or an admin calls a copy or a draft of a file. */
const BACKUP = new RegExp(
  [
    '~$',
    '^(?:#.*#$|\\.#)', // Emacs: an edited file, and its lock
    '\\.(?:bak|old|orig|rej|tmp|disabled)$',
    '\\.save(?:\\.\\d+)?$',
    '\\.sw[a-p]$',
    '\\.(?:dpkg|ucf|apk)-\\w+$',
    '\\.(?:rpm|pac)(?:new|save|orig|old)$',
  ].join('|'),
);

/** Whether an editor or a package manager left this file or folder behind: nobody means it to count. */
export function isBackupName(name: string): boolean {
  return BACKUP.test(name);
}

/** What is said of one. @param file without the root */
export function formatBackup(file: string): string {
  return `"${file}" is ignored: its name is that of a backup copy`;
}

/** Told of each file or folder that is left out as its name is that of a backup. */
type OnBackup = (file: string) => void;

/**
 * name -> file, merged over the layers (the first that has the name wins), in byte order. Folders and backups are
 * left out.
 */
export function listMerged(
  layers: readonly string[],
  onBackup: OnBackup = () => undefined,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const layer of layers) {
    for (const entry of readFolder(layer)) {
      if (entry.isDirectory()) continue;
      if (isBackupName(entry.name)) onBackup(path.join(layer, entry.name));
      else if (!files.has(entry.name)) files.set(entry.name, path.join(layer, entry.name));
    }
  }
  return sortByName(files);
}

/** The same for a whole tree: relative path -> file. What is in a folder with the name of a backup is left out, too. */
export function listMergedTree(
  layers: readonly string[],
  onBackup: OnBackup = () => undefined,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const layer of layers) {
    for (const name of walk(layer, onBackup)) if (!files.has(name)) files.set(name, `${layer}/${name}`);
  }
  return sortByName(files);
}

/** The backups in layers and below, each a file or a whole folder, in byte order. */
export function listBackups(layers: readonly string[]): readonly string[] {
  const found: string[] = [];
  listMergedTree(layers, (file) => found.push(file));
  return found.sort(compareBytes);
}

/** Relative paths, each behind a prefix. */
function* walk(folder: string, onBackup: OnBackup, prefix = ''): Generator<string> {
  for (const entry of readFolder(folder)) {
    if (isBackupName(entry.name)) onBackup(`${folder}/${entry.name}`);
    else if (entry.isDirectory()) yield* walk(`${folder}/${entry.name}`, onBackup, `${prefix}${entry.name}/`);
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
