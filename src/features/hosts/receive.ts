import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Failure, failuresOf, Failures, reasonOf } from '../../base/errors.ts';
import type { Mask } from '../../base/mask.ts';
import type { Paths } from '../../base/paths.ts';
import { takeLockIfFree } from '../../files/lock.ts';
import type { Reporter } from '../../flow/reporter.ts';
import type { RecordChange } from '../../flow/commit/generation-dbs.ts';
import type { Preview } from '../dry-run/dry-run.ts';
import { maskOf } from '../history/history.ts';
import { applyContent, changeFiles } from './apply-content.ts';
import { compareContents, type Content, type ContentChanges, isEmptyChange } from './content.ts';
import { goBack, settle } from './go-back.ts';
import { type Prepared, prepareReceipt, type ReceiveRequest, short } from './prepare-receipt.ts';
import { HOSTS_LOCK, type Pending, readPending, removePending, writeLast, writePending } from './received-state.ts';
import { AFTER, AGREED, BEFORE, HOSTS_DIR, INCOMING, Repository, type Revision } from './repository.ts';
import { tryContent } from './try-content.ts';
import { startWaiter } from './waiter.ts';

export interface Received {
  /** `applied`: it waits to be confirmed */
  readonly outcome: 'applied' | 'unchanged' | 'planned' | 'refused' | 'failed' | 'went back';
  readonly revision: Revision;
  readonly records: readonly RecordChange[];
  readonly files: readonly string[];
  /** what this host has otherwise than was sent, and keeps */
  readonly kept: ContentChanges;
  readonly failures: readonly Failure[];
  readonly preview?: Preview | undefined;
  /** masks what is secret here, and in what was sent */
  readonly mask: Mask;
}

const COMMAND = 'docksmith receive';

/**
 * Takes what another host sent: looks at it, tries it on copies, and applies it by an event. Nothing is changed until
 * all of it was accepted; what is not confirmed later is taken back.
 * @throws Failure(s) for what has changed nothing
 */
export async function receive(paths: Paths, request: ReceiveRequest, reporter: Reporter): Promise<Received> {
  mkdirSync(paths.file(HOSTS_DIR), { recursive: true, mode: 0o700 });
  await settle(paths);
  const lock = takeLockIfFree(paths.file(HOSTS_LOCK), COMMAND);
  if (lock === undefined)
    throw new Failure('cannot receive', { why: 'something else is being received or taken back' });
  let folder: string | undefined;
  try {
    const pending = readPending(paths);
    if (pending !== undefined)
      throw new Failure('cannot receive', {
        why: `revision ${short(pending.revision)} waits to be confirmed`,
        hint: 'it goes back by itself; then send again',
      });
    removeLeft(paths);
    folder = mkdtempSync(path.join(paths.file(HOSTS_DIR), LEFT));
    return await receiveUnderLock(paths, request, folder, reporter);
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    lock.release();
  }
}

const LEFT = 'incoming-';

/** Of those that were killed. */
function removeLeft(paths: Paths): void {
  const folder = paths.file(HOSTS_DIR);
  for (const name of readdirSync(folder))
    if (name.startsWith(LEFT)) rmSync(path.join(folder, name), { recursive: true, force: true });
}

