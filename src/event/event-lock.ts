import path from 'node:path';
import { type HeldLock, type LockOptions, takeLock, takeLockPatiently } from '../files/lock.ts';
import type { Paths } from '../base/paths.ts';
import { eventLockFile, readHolder } from './event-holder.ts';
import { removeUnfinished, UNFINISHED_DIR } from '../files/unfinished.ts';

export interface EventLockOptions {
  /** the command, in words for processes that wait: `signal-event docker-update` */
  readonly command: string;
  /** id of this run */
  readonly run: string;
  readonly waitSeconds?: number | undefined;
  readonly onWait?: LockOptions['onWait'];
  /** ends the wait */
  readonly signal?: AbortSignal | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

export interface EventLock {
  /** id of the run whose step called this one; undefined for a run of its own */
  readonly parent: string | undefined;
  /** for `DOCKSMITH_RUN` in the environment of steps, so that calls from them join */
  readonly token: string;
  release(): void;
}

/**
 * Takes the one lock that every event runs under, or joins the event that this call is nested
 * in. `DOCKSMITH_RUN` (`ID-OF-THE-HOLDER/ID-OF-THE-CALLER`) says which that is, and is believed
 * only while that very run holds the lock: a daemon that a step once started keeps the variable
 * long after its event ended, and must wait like everybody else. Calls that join from one and
 * the same step or nested event (`expand-template /a & expand-template /b`) go one after the
 * other: each caller has a lock of its own for those that it calls. A call that the holder makes
 * in its own process, before it has started any other, is alone (`aloneToken`), and needs none.
 * @throws Failure naming the holder, when the wait timed out
 */
export async function takeEventLock(
  paths: Paths,
  { command, run, waitSeconds, onWait, signal, env = process.env }: EventLockOptions,
): Promise<EventLock> {
  const file = eventLockFile(paths);
  const holder = `${command}, run ${run}`;
  const own = (lock: HeldLock): EventLock => ({
    parent: undefined,
    token: `${run}/${run}`,
    release: () => release(paths, run, lock),
  });
  const [root, parent, alone] = (env['DOCKSMITH_RUN'] ?? '').split('/');
  if (root && parent && alone === String(process.pid))
    return { parent, token: `${root}/${run}`, release: () => removeUnfinished(paths, calledByFile(paths, run)) };
  if (root && parent && isHeldBy(readHolder(file), root)) {
    const lock = takeIfFree(file, holder);
    // free: the run that called us was killed, and its name is still in the file
    if (typeof lock !== 'string') return own(lock);
    if (isHeldBy(lock, root)) {
      const joined = await takeLockPatiently(calledByFile(paths, parent), { holder, waitSeconds, onWait, signal });
      if (isHeldBy(readHolder(file), root))
        return { parent, token: `${root}/${run}`, release: () => release(paths, run, joined) };
      // the event ended while we waited for others that it had called
      joined.release();
    }
  }
  return own(await takeLockPatiently(file, { holder, waitSeconds, onWait, signal }));
}

/**
 * The token for a command that the holder runs in its own process while nobody else can have been given the
 * token; for the programs that such a command starts it is as any other.
 */
export function aloneToken(token: string): string {
  return `${token}/${process.pid}`;
}

/** Held by one after the other of those that this run has called. */
function calledByFile(paths: Paths, run: string): string {
  return paths.file(path.posix.join(UNFINISHED_DIR, `called-by-${path.basename(run)}.lock`));
}

/** A process that still waits for the removed file creates it again. */
function release(paths: Paths, run: string, lock: HeldLock): void {
  removeUnfinished(paths, calledByFile(paths, run));
  lock.release();
}

/** With what takeLock writes behind it, so that an id is not found in a longer one. */
function isHeldBy(holder: string, run: string): boolean {
  return holder.includes(`, run ${run} (pid `);
}

/** @returns the holder's words where somebody holds it */
function takeIfFree(file: string, holder: string): HeldLock | string {
  const holders: string[] = [];
  try {
    return takeLock(file, { holder, waitSeconds: 0, onWait: (other) => holders.push(other ?? '') });
  } catch (error) {
    const [other] = holders;
    if (other !== undefined) return other;
    throw error;
  }
}
