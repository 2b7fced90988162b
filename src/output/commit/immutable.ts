import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Paths } from '../../base/paths.ts';

/** A file or folder that not even root can change. */
export interface Immutable {
  /** without the root */
  readonly path: string;
  readonly isFolder: boolean;
  readonly what: 'immutable' | 'append-only';
  /** the command that makes an end of it */
  readonly remedy: string;
}

/**
 * Those of the files, and of the folders that they are in, that are marked with `chattr +i` or `+a`. Node cannot
 * ask for that: without lsattr, or on a file system without such marks, none is found.
 * @param files without the root
 */
export function listImmutable(paths: Paths, files: readonly string[]): readonly Immutable[] {
  const folders = new Set(files.map((file) => path.posix.dirname(file)));
  const byName = new Map([...folders, ...files].map((one) => [paths.file(one), one]));
  // answers of all that it can ask; of the others it says so on standard error
  const { stdout, error } = spawnSync('lsattr', ['-d', '--', ...byName.keys()], {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    maxBuffer: Infinity,
  });
  // with an error, that the program is not there, there is no text
  if (error !== undefined) return [];
  return stdout.split('\n').flatMap((line) => {
    const blank = line.indexOf(' ');
    const [, flag] = /([ia])/.exec(line.slice(0, Math.max(blank, 0))) ?? [];
    const name = line.slice(blank + 1);
    const found = byName.get(name);
    if (flag === undefined || found === undefined) return [];
    return [
      {
        path: found,
        isFolder: folders.has(found),
        what: flag === 'i' ? 'immutable' : 'append-only',
        remedy: `chattr -${flag} ${name}`,
      } as const,
    ];
  });
}
