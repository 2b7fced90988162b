import { rmSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf } from '../errors.ts';
import type { Paths } from '../paths.ts';
import { type FileContent, replaceFile, syncFolder } from '../replace-file.ts';
import { type ChangeSet, type Install, isEmptyChangeSet, refuseObstacles, type Removal } from './change-set.ts';
import { listMissingFolders, makeFolder, removeEmptyFolders } from './folders.ts';
import { keepFile, keptFile } from './history.ts';
import { type Installed, installedUnder, type ReadInstalled } from './installed.ts';
import { addIntents, type Intent, listIntents, writeIntents } from './intents.ts';
import { digestOf, isSameLedger, type Ledger, type Owned, ownedOf, writeLedger } from './ledger.ts';

export interface CommitOptions {
  readonly ledger: Ledger;
  /** adjustments that these changes call for */
  readonly intents?: readonly Intent[];
}

export interface Committed {
  readonly ledger: Ledger;
  /** path -> file in history (both without the root) of what was edited by hand or taken over */
  readonly kept: ReadonlyMap<string, string>;
}

/**
 * Carries a change set out: all of it, or, where one file cannot be written, none (what was
 * installed before is put back, and the error says so). Outputs must have passed `checkOutputs`.
 *
 * The order is such that a kill at any moment leaves nothing that is not owned and nothing
 * forgotten: 1. what is not ours or was edited is kept in history; 2. the ledger enters all
 * paths as pending, with the digest before and the one to come, so that either counts as ours,
 * and still has those to be removed; 3. the intents, since one too many is a needless reload and
 * one too few a service that runs on old files; 4. the files; 5. the ledger as it now is. The
 * next event finds what is missing by comparing, as ever.
 */
export function commitChanges(paths: Paths, changes: ChangeSet, { ledger, intents = [] }: CommitOptions): Committed {
  refuseObstacles(changes);
  const before = listIntents(paths);
  const kept = new Map<string, string>();
  if (isEmptyChangeSet(changes)) {
    addIntents(paths, intents);
    return { ledger: writeIfChanged(paths, ledger, ledgerAfter(ledger, changes, new Map(), [], [])), kept };
  }
  const newFolders = listMissingFolders(paths, writes(changes).map(({ output }) => output.path));
  const originals = keepOld(paths, changes, kept);
  writeLedger(paths, ledgerDuring(ledger, changes, originals, newFolders));
  let at = 'the changes';
  try {
    addIntents(paths, intents);
    const readInstalled = installedUnder(paths);
    for (const folder of newFolders) {
      at = folder;
      makeFolder(paths, folder);
    }
    for (const { output, old } of writes(changes)) {
      at = output.path;
      refuseMeddling(readInstalled(output.path), old);
      replaceFile(paths.file(output.path), output);
    }
    for (const { owned, old } of removals(changes)) {
      at = owned.path;
      refuseMeddling(readInstalled(owned.path), old);
      removeFile(paths, owned.path);
    }
    const emptied = removeEmptyFolders(paths, foldersAbove(ledger, changes.remove));
    at = 'the ledger';
    const after = ledgerAfter(ledger, changes, originals, newFolders, emptied);
    writeLedger(paths, after);
    return { ledger: after, kept };
  } catch (error) {
    const stuck = undo(paths, changes, newFolders);
    if (stuck.length === 0) restoreState(() => writeLedger(paths, ledger), stuck);
    restoreState(() => writeIntents(paths, before), stuck);
    throw new Failure(`cannot install "${at}"`, {
      why: `${reasonOf(error)}; ${stuck.length === 0 ? 'all files are again as they were before' : `putting back failed too: ${stuck.join('; ')}`}`,
      cause: error,
    });
  }
}

/** A file that is taken over and identical needs no writing. */
function writes({ install }: ChangeSet): readonly Install[] {
  return install.filter(({ reasons }) => reasons.length > 0);
}

function removals({ remove }: ChangeSet): readonly (Removal & { readonly old: FileContent })[] {
  return remove.flatMap((removal) => removal.old === undefined ? [] : [{ ...removal, old: removal.old }]);
}

