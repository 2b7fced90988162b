import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { compareBytes } from '../../base/layers.ts';
import type { Paths } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { type ChangeSet, type Install, refuseObstacles, type Removal } from '../plan/change-set.ts';
import { LAST_DBS } from '../history/db-lines.ts';
import { listEmptied, listMissingFolders } from './folders.ts';
import {
  filesOfGeneration,
  GENERATION_FOLDERS,
  type GenerationFiles,
  type NewGeneration,
} from '../history/generations.ts';
import { type SavedBecause, savedFile, newSavedIds } from '../history/saved-files.ts';
import { formatIntents, type Intent, INTENTS_FILE } from './intents.ts';
import { installedUnder } from '../plan/installed.ts';
import { formatLedger, getDigest, type Ledger, LEDGER_FILE, type Owned, ownedOf } from '../plan/ledger.ts';
import { carryOut, changeOf, type AttachedChange, type FileChange } from './transaction.ts';

export interface CommitOptions {
  readonly ledger: Ledger;
  /** whose commit it is, in words: `signal-event docker-update` */
  readonly command: string;
  /** adjustments that these changes call for */
  readonly intents?: readonly Intent[];
  /** further files of docksmith's own state, by path without the root */
  readonly state?: ReadonlyMap<string, FileContent> | undefined;
  /** what is changed together with the files: the dbs, where steps changed them */
  readonly attached?: AttachedChange | undefined;
  /** looks at the files in place before they count; called only where files change */
  readonly verify?: (() => Promise<void>) | undefined;
  /** what history keeps of it; absent: nothing */
  readonly generation?: NewGeneration | undefined;
}

export interface Committed {
  readonly ledger: Ledger;
  /** path -> file in history (both without the root) of what was edited by hand or taken over */
  readonly kept: ReadonlyMap<string, string>;
}

/**
 * Carries a change set out together with the ledger, the intents and the companion: all of it, or
 * nothing, see `carryOut`. What is not ours or was edited is kept in history. Outputs must have
 * passed `checkOutputs`.
 */
export async function commitChanges(
  paths: Paths,
  changes: ChangeSet,
  { ledger, command, intents = [], state: more = new Map(), attached, verify, generation }: CommitOptions,
): Promise<Committed> {
  refuseObstacles(changes);
  const [written, removed, keep] = [writes(changes), removals(changes), listAcceptedDifferences(paths, changes)];
  const entries = new Map(changes.install.map(({ output }) => [output.path, ownedOf(output)]));
  const files: readonly FileChange[] = [
    ...written.map(({ output, old }) => ({ path: output.path, old, wanted: output })),
    ...removed.map(({ owned, old }) => ({ path: owned.path, old, wanted: undefined })),
  ];
  const newFolders = listMissingFolders(
    paths,
    written.map(({ output }) => output.path),
  );
  const emptied = listEmptied(
    paths,
    foldersAbove(ledger, changes.remove),
    removed.map(({ owned }) => owned.path),
  );
  const originals = new Map(
    keep.flatMap(({ id, path, because }) => (because === 'taken over' ? [[path, id] as const] : [])),
  );
  const after = ledgerAfter(ledger, changes, [...entries.values(), ...changes.enter], originals, newFolders, emptied);
  const state: readonly FileChange[] = [
    ...(after === ledger ? [] : [changeOf(paths, LEDGER_FILE, formatLedger(after))]),
    ...(intents.length === 0 ? [] : [changeOf(paths, INTENTS_FILE, formatIntents(paths, intents))]),
    ...[...more].map(([path, wanted]) => changeOf(paths, path, wanted)),
  ];
  const history =
    generation === undefined || (files.length === 0 && attached === undefined)
      ? []
      : listHistoryFiles(
          paths,
          { before: ledger, after, ...listTouched(paths, changes, entries) },
          { ...generation, command },
        );
  if (files.length + state.length > 0 || attached !== undefined) {
    await carryOut(paths, {
      command,
      changes: [...files, ...state, ...history],
      newFolders,
      emptied,
      keep,
      attached,
      verify: files.length === 0 ? undefined : verify,
    });
  }
  return { ledger: after, kept: new Map(keep.map(({ id, path }) => [path, savedFile(id)])) };
}

