import { lstatSync, type Stats, statSync } from 'node:fs';
import { errorCode } from './errors.ts';

/** The kernel's clock for files moves in steps of up to this. */
const TICK_MILLISECONDS = 20;

/** What is looked at of a file to tell its states apart. */
export type FileState = Pick<Stats, 'ino' | 'size' | 'ctimeMs'>;

/** A file or folder that was looked at, as it stood before it was read; undefined: nothing is there. */
export interface Place { readonly file: string; readonly state: FileState | undefined }

/**
 * What tells one state of a file from every later one: a change of its bytes, mode or owner moves
 * the time of change, which nobody can set. Empty for one that was changed just now: the next change
 * could bear the same time (as in git's index, Documentation/technical/racy-git).
 * @param now milliseconds, when the state was read or before; undefined: the signature is only compared, not kept
 */
export function sign({ ino, size, ctimeMs }: FileState, now?: number): string {
  return now !== undefined && ctimeMs > now - TICK_MILLISECONDS ? '' : `${ino} ${size} ${ctimeMs}`;
}

/** The signature of a file, also where it is a symbolic link. @returns undefined where there is no file */
export function signatureOf(file: string, now?: number): string | undefined {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : sign(stats, now);
}

/** What stands at a path, or where a symbolic link there leads to; undefined: nothing. */
export function findStats(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
