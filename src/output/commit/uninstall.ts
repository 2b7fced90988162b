import { compareBytes } from '../../base/layers.ts';
import type { Paths } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { planRemoval, type Removal } from '../plan/change-set.ts';
import { listHistoryFiles } from './commit.ts';
import { listEmptied, listMissingFolders } from './folders.ts';
import type { NewGeneration } from '../history/generations.ts';
import { type SavedFile, savedFile, readSavedFile } from '../history/saved-files.ts';
import { installedUnder } from '../plan/installed.ts';
import { digestOf, formatLedger, type Ledger, LEDGER_FILE, OwnedFiles } from '../plan/ledger.ts';
import { carryOut, changeOf, type FileChange } from './transaction.ts';

export interface Uninstall {
  readonly remove: readonly { readonly path: string; readonly old: FileContent }[];
  /** what was taken over and comes back; `old` is the present file */
  readonly restore: readonly { readonly original: SavedFile; readonly old: FileContent | undefined }[];
  /** what is left as it is, and why */
  readonly leave: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Decides what becomes of everything that docksmith owns; lists in byte order of the paths.
 * @param keep paths that are to stay, and stay docksmith's, by why
 * @throws Failure where an original is lost
 */
export function planUninstall(paths: Paths, ledger: Ledger, keep: ReadonlyMap<string, string> = new Map()): Uninstall {
  const readInstalled = installedUnder(paths);
  const remove: Uninstall['remove'][number][] = [];
  const restore: Uninstall['restore'][number][] = [];
  const leave: { path: string; why: string }[] = [];
  const touched = [...new Set([...ledger.outputs.paths(), ...ledger.originals.keys()])].sort(compareBytes);
  for (const path of touched) {
    const kept = keep.get(path);
    if (kept !== undefined) {
      leave.push({ path, why: kept });
      continue;
    }
    const installed = readInstalled(path);
    const owned = ledger.outputs.get(path);
    const id = ledger.originals.get(path);
    const original = id === undefined ? undefined : readSavedFile(paths, id);
    const why =
      owned === undefined
        ? installed.kind === 'absent'
          ? undefined
          : "it is not docksmith's any more"
        : whyLeft(planRemoval(owned, installed));
    // somebody put it back already
    if (
      original !== undefined &&
      installed.kind === 'file' &&
      digestOf(installed.file.content) === digestOf(original.content)
    )
      continue;
    if (why !== undefined)
      leave.push({
        path,
        why: id === undefined ? why : `${why}; the file from before docksmith is kept in "${savedFile(id)}"`,
      });
    else if (original !== undefined)
      restore.push({ original, old: installed.kind === 'file' ? installed.file : undefined });
    else if (installed.kind === 'file') remove.push({ path, old: installed.file });
  }
  return { remove, restore, leave };
}

function whyLeft({ left, edited }: Removal): string | undefined {
  return left ?? (edited ? 'it was changed by hand since docksmith wrote it' : undefined);
}

/**
 * Carries it out, all of it or nothing, with the ledger, which has only what is kept then. History stays.
 * @param keep the same as for the plan
 * @param generation what history keeps of it
 */
export async function applyUninstall(
  paths: Paths,
  ledger: Ledger,
  { remove, restore }: Uninstall,
  {
    command,
    generation,
    keep = new Map(),
  }: { readonly command: string; readonly generation: NewGeneration; readonly keep?: ReadonlyMap<string, string> },
): Promise<void> {
  if (ledger.outputs.size + ledger.originals.size + ledger.folders.size === 0) return;
  const files: readonly FileChange[] = [
    ...restore.map(({ original, old }) => ({ path: original.path, old, wanted: original })),
    ...remove.map(({ path, old }) => ({ path, old, wanted: undefined })),
  ];
  const emptied = listEmptied(
    paths,
    [...ledger.folders],
    remove.map(({ path }) => path),
  );
  const after: Ledger = {
    outputs: OwnedFiles.of([...ledger.outputs.values()].filter(({ path }) => keep.has(path))),
    originals: new Map([...ledger.originals].filter(([path]) => keep.has(path))),
    folders: new Set(
      [...ledger.folders].filter((folder) => [...keep.keys()].some((path) => path.startsWith(`${folder}/`))),
    ),
  };
  const touched = [...ledger.outputs.paths()].filter((path) => !keep.has(path));
  const history = listHistoryFiles(
    paths,
    { before: ledger, after, touched, contents: new Map() },
    { ...generation, command },
  );
  await carryOut(paths, {
    command,
    changes: [...files, changeOf(paths, LEDGER_FILE, formatLedger(after)), ...history],
    keep: [],
    newFolders: listMissingFolders(
      paths,
      restore.map(({ original }) => original.path),
    ),
    emptied,
  });
}
