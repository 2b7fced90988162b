import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../base/errors.ts';
import { type Paths, STATE_DIR } from '../base/paths.ts';
import { isTemporaryName } from './replace-file.ts';

/**
 * Holds what is there only while something runs: copies of dbs, staged files, the journal of a
 * commit. So one look tells whether a run was killed, and all that it left is found in one place.
 */
export const UNFINISHED_DIR = path.posix.join(STATE_DIR, 'unfinished');

/** The folder of the journal of a commit. */
export const JOURNAL_DIR = path.posix.join(UNFINISHED_DIR, 'journal');

/** True also while a run is at it. Who may not look there has nothing to put right. */
export function hasUnfinished(paths: Paths): boolean {
  return isThere(paths.file(UNFINISHED_DIR));
}

export function hasJournal(paths: Paths): boolean {
  return isThere(paths.file(JOURNAL_DIR));
}

/**
 * Whether a command has to look closer before it begins. Asked by every command, so it is two
 * looks and no more: also a step of a living event passes, whose files are not left over.
 */
export function mayBeKilled(paths: Paths, env = process.env): boolean {
  if (listCopies(paths.dbDir).length > 0) return true;
  return hasUnfinished(paths) && (env['DOCKSMITH_RUN'] === undefined || hasJournal(paths));
}

function listCopies(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter(isTemporaryName);
  } catch {
    return [];
  }
}

/** False also for what the caller may not see. */
function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (errorCode(error) === 'EACCES') return false;
    throw error;
  }
}

/** A folder of its own in there, for its owner's eyes only; to be taken away with `removeUnfinished`. */
export function makeUnfinished(paths: Paths, prefix: string): string {
  const folder = paths.file(UNFINISHED_DIR);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return mkdtempSync(path.join(folder, `${prefix}-`));
}

/** Removes it, and the folder above it with the last one. */
export function removeUnfinished(paths: Paths, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  removeIfEmpty(paths);
}

function removeIfEmpty(paths: Paths): void {
  try {
    rmdirSync(paths.file(UNFINISHED_DIR));
  } catch {
    // somebody else still has something in it, or it is gone
  }
}

/** Removes everything but a journal, and half-written files of the state. To be called under the event lock. */
export function removeLeftovers(paths: Paths): void {
  const state = paths.file(STATE_DIR);
  for (const name of readdirSync(state, { recursive: true, encoding: 'utf8' }))
    if (isTemporaryName(path.basename(name))) rmSync(path.join(state, name), { force: true });
  const unfinished = paths.file(UNFINISHED_DIR);
  for (const name of readdirSync(unfinished))
    if (name !== path.basename(JOURNAL_DIR)) rmSync(path.join(unfinished, name), { recursive: true, force: true });
  removeIfEmpty(paths);
}
