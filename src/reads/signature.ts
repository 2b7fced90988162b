import { lstatSync, statSync } from 'node:fs';

/** The kernel's clock for files moves in steps of up to this. */
const TICK_MILLISECONDS = 20;

/**
 * What tells one state of a file from every later one: a change of its bytes, mode or owner moves
 * the time of change, which nobody can set. Empty for one that was changed just now: the next change
 * could bear the same time (as in git's index, Documentation/technical/racy-git).
 * @param now milliseconds; undefined: the signature is only compared, not kept
 * @returns undefined where there is no file
 */
export function signatureOf(file: string, now?: number): string | undefined {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : sign(stats, now);
}

/** The same for what a symbolic link leads to. */
export function signatureOfTarget(file: string, now?: number): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : sign(stats, now);
}

function sign({ ino, size, ctimeMs }: { readonly ino: number; readonly size: number; readonly ctimeMs: number }, now: number | undefined): string {
  return now !== undefined && ctimeMs > now - TICK_MILLISECONDS ? '' : `${ino} ${size} ${ctimeMs}`;
}
