import type { Paths } from '../../base/paths.ts';
import { writeDifference } from '../../flow/commit/staged-dbs.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { signalEvent } from '../../flow/signal.ts';
import type { SignalRequest, SignalResult } from '../../flow/signal-request.ts';
import { listEmptied, listMissingFolders } from '../../output/commit/folders.ts';
import { carryOut, changeOf, type FileChange } from '../../output/commit/transaction.ts';
import { UPDATE } from '../dry-run/db-change.ts';
import { maskOf } from '../history/history.ts';
import { type Content, compareContents } from './content.ts';
import { type Pending, pendingFile } from './received-state.ts';

export interface ApplyRequest extends Pick<SignalRequest, 'commands' | 'signal'> {
  readonly calledAs: NonNullable<SignalRequest['calledAs']>;
  /** becomes true together with the records and all that is made of them */
  readonly pending: Pending;
}

/**
 * Makes of what one content says what another one says: first the files of the admin's, then the records with the
 * event over them. What neither names stays, and so does what this host alone has.
 * @returns what the event did; where `isInstalled` is false, the files are new all the same: see `changeFiles`
 */
export async function applyContent(
  paths: Paths,
  before: Content,
  after: Content,
  { commands, signal, calledAs, pending }: ApplyRequest,
  reporter: Reporter,
): Promise<SignalResult> {
  await changeFiles(paths, before, after, calledAs.command);
  return signalEvent(
    paths,
    {
      event: UPDATE,
      args: [],
      calledAs,
      commands,
      signal,
      mask: maskOf(paths, [before.dbs, after.dbs]),
      changeDbs: (staged) => writeDifference(staged, before.dbs, after.dbs),
      state: pendingFile(pending),
    },
    reporter,
  );
}

/** The files of the admin's alone, all or none. A file that is as it should be is left alone. */
export async function changeFiles(paths: Paths, before: Content, after: Content, command: string): Promise<void> {
  const changes: FileChange[] = [];
  for (const name of compareContents(before, after).files) {
    const file = after.files.get(name);
    const owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
    const { old, wanted } = changeOf(paths, name, { content: Buffer.alloc(0), mode: 0o644, ...owner, ...file });
    if (file === undefined) {
      if (old !== undefined) changes.push({ path: name, old, wanted: undefined });
    } else if (old === undefined || old.mode !== file.mode || !old.content.equals(file.content))
      changes.push({ path: name, old, wanted });
  }
  if (changes.length === 0) return;
  const written = changes.flatMap(({ path, wanted }) => (wanted === undefined ? [] : [path]));
  const removed = changes.flatMap(({ path, wanted }) => (wanted === undefined ? [path] : []));
  const folders = foldersOf(removed);
  await carryOut(paths, {
    command,
    changes,
    newFolders: listMissingFolders(paths, written),
    emptied: listEmptied(paths, folders, removed).filter(
      (folder) => !written.some((name) => name.startsWith(`${folder}/`)),
    ),
    keep: [],
  });
}

/** The folders of removed files, below the ones that are always the admin's (`/etc/docksmith/events`). */
function foldersOf(files: readonly string[]): readonly string[] {
  return [
    ...new Set(
      files.flatMap((file) => {
        const parts = file.split('/');
        return parts.flatMap((_, n) => (n > 3 && n < parts.length ? [parts.slice(0, n).join('/')] : []));
      }),
    ),
  ].filter((folder) => folder.split('/').length > 4);
}