/** What keeps a commit in history. */
export function listHistoryFiles(
  paths: Paths,
  files: GenerationFiles,
  generation: NewGeneration & { readonly command: string },
): readonly FileChange[] {
  for (const folder of GENERATION_FOLDERS) mkdirSync(paths.file(folder), { recursive: true, mode: 0o700 });
  return [...filesOfGeneration(paths, files, generation)].map(([path, wanted]) =>
    path === LAST_DBS ? changeOf(paths, path, wanted) : { path, old: undefined, wanted },
  );
}

function listTouched(
  paths: Paths,
  { install, remove, enter }: ChangeSet,
  entries: ReadonlyMap<string, Owned>,
): Pick<GenerationFiles, 'touched' | 'contents'> {
  const readInstalled = installedUnder(paths);
  return {
    touched: [
      ...install.map(({ output }) => output.path),
      ...remove.map(({ owned }) => owned.path),
      ...enter.map(({ path }) => path),
    ].sort(compareBytes),
    contents: new Map([
      ...install.map(({ output }) => [entries.get(output.path)?.digest ?? getDigest(output), output] as const),
      // somebody may have written by hand what is now wanted
      ...enter.flatMap(({ path, digest }) => {
        const installed = readInstalled(path);
        return installed.kind === 'file' ? [[digest, installed.file] as const] : [];
      }),
    ]),
  };
}

/** A file that is taken over and identical needs no writing. */
function writes({ install }: ChangeSet): readonly Install[] {
  return install.filter(({ reasons }) => reasons.length > 0);
}

function removals({ remove }: ChangeSet): readonly (Removal & { readonly old: FileContent })[] {
  return remove.flatMap((removal) => (removal.old === undefined ? [] : [{ ...removal, old: removal.old }]));
}

interface SavedFile {
  readonly id: string;
  readonly path: string;
  readonly file: FileContent;
  readonly because: SavedBecause;
}

function listAcceptedDifferences(paths: Paths, changes: ChangeSet): readonly SavedFile[] {
  const kept: readonly Omit<SavedFile, 'id'>[] = [
    ...changes.install.flatMap(({ output, old, edited, takesOver }) =>
      old !== undefined && (edited || takesOver)
        ? [{ path: output.path, file: old, because: takesOver ? ('taken over' as const) : ('edited' as const) }]
        : [],
    ),
    ...removals(changes).flatMap(({ owned, old, edited }) =>
      edited ? [{ path: owned.path, file: old, because: 'edited' as const }] : [],
    ),
  ];
  const ids = newSavedIds(paths, kept.length);
  return kept.flatMap((file, n) => ids.slice(n, n + 1).map((id) => ({ ...file, id })));
}

function ledgerAfter(
  ledger: Ledger,
  { remove }: ChangeSet,
  entered: readonly Owned[],
  originals: ReadonlyMap<string, string>,
  newFolders: readonly string[],
  emptied: readonly string[],
): Ledger {
  const outputs = ledger.outputs.with(
    entered,
    remove.map(({ owned }) => owned.path),
  );
  const gone = new Set(emptied);
  const folders = new Set([...ledger.folders, ...newFolders].filter((folder) => !gone.has(folder)));
  const isSame =
    outputs === ledger.outputs &&
    originals.size === 0 &&
    newFolders.every((folder) => ledger.folders.has(folder)) &&
    !emptied.some((folder) => ledger.folders.has(folder));
  return isSame ? ledger : { outputs, originals: new Map([...ledger.originals, ...originals]), folders };
}

/** The folders of ours above files that go, which may be empty then. */
function foldersAbove({ folders }: Ledger, remove: readonly Removal[]): readonly string[] {
  const above = new Set<string>();
  for (const { owned } of remove) {
    for (
      let folder = path.posix.dirname(owned.path);
      folder !== '/' && !above.has(folder);
      folder = path.posix.dirname(folder)
    )
      above.add(folder);
  }
  return [...folders].filter((folder) => above.has(folder));
}
