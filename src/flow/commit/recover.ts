import { removeLeftCopies } from '../../db/left-copies.ts';
import { Failure } from '../../base/errors.ts';
import { eventLockFile } from '../../event/event-holder.ts';
import { type EventLock, type EventLockOptions, takeEventLock } from '../../event/event-lock.ts';
import { takeLockIfFree } from '../../files/lock.ts';
import { type Recovered, recoverCommit } from '../../output/commit/roll-back.ts';
import { commitLock } from '../../output/commit/transaction.ts';
import type { Paths } from '../../base/paths.ts';
import {
  hasJournal,
  hasUnfinished,
  makeUnfinished,
  removeLeftovers,
  removeUnfinished,
} from '../../files/unfinished.ts';
import { refuseNewerState } from '../../files/state-versions.ts';
import type { Reporter } from '../reporter.ts';
import { undoDbs } from './staged-dbs.ts';

/**
 * Puts right what a killed run left, where nothing of it lives any more: takes back or completes
 * its commit, and removes what it had lying about. Costs one look where there is nothing.
 * @param say told in one line what became of the commit
 * @throws Failure where the commit can be neither taken back nor completed
 */
export function recover(paths: Paths, say: (line: string) => void): void {
  removeLeftCopies(paths.dbDir);
  recoverJournal(paths, say);
  const lock = hasUnfinished(paths) ? takeIfPermitted(eventLockFile(paths)) : undefined;
  if (lock === undefined) return;
  try {
    if (hasUnfinished(paths)) removeLeftovers(paths);
  } finally {
    lock.release();
  }
}

/** Set for what is run to check the files of a commit: it is to look, and would wait for its own caller. */
export const VERIFYING = 'DOCKSMITH_VERIFYING';

/**
 * Takes the event lock, or joins the event that this call is nested in, as `takeEventLock` does;
 * then nothing unfinished is there but what is ours, until it is released.
 */
export async function beginEvent(
  paths: Paths,
  options: Omit<EventLockOptions, 'onWait'>,
  reporter: Reporter,
): Promise<EventLock> {
  if (process.env[VERIFYING] !== undefined)
    throw new Failure(`cannot run "${options.command}"`, {
      why: 'a check of an event called it, and checks change nothing',
    });
  const lock = await takeEventLock(paths, { ...options, onWait: (holder) => reporter.waiting(holder) });
  try {
    refuseNewerState(paths);
    // the process that held it may have been killed while we waited
    recoverJournal(paths, (line) => reporter.warning(line));
    if (lock.parent !== undefined) return lock;
    if (hasUnfinished(paths)) removeLeftovers(paths);
    const own = makeUnfinished(paths, 'run');
    return {
      ...lock,
      release: () => {
        removeUnfinished(paths, own);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function recoverJournal(paths: Paths, say: (line: string) => void): void {
  const lock = hasJournal(paths) ? takeIfPermitted(commitLock(paths)) : undefined;
  if (lock === undefined) return;
  try {
    const recovered = recoverCommit(paths, undoDbs(paths));
    if (recovered !== undefined) say(describe(recovered));
  } finally {
    lock.release();
  }
}

function describe({ command, outcome, files }: Recovered): string {
  const count = files === 1 ? '1 file' : `${files} files`;
  return outcome === 'put back'
    ? `"${command}" was killed before its commit: ${count} and the dbs are as they were before it`
    : `"${command}" was killed after its commit: ${count} and the dbs stay as it left them`;
}

/** Undefined also for one who may not take it, and so has nothing to put right. */
function takeIfPermitted(file: string): ReturnType<typeof takeLockIfFree> {
  try {
    return takeLockIfFree(file, 'putting right what was killed');
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
