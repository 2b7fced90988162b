import { renameSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, Failures, reasonOf } from '../../base/errors.ts';
import { linkIfPossible } from '../../files/link-file.ts';
import { takeLock } from '../../files/lock.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { type FileContent, removeIfThere, stageFile } from '../../files/replace-file.ts';
import { syncTogether } from '../../files/sync-together.ts';
import { makeFolder } from './folders.ts';
import { listImmutable } from './immutable.ts';
import { saveFile, type SavedBecause } from '../history/saved-files.ts';
import { installedUnder, type ReadInstalled } from '../plan/installed.ts';
import {
  commitJournal,
  type Fingerprint,
  fingerprintOf,
  type Journal,
  openJournal,
  removeJournal,
  stands,
  writeJournal,
} from './journal.ts';
import { hasJournal } from '../../files/unfinished.ts';
import { clearUp, newName, rollBack, syncFoldersOf, undoName, type UndoAttachedChange } from './roll-back.ts';

/** One file that is changed. */
export interface FileChange {
  /** without the root */
  readonly path: string;
  /** the present file; undefined: none */
  readonly old: FileContent | undefined;
  /** undefined: it is removed */
  readonly wanted: FileContent | undefined;
}

/** What is changed together with the files and is none of them. */
export interface AttachedChange {
  /** what `undo` has to know of it, also in another process */
  readonly about: string;
  /** lays what `undo` needs into the folder, and syncs it */
  prepare(folder: string): void;
  apply(): void;
  readonly undo: UndoAttachedChange;
}

export interface Transaction {
  /** whose it is, in words */
  readonly command: string;
  readonly changes: readonly FileChange[];
  /** folders to be made for them, the upper ones first */
  readonly newFolders: readonly string[];
  /** folders that are empty afterwards and go */
  readonly emptied: readonly string[];
  readonly keep: readonly {
    readonly id: string;
    readonly path: string;
    readonly file: FileContent;
    readonly because: SavedBecause;
  }[];
  readonly attached?: AttachedChange | undefined;
  /** looks at everything in place, before it counts; what it throws takes everything back */
  readonly verify?: (() => Promise<void>) | undefined;
}

/** Of a file of docksmith's own, as it stands now. @throws Failure where something else stands there */
export function changeOf(paths: Paths, path: string, wanted: FileContent): FileChange {
  const installed = installedUnder(paths)(path);
  if (installed.kind === 'other')
    throw new Failure(`cannot write "${path}"`, { why: `${installed.what} is in the way` });
  return { path, old: installed.kind === 'file' ? installed.file : undefined, wanted };
}

/** So many files are synced together: to wait for the disk for each takes far longer. */
const MANY = 100;

/** The lock that every commit is made under. Where it is free and there is a journal, somebody was killed. */
export function commitLock(paths: Paths): string {
  return paths.file(path.posix.join(STATE_DIR, 'commit.lock'));
}

/**
 * Changes files and their companion, all of it or nothing, whatever fails and wherever this
 * process is killed: 1. the journal says what is to be changed; 2. beside each file the new one is
 * laid and the old one gets a second name, all of that synced; 3. the companion is changed, and the
 * files by renames; 4. `verify` looks at it; 5. one rename in the journal is the commit; 6. the old
 * ones go. Up to 5, renames put everything back: this process if it can, else the next command.
 * @throws Failure(s) when nothing was changed; where putting back failed too, they say so
 */
export async function carryOut(paths: Paths, transaction: Transaction): Promise<void> {
  const { command } = transaction;
  const lock = takeLock(commitLock(paths), { holder: command });
  try {
    // one that was killed since we began: what we planned over was not whole
    if (hasJournal(paths))
      throw new Failure(`cannot run "${command}"`, {
        why: 'another commit was killed in the middle meanwhile',
        hint: 'the next command rolls that one back; then try again',
      });
    await carryOutUnderLock(paths, transaction);
  } finally {
    lock.release();
  }
}

