import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { errorCode, Failure, reasonOf } from '../errors.ts';
import type { Paths } from '../paths.ts';
import type { FileContent } from '../replace-file.ts';

/** What stands at the path of an output. */
export type Installed =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly file: FileContent }
  /** something that is never followed, replaced or removed; `what`: `a symbolic link` */
  | { readonly kind: 'other'; readonly what: string };

export type ReadInstalled = (path: string) => Installed;

/** Reads paths that are given without the root. Folders above may be symbolic links, the file itself may not. */
export function installedUnder(paths: Paths): ReadInstalled {
  return (path) => {
    try {
      const file = paths.file(path);
      const stats = lstatSync(file);
      if (!stats.isFile()) return { kind: 'other', what: kindOf(stats) };
      return { kind: 'file', file: { content: readFileSync(file), mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid } };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return { kind: 'absent' };
      if (errorCode(error) === 'ENOTDIR') return { kind: 'other', what: 'a file where one of its folders should be' };
      throw new Failure(`cannot read "${path}"`, { why: reasonOf(error), cause: error });
    }
  };
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a named pipe' : 'a device';
}
