import { lstatSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { removeIfThere, syncFolder, temporaryName } from '../../files/replace-file.ts';
import { removeEmptyFolders } from './folders.ts';
import { savedFolder } from '../history/saved-files.ts';
import { installedUnder } from '../plan/installed.ts';
import { type Journal, type JournalEntry, readJournal, removeJournal, stands } from './journal.ts';
import { JOURNAL_DIR } from '../../files/unfinished.ts';

/**
 * Takes back what goes with the files; `about` is the journal's word for it, `folder` where it laid what it
 * needs. Safe to be called again.
 */
export type UndoAttachedChange = (folder: string, about: string) => void;

/** What became of a commit that was killed. */
export interface Recovered {
  /** whose it was, in words */
  readonly command: string;
  readonly outcome: 'put back' | 'completed';
  readonly files: number;
}

/**
 * Beside each file: what is to take its place, and what has stood there. Renames go both ways, so that going
 * back needs no room on the disk.
 */
export const newName = (paths: Paths, filePath: string): string => temporaryName(paths.file(filePath), 'new');
export const undoName = (paths: Paths, filePath: string): string => temporaryName(paths.file(filePath), 'undo');

/**
 * Puts right what a killed commit left: all back as it was, or, where it had come to its commit
 * point, only cleared up. To be called under the lock of commits. Safe to be called again.
 * @returns undefined where there is no journal, or where nothing was touched yet
 * @throws Failure naming what cannot be put back; the journal then stays
 */
export function recoverCommit(paths: Paths, undoAttached: UndoAttachedChange): Recovered | undefined {
  const journal = readJournal(paths);
  if (journal === undefined) {
    removeJournal(paths);
    return undefined;
  }
  const { command, entries } = journal;
  const stuck = journal.isCommitted ? clearUp(paths, journal) : rollBack(paths, journal, undoAttached);
  if (stuck.length > 0) {
    throw new Failure(`cannot ${journal.isCommitted ? 'complete' : 'roll back'} the commit of "${command}"`, {
      why: stuck.join('; '),
      hint: 'once that is fixed, the next command does it',
    });
  }
  return { command, outcome: journal.isCommitted ? 'completed' : 'put back', files: entries.length };
}

/**
 * Before the commit point: everything as it was.
 * @returns what could not be put back, in words; where that is nothing, the journal is gone
 */
export function rollBack(
  paths: Paths,
  { entries, newFolders, kept, attached }: Journal,
  undoAttached: UndoAttachedChange,
): readonly string[] {
  const stuck: string[] = [];
  const attempt = (what: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      stuck.push(error instanceof Failure ? error.message : `"${what}": ${reasonOf(error)}`);
    }
  };
  if (attached !== undefined) attempt('the dbs', () => undoAttached(paths.file(JOURNAL_DIR), attached));
  for (const entry of [...entries].reverse()) attempt(entry.path, () => putBack(paths, entry));
  for (const id of kept)
    attempt(savedFolder(id), () => rmSync(paths.file(savedFolder(id)), { recursive: true, force: true }));
  attempt('the folders', () => void removeEmptyFolders(paths, newFolders));
  attempt('the folders', () => syncFoldersOf(paths, entries));
  if (stuck.length === 0) attempt('the journal', () => removeJournal(paths));
  return stuck;
}

/** After the commit point: what stood there before is let go. @returns what could not be cleared up */
export function clearUp(paths: Paths, { entries, emptied }: Journal): readonly string[] {
  try {
    for (const { path: filePath, old } of entries) if (old !== undefined) removeIfThere(undoName(paths, filePath));
    removeEmptyFolders(paths, emptied);
    syncFoldersOf(paths, entries);
    removeJournal(paths);
    return [];
  } catch (error) {
    return [reasonOf(error)];
  }
}

/** What somebody else put in place meanwhile is left alone. */
function putBack(paths: Paths, { path: filePath, old, wanted }: JournalEntry): void {
  const [file, undo] = [paths.file(filePath), undoName(paths, filePath)];
  if (!exists(path.dirname(file))) return;
  const readInstalled = installedUnder(paths);
  removeFile(newName(paths, filePath));
  if (old === undefined) {
    if (wanted !== undefined && stands(readInstalled(filePath), wanted)) removeIfThere(file);
  } else if (exists(undo)) {
    const installed = readInstalled(filePath);
    // a rename onto another name of the same file would leave both
    if (!stands(installed, old) && stands(installed, wanted)) renameSync(undo, file);
    else removeFile(undo);
  }
}

/** Each folder once, however many files are in it; not what a link that leads nowhere stands for. */
export function syncFoldersOf(paths: Paths, entries: readonly Pick<JournalEntry, 'path'>[]): void {
  const folders = new Set(entries.map((entry) => path.dirname(paths.file(entry.path))));
  for (const folder of folders) if (statSync(folder, { throwIfNoEntry: false }) !== undefined) syncFolder(folder);
}

/**
 * A folder of that name is none of ours: it was why nothing could be laid there. What is not there is not
 * asked for: that fails where nothing can be written.
 */
function removeFile(file: string): void {
  if (!exists(file)) return;
  try {
    removeIfThere(file);
  } catch (error) {
    if (errorCode(error) !== 'EISDIR') throw error;
  }
}

/** Nothing but its absence may pass for that here. */
function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}
