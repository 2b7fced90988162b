import { lstatSync, readFileSync } from 'node:fs';
import type { Paths } from '../base/paths.ts';
import { isPast, sign } from '../files/signature.ts';
import type { Rendered } from '../template/rendered.ts';

/**
 * The signature of an output that was rendered and compared with its file, or installed, after
 * `begun`: empty where the file may have been changed since. Checks and services can take their
 * time before it is asked for, so one that was changed after `begun` is read once more.
 */
export function signStanding(paths: Paths, output: Rendered, begun: number, now: number): string {
  const file = paths.file(output.path);
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) return '';
  const signature = sign(stats, now);
  if (signature === '' || isPast(stats.ctimeMs, begun)) return signature;
  const { mode, uid, gid, content } = output;
  return (stats.mode & 0o7777) === mode &&
    stats.uid === uid &&
    stats.gid === gid &&
    stats.size === content.length &&
    readFileSync(file).equals(content)
    ? signature
    : '';
}
