import { existsSync, lstatSync, realpathSync, type Stats } from 'node:fs';
import nodePath from 'node:path';
import { errorCode, Failure, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { readBytes } from '../../files/read-file.ts';

/** What stands at the path of an output. */
export type Installed =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly file: FileContent }
  /** something that is never followed, replaced or removed; `what`: `a symbolic link` */
  | { readonly kind: 'other'; readonly what: string };

export type ReadInstalled = (path: string) => Installed;

/**
 * Reads paths that are given without the root. Folders above may be symbolic links of root or of
 * the caller that stay under the root; the file itself may not be one. Each folder is looked at once.
 */
export function installedUnder(paths: Paths): ReadInstalled {
  const planted = new Map<string, string | undefined>();
  return (path) => {
    try {
      const file = paths.file(path);
      const folder = nodePath.posix.dirname(path);
      if (!planted.has(folder)) planted.set(folder, findPlantedLink(paths, path));
      const link = planted.get(folder);
      if (link !== undefined) return { kind: 'other', what: link };
      // an error that is thrown and caught costs more than the look
      const stats = lstatSync(file, { throwIfNoEntry: false });
      if (stats === undefined) return { kind: 'absent' };
      if (!stats.isFile()) return { kind: 'other', what: kindOf(stats) };
      return {
        kind: 'file',
        file: { content: readBytes(file), mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid },
      };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return { kind: 'absent' };
      if (errorCode(error) === 'ENOTDIR') return { kind: 'other', what: 'a file where one of its folders should be' };
      throw new Failure(`cannot read "${path}"`, { why: reasonOf(error), cause: error });
    }
  };
}

/**
 * A link among the folders above that somebody else has laid, or that leads out of the root or nowhere, in
 * words: following it would write another file than the one named, or none.
 */
function findPlantedLink(paths: Paths, path: string): string | undefined {
  const names = path.split('/').slice(1, -1);
  for (const [n] of names.entries()) {
    const folder = `/${names.slice(0, n + 1).join('/')}`;
    const stats = lstatSync(paths.file(folder), { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isSymbolicLink()) continue;
    if (stats.uid !== 0 && stats.uid !== process.geteuid?.())
      return `a symbolic link of user ${stats.uid} above it ("${folder}")`;
    if (!existsSync(paths.file(folder))) return `a symbolic link above it that leads nowhere ("${folder}")`;
    if (paths.root !== '' && !isBelow(realpathSync(paths.file(folder)), realpathSync(paths.root)))
      return `a symbolic link above it that leads out of the root ("${folder}")`;
  }
  return undefined;
}

function isBelow(file: string, folder: string): boolean {
  return !nodePath.relative(folder, file).startsWith('..');
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a named pipe' : 'a device';
}
