import { lstatSync, type Stats, statSync } from 'node:fs';
import { errorCode } from '../base/errors.ts';

/** The kernel's clock for files moves in steps of up to this. */
const TICK_MILLISECONDS = 20;

/** Some file systems keep whole seconds (ext4 with small inodes), or every other one (FAT). */
const COARSEST_MILLISECONDS = 2000;

/**
 * Whether a file's time of change lies so far back that the next change has another time. Until
 * then it tells nothing (as in git's index, Documentation/technical/racy-git). One in whole seconds
 * may have been cut to them.
 * @param ctimeMs milliseconds
 */
export function isPast(ctimeMs: number, now = Date.now()): boolean {
  return ctimeMs <= now - TICK_MILLISECONDS - (ctimeMs % 1000 === 0 ? COARSEST_MILLISECONDS : 0);
}

/** What is looked at of a file to tell its states apart. */
export type FileState = Pick<Stats, 'ino' | 'size' | 'ctimeMs'>;

/** A file or folder that was looked at, as it stood before it was read; undefined: nothing is there. */
export interface Place {
  readonly file: string;
  readonly state: FileState | undefined;
}

/**
 * What tells one state of a file from every later one: a change of its bytes, mode or owner moves
 * the time of change, which nobody can set. Empty for one that was changed just now: it is not
 * past (see `isPast`).
 * @param now milliseconds, when the state was read or before; undefined: the signature is only compared, not kept
 */
export function sign({ ino, size, ctimeMs }: FileState, now?: number): string {
  return now !== undefined && !isPast(ctimeMs, now) ? '' : `${ino} ${size} ${ctimeMs}`;
}

/** The signature of a file, also where it is a symbolic link. @returns undefined where there is no file */
export function signatureOf(file: string, now?: number): string | undefined {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : sign(stats, now);
}

/** `findStats`, or one that looks at each file once. */
export type Look = typeof findStats;

/** What stands at a path, or where a symbolic link there leads to; undefined: nothing. */
export function findStats(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