/** @returns path -> id of the originals that are taken over; `kept` gets the names of all files kept */
function keepOld(paths: Paths, changes: ChangeSet, kept: Map<string, string>): ReadonlyMap<string, string> {
  const originals = new Map<string, string>();
  const keep = (filePath: string, old: FileContent, takesOver: boolean): void => {
    const id = keepFile(paths, filePath, old, takesOver ? 'taken over' : 'edited');
    kept.set(filePath, keptFile(id));
    if (takesOver) originals.set(filePath, id);
  };
  for (const { output, old, edited, takesOver } of changes.install) if (old !== undefined && (edited || takesOver)) keep(output.path, old, takesOver);
  for (const { owned, old, edited } of removals(changes)) if (edited) keep(owned.path, old, false);
  return originals;
}

function ledgerDuring(ledger: Ledger, changes: ChangeSet, originals: ReadonlyMap<string, string>, newFolders: readonly string[]): Ledger {
  const pending = changes.install.map(({ output, old }): readonly [string, Owned] =>
    [output.path, { ...ownedOf(output), pending: old === undefined ? {} : { was: digestOf(old.content) } }]);
  return {
    outputs: new Map([...ledger.outputs, ...pending]),
    originals: new Map([...ledger.originals, ...originals]),
    folders: new Set([...ledger.folders, ...newFolders]),
  };
}

function ledgerAfter(ledger: Ledger, changes: ChangeSet, originals: ReadonlyMap<string, string>, newFolders: readonly string[], emptied: readonly string[]): Ledger {
  const outputs = new Map(ledger.outputs);
  for (const { owned } of changes.remove) outputs.delete(owned.path);
  // unchanged ones too: their reads, services or template may be others now
  for (const output of [...changes.install.map((install) => install.output), ...changes.unchanged]) outputs.set(output.path, ownedOf(output));
  const gone = new Set(emptied);
  return {
    outputs,
    originals: new Map([...ledger.originals, ...originals]),
    folders: new Set([...ledger.folders, ...newFolders].filter((folder) => !gone.has(folder))),
  };
}

function writeIfChanged(paths: Paths, before: Ledger, after: Ledger): Ledger {
  if (isSameLedger(before, after)) return before;
  writeLedger(paths, after);
  return after;
}

/** Between planning and now an admin's editor may have saved. */
function refuseMeddling(installed: Installed, old: FileContent | undefined): void {
  if (!stands(installed, old)) throw new Error('it was changed by somebody else since the event began');
}

function stands(installed: Installed, wanted: FileContent | undefined): boolean {
  if (installed.kind === 'other') return false;
  if (installed.kind === 'absent' || wanted === undefined) return installed.kind === 'absent' && wanted === undefined;
  const { content, mode, uid, gid } = installed.file;
  return content.equals(wanted.content) && mode === wanted.mode && uid === wanted.uid && gid === wanted.gid;
}

function removeFile(paths: Paths, filePath: string): void {
  const file = paths.file(filePath);
  rmSync(file, { force: true });
  syncFolder(path.dirname(file));
}

/** The folders of ours above files that go, which may be empty then. */
function foldersAbove({ folders }: Ledger, remove: readonly Removal[]): readonly string[] {
  return [...folders].filter((folder) => remove.some(({ owned }) => owned.path.startsWith(`${folder}/`)));
}

/**
 * Puts back what stood there, where it does not stand there still. A file that somebody else
 * put in place meanwhile is left alone. @returns what could not be put back, in words
 */
function undo(paths: Paths, changes: ChangeSet, newFolders: readonly string[]): string[] {
  const stuck: string[] = [];
  const readInstalled = installedUnder(paths);
  for (const { owned, old } of removals(changes)) putBack(paths, readInstalled, owned.path, undefined, old, stuck);
  for (const { output, old } of writes(changes)) putBack(paths, readInstalled, output.path, output, old, stuck);
  restoreState(() => void removeEmptyFolders(paths, newFolders), stuck);
  return stuck;
}

function putBack(paths: Paths, readInstalled: ReadInstalled, filePath: string, written: FileContent | undefined, old: FileContent | undefined, stuck: string[]): void {
  restoreState(() => {
    const installed = readInstalled(filePath);
    if (!stands(installed, written) || stands(installed, old)) return;
    if (old === undefined) removeFile(paths, filePath);
    else {
      for (const folder of listMissingFolders(paths, [filePath])) makeFolder(paths, folder);
      replaceFile(paths.file(filePath), old);
    }
  }, stuck, filePath);
}

function restoreState(restore: () => void, stuck: string[], filePath?: string): void {
  try {
    restore();
  } catch (error) {
    stuck.push(error instanceof Failure || filePath === undefined ? reasonOf(error) : `"${filePath}": ${reasonOf(error)}`);
  }
}
