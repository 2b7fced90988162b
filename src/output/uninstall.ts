import { rmSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf } from '../errors.ts';
import { compareBytes } from '../layers.ts';
import type { Paths } from '../paths.ts';
import { replaceFile, syncFolder } from '../replace-file.ts';
import { planRemoval, type Removal } from './change-set.ts';
import { listMissingFolders, makeFolder, removeEmptyFolders } from './folders.ts';
import { type Kept, keptFile, readKept } from './history.ts';
import { installedUnder } from './installed.ts';
import { digestOf, EMPTY_LEDGER, type Ledger, writeLedger } from './ledger.ts';

export interface Uninstall {
  readonly remove: readonly string[];
  /** what was taken over and comes back */
  readonly restore: readonly Kept[];
  /** what is left as it is, and why */
  readonly leave: readonly { readonly path: string; readonly why: string }[];
}

/** Decides what becomes of everything that docksmith owns; lists in byte order of the paths. @throws Failure where an original is lost */
export function planUninstall(paths: Paths, ledger: Ledger): Uninstall {
  const readInstalled = installedUnder(paths);
  const remove: string[] = [];
  const restore: Kept[] = [];
  const leave: { path: string; why: string }[] = [];
  const touched = [...new Set([...ledger.outputs.paths(), ...ledger.originals.keys()])].sort(compareBytes);
  for (const path of touched) {
    const installed = readInstalled(path);
    const owned = ledger.outputs.get(path);
    const id = ledger.originals.get(path);
    const original = id === undefined ? undefined : readKept(paths, id);
    const why = owned === undefined ? (installed.kind === 'absent' ? undefined : 'it is not docksmith\'s any more') : whyLeft(planRemoval(owned, installed));
    // what an uninstall that was interrupted put back already
    if (original !== undefined && installed.kind === 'file' && digestOf(installed.file.content) === digestOf(original.content)) continue;
    if (why !== undefined) leave.push({ path, why: id === undefined ? why : `${why}; the file from before docksmith is kept in "${keptFile(id)}"` });
    else if (original !== undefined) restore.push(original);
    else if (installed.kind === 'file') remove.push(path);
  }
  return { remove, restore, leave };
}

function whyLeft({ left, edited }: Removal): string | undefined {
  return left ?? (edited ? 'it was changed by hand since docksmith wrote it' : undefined);
}

/** Carries it out. The ledger goes last, so that what failed or was killed in the middle can be run again. History stays. */
export function applyUninstall(paths: Paths, ledger: Ledger, { remove, restore }: Uninstall): void {
  let at = '';
  try {
    for (const original of restore) {
      at = original.path;
      for (const folder of listMissingFolders(paths, [at])) makeFolder(paths, folder);
      replaceFile(paths.file(at), original);
    }
    for (at of remove) {
      rmSync(paths.file(at), { force: true });
      syncFolder(path.dirname(paths.file(at)));
    }
  } catch (error) {
    throw new Failure(`cannot uninstall "${at}"`, { why: reasonOf(error), cause: error });
  }
  removeEmptyFolders(paths, ledger.folders);
  writeLedger(paths, EMPTY_LEDGER);
}
