import { Failure, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { takeLock, takeLockIfFree } from '../../files/lock.ts';
import { mayHavePendingReceipt } from '../../files/pending-receipt.ts';
import type { Reporter } from '../../flow/reporter.ts';
import type { SignalRequest } from '../../flow/signal-request.ts';
import { applyContent, changeFiles } from './apply-content.ts';
import {
  HOSTS_LOCK,
  type Pending,
  readLast,
  readPending,
  removePending,
  writeLast,
  writePending,
} from './received-state.ts';
import { AFTER, AGREED, BEFORE, Repository, type Revision } from './repository.ts';

const COMMAND = 'docksmith receive';

/**
 * Goes back to what was there before something was received: to what of it is still as it was made.
 * To be called under HOSTS_LOCK. @throws Failure(s) where the event changed nothing: it is to be tried again
 */
export async function goBack(
  paths: Paths,
  pending: Pending,
  why: string,
  { commands }: Pick<SignalRequest, 'commands'>,
  reporter: Reporter,
): Promise<void> {
  const repository = new Repository(paths);
  const [before, after] = [BEFORE, AFTER].map((name) => repository.read(paths, name));
  if (before === undefined || after === undefined) return;
  const decided: Pending = { ...pending, phase: 'gone-back', why };
  const calledAs = { command: COMMAND, args: ['back'] };
  const result = await applyContent(paths, after, before, { commands, calledAs, pending: decided }, reporter);
  if (!result.isInstalled)
    throw result.failures[0] ?? new Failure('cannot go back', { why: 'the event changed nothing' });
  for (const { message } of result.failures) reporter.warning(message);
  finish(paths, decided);
}

/**
 * Says that what was received stays: whoever sent it still reaches this host.
 * @throws Failure where it went back already, or another one is waited for
 */
export function confirm(paths: Paths, revision: Revision): void {
  const lock = takeLock(paths.file(HOSTS_LOCK), { holder: 'docksmith receive --confirm', waitSeconds: 10 });
  try {
    const pending = readPending(paths);
    const refuse = (why: string): Failure => new Failure(`cannot confirm revision "${revision.slice(0, 8)}"`, { why });
    if (pending === undefined) {
      if (new Repository(paths).find(AGREED) === revision) return;
      const last = readLast(paths);
      throw refuse(
        last?.revision === revision && last.outcome === 'went back'
          ? `it went back: ${last.why ?? ''}`
          : 'nothing waits for it',
      );
    }
    if (pending.revision !== revision) throw refuse(`revision ${pending.revision.slice(0, 8)} is waited for`);
    if (pending.phase === 'gone-back') throw refuse(`it went back: ${pending.why ?? ''}`);
    if (pending.phase === 'begun' || (pending.phase === 'applied' && pending.deadline === undefined))
      throw refuse('its event was killed');
    const decided: Pending = { ...pending, phase: 'confirmed' };
    writePending(paths, decided);
    finish(paths, decided);
  } finally {
    lock.release();
  }
}

/** Notes what was decided. May be done again. */
export function finish(paths: Paths, { phase, revision, what, why }: Pending): void {
  if (phase === 'confirmed') new Repository(paths).set(AGREED, revision);
  const outcome = phase === 'confirmed' ? 'confirmed' : 'went back';
  writeLast(paths, { when: new Date().toISOString(), revision, what, outcome, why });
  removePending(paths);
}

/**
 * Puts right what a killed process left of something that was received, as far as no event has to be run for it.
 * @returns whether a process has to wait for a confirmation
 */
export async function settle(paths: Paths): Promise<boolean> {
  if (!mayHavePendingReceipt(paths)) return false;
  const lock = takeLockIfFree(paths.file(HOSTS_LOCK), 'putting right what was killed');
  // somebody is at it
  if (lock === undefined) return true;
  try {
    const pending = readPending(paths);
    if (pending === undefined) return false;
    if (pending.phase === 'applied') return true;
    if (pending.phase === 'begun') await undoBegun(paths, pending);
    else finish(paths, pending);
    return false;
  } finally {
    lock.release();
  }
}

/** Its event did not commit: files of the admin's are all that may be new. */
export async function undoBegun(paths: Paths, pending: Pending): Promise<void> {
  const repository = new Repository(paths);
  const [before, after] = [BEFORE, AFTER].map((name) => repository.read(paths, name));
  if (before !== undefined && after !== undefined) await changeFiles(paths, after, before, COMMAND);
  finish(paths, { ...pending, phase: 'gone-back', why: 'it was killed before it was applied' });
}

/** What may be shown of why a thing failed. */
export function wordsOf(error: unknown): string {
  return error instanceof Failure ? error.message : reasonOf(error);
}