async function carryOutUnderLock(
  paths: Paths,
  { command, changes, newFolders, emptied, keep, attached, verify }: Transaction,
): Promise<void> {
  const entries = changes.map(({ path: filePath, old, wanted }) => ({
    path: filePath,
    old: old && fingerprintOf(old),
    wanted: wanted && fingerprintOf(wanted),
  }));
  const journal: Journal = {
    command,
    entries,
    newFolders,
    emptied,
    kept: keep.map(({ id }) => id),
    attached: attached?.about,
  };
  let at = 'the changes';
  let isJournalled = false;
  try {
    const folder = openJournal(paths);
    attached?.prepare(folder);
    isJournalled = true;
    writeJournal(paths, journal);
    for (at of newFolders) makeFolder(paths, at);
    const isMany = changes.length >= MANY;
    for (const change of changes) {
      at = change.path;
      stage(paths, change, { sync: !isMany });
    }
    at = 'the changes';
    if (isMany)
      await syncTogether(
        changes.flatMap(({ path: filePath, wanted }) => (wanted === undefined ? [] : [newName(paths, filePath)])),
      );
    syncFoldersOf(paths, entries);
    for (const { id, path: filePath, file, because } of keep) saveFile(paths, id, filePath, file, because);
    at = 'the dbs';
    attached?.apply();
    const readInstalled = installedUnder(paths);
    for (const [n, change] of changes.entries()) {
      at = change.path;
      install(paths, change, readInstalled, entries[n]?.old);
    }
    syncFoldersOf(paths, entries);
    at = 'the checks';
    await verify?.();
    at = 'the changes';
    commitJournal(paths);
  } catch (error) {
    if (!isJournalled) removeJournal(paths);
    const stuck = isJournalled ? rollBack(paths, journal, attached?.undo ?? (() => undefined)) : [];
    throw explain(error, at, stuck, { paths, changes });
  }
  // what cannot be cleared up now, the next command does: all of it is in place
  clearUp(paths, journal);
}

/** Lays the new file beside the old one, and gives that a second name. */
function stage(paths: Paths, { path: filePath, old, wanted }: FileChange, options: { readonly sync: boolean }): void {
  if (wanted !== undefined) stageFile(newName(paths, filePath), wanted, options);
  if (old === undefined) return;
  const undo = undoName(paths, filePath);
  if (!linkAnew(paths.file(filePath), undo)) stageFile(undo, old);
}

function linkAnew(file: string, name: string): boolean {
  try {
    return linkIfPossible(file, name);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    removeIfThere(name);
    return linkIfPossible(file, name);
  }
}

function install(
  paths: Paths,
  { path: filePath, wanted }: FileChange,
  readInstalled: ReadInstalled,
  old: Fingerprint | undefined,
): void {
  // between planning and now an admin's editor may have saved
  if (!stands(readInstalled(filePath), old)) throw new Error('it was changed by others since the event began');
  if (wanted === undefined) removeIfThere(paths.file(filePath));
  else renameSync(newName(paths, filePath), paths.file(filePath));
}

function explain(
  error: unknown,
  at: string,
  stuck: readonly string[],
  { paths, changes }: { readonly paths: Paths; readonly changes: readonly FileChange[] },
): Error {
  const whatOf = (path: string): string =>
    `cannot ${changes.some((one) => one.path === path && one.wanted === undefined) ? 'remove' : 'install'} "${path}"`;
  if (stuck.length > 0) {
    return new Failure(whatOf(at), {
      why: `${reasonOf(error)}; putting back failed too: ${stuck.join('; ')}`,
      hint: 'once that is fixed, the next command puts back the rest',
      cause: error,
    });
  }
  if ((at === 'the checks' || at === 'the dbs') && (error instanceof Failure || error instanceof Failures))
    return error;
  // one at a time, they would be found out by as many attempts
  const found =
    errorCode(error) === 'EPERM'
      ? listImmutable(
          paths,
          changes.map((change) => change.path),
        )
      : [];
  const failures = found.map(
    ({ path: marked, isFolder, what, remedy }) =>
      new Failure(isFolder ? `cannot change folder "${marked}"` : whatOf(marked), {
        why: `it is ${what}; ${AS_BEFORE}`,
        hint: remedy,
        cause: error,
      }),
  );
  const [only, ...others] = failures;
  if (only !== undefined) return others.length === 0 ? only : new Failures(failures);
  return new Failure(whatOf(at), { why: `${reasonOf(error)}; ${AS_BEFORE}`, cause: error });
}

const AS_BEFORE = 'all files are again as they were before';