async function receiveUnderLock(
  paths: Paths,
  request: ReceiveRequest,
  folder: string,
  reporter: Reporter,
): Promise<Received> {
  const { commands, signal, takeOver, dryRun, timeoutSeconds, commandNames } = request;
  reporter.progress('looking at what was sent');
  const repository = new Repository(paths);
  repository.make();
  const agreed = repository.find(AGREED);
  let prepared: Prepared;
  try {
    prepared = prepareReceipt(paths, repository, agreed, request, folder);
  } catch (error) {
    const failures = failuresOf(error);
    if (!dryRun) note(paths, request, 'refused', failures);
    return { ...NOTHING, revision: request.revision, outcome: 'refused', failures, mask: (text) => text };
  }
  const { quarantine, isForward, ours, merged, kept } = prepared;
  const changes = compareContents(ours, merged);
  const mask = maskOf(paths, [ours.dbs, merged.dbs]);
  const answer = { revision: request.revision, ...changes, kept, failures: [], mask };
  if (isEmptyChange(changes)) {
    if (dryRun) return { ...answer, outcome: 'unchanged' };
    repository.adopt(quarantine, INCOMING);
    repository.set(AGREED, isForward || takeOver ? request.revision : joined(repository, merged, agreed, request));
    return { ...answer, outcome: 'unchanged' };
  }
  let preview: Preview;
  try {
    preview = await tryContent(paths, ours, merged, { folder, commands, commandNames });
  } catch (error) {
    const failures = failuresOf(error);
    if (!dryRun) note(paths, request, 'refused', failures);
    return { ...answer, outcome: 'refused', failures };
  }
  if (dryRun) return { ...answer, outcome: 'planned', preview };
  repository.adopt(quarantine, INCOMING);
  repository.commit(BEFORE, ours, { parents: [], who: 'docksmith', message: 'before' });
  repository.commit(AFTER, merged, { parents: [], who: 'docksmith', message: 'after' });
  const revision = isForward || takeOver ? request.revision : joined(repository, merged, agreed, request);
  const pending: Pending = {
    phase: 'begun',
    revision,
    what: describeSent(repository, request.revision),
    timeoutSeconds,
  };
  writePending(paths, pending);
  startWaiter(paths);
  const calledAs = { command: COMMAND, args: [short(request.revision)] };
  try {
    const result = await applyContent(
      paths,
      ours,
      merged,
      { commands, signal, calledAs, pending: { ...pending, phase: 'applied' } },
      reporter,
    );
    if (!result.isInstalled) {
      await abandon(paths, merged, ours);
      note(paths, request, 'refused', result.failures);
      return { ...answer, outcome: 'refused', failures: result.failures };
    }
    if (result.failures.length > 0) {
      const why = result.failures.map(({ message }) => message).join('; ');
      await goBack(paths, { ...pending, phase: 'applied' }, why, { commands }, reporter);
      return { ...answer, outcome: 'went back', failures: result.failures };
    }
  } catch (error) {
    if (!(error instanceof Failure || error instanceof Failures)) throw error;
    // the event could not begin, or the files could not be written
    if (readPending(paths)?.phase === 'begun') await abandon(paths, merged, ours);
    return { ...answer, outcome: 'failed', failures: failuresOf(error) };
  }
  const deadline = new Date(Date.now() + timeoutSeconds * 1000).toISOString();
  writePending(paths, { ...pending, phase: 'applied', deadline });
  return { ...answer, revision, outcome: 'applied' };
}

const NOTHING = { records: [], files: [], kept: { records: [], files: [] } } as const;

/** Nothing of the dbs has changed. */
async function abandon(paths: Paths, now: Content, before: Content): Promise<void> {
  await changeFiles(paths, now, before, COMMAND);
  removePending(paths);
}

/** What two writers made, as one commit. */
function joined(
  repository: Repository,
  merged: Content,
  agreed: Revision | undefined,
  { revision }: ReceiveRequest,
): Revision {
  const parents = [...(agreed === undefined ? [] : [agreed]), revision];
  return repository.commit(INCOMING, merged, { parents, who: 'docksmith', message: `merge of ${short(revision)}` });
}

function describeSent(repository: Repository, revision: Revision): string {
  const { who, what } = repository.describe(revision);
  return `${what} (${who})`;
}

function note(paths: Paths, { revision }: ReceiveRequest, outcome: 'refused', failures: readonly Failure[]): void {
  const why = failures.map(reasonOf).join('; ');
  writeLast(paths, { when: new Date().toISOString(), revision, what: 'a revision', outcome, why });
}
