import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import { Interrupted, NEVER, refuseInterrupted } from '../base/interrupt.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

export interface HeldLock {
  /** Whether the file that is locked still has its name; if not, somebody else may hold a lock on a new one. */
  isInPlace(): boolean;
  release(): void;
}

export interface LockOptions {
  /** who takes it, in words for processes that wait: `signal-event docker-update` */
  readonly holder: string;
  /** timeout in seconds; absent: waits as long as it takes */
  readonly waitSeconds?: number | undefined;
  /** waits so long without a word: locks that are held for moments only are not worth one */
  readonly quietSeconds?: number | undefined;
  /** called once, before waiting on, with the holder's words or undefined when it left none */
  readonly onWait?: ((holder: string | undefined) => void) | undefined;
}

/**
 * Takes an exclusive flock(2) on `file`, which is made if need be and stays. The kernel frees
 * it when this process ends, however it ends. Node has no flock of its own: util-linux's
 * takes it on our descriptor, and a lock belongs to the open file, not to the process.
 */
export function takeLock(file: string, options: LockOptions): HeldLock {
  return held(file, lockOrGiveUp(file, options));
}

/** The same, and a signal ends the wait. @throws Interrupted */
export async function takeLockPatiently(
  file: string,
  { signal = NEVER, ...options }: LockOptions & { readonly signal?: AbortSignal | undefined },
): Promise<HeldLock> {
  const steps = locking(file, options);
  for (let step = steps.next(); ; ) {
    if (step.done === true) return held(file, step.value);
    const { fd, words } = step.value;
    let isLocked: boolean | { readonly error: unknown };
    try {
      isLocked = words.includes('-n') ? flock(fd, words) : await flockLater(file, fd, words, signal);
    } catch (error) {
      isLocked = { error };
    }
    step = typeof isLocked === 'boolean' ? steps.next(isLocked) : steps.throw(isLocked.error);
  }
}

function held(file: string, lock: HeldLock | undefined): HeldLock {
  if (lock === undefined) throw new Failure(`cannot lock "${file}"`, { why: 'another process holds it' });
  return lock;
}

/** The same without waiting. @returns undefined where somebody holds it */
export function takeLockIfFree(file: string, holder: string): HeldLock | undefined {
  return lockOrGiveUp(file, { holder, isPatient: false });
}

type Locking = LockOptions & { readonly isPatient?: boolean };

function lockOrGiveUp(file: string, options: Locking): HeldLock | undefined {
  const steps = locking(file, options);
  for (let step = steps.next(); ; ) {
    if (step.done === true) return step.value;
    const { fd, words } = step.value;
    let isLocked: boolean | { readonly error: unknown };
    try {
      isLocked = flock(fd, words);
    } catch (error) {
      isLocked = { error };
    }
    step = typeof isLocked === 'boolean' ? steps.next(isLocked) : steps.throw(isLocked.error);
  }
}

/** A call of flock on the descriptor, with these options; the answer is whether it has locked. */
interface FlockCall {
  readonly fd: number;
  readonly words: readonly string[];
}

function* locking(
  file: string,
  { holder, waitSeconds, quietSeconds = 0, onWait, isPatient = true }: Locking,
): Generator<FlockCall, HeldLock | undefined, boolean> {
  const cannot = (why: string, hint?: string): Failure =>
    new Failure(`cannot lock "${file}"`, hint === undefined ? { why } : { why, hint });
  for (;;) {
    let fd: number;
    try {
      mkdirSync(path.dirname(file), { recursive: true });
      // never through a link: the holder's words would overwrite what it leads to
      fd = openSync(file, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o644);
    } catch (error) {
      throw cannot(reasonOf(error));
    }
    try {
      if (!fstatSync(fd).isFile()) throw cannot('it is no file', `remove it: rm ${file}`);
      if (
        !(yield { fd, words: ['-n'] }) &&
        (quietSeconds === 0 || !(yield { fd, words: ['-w', String(quietSeconds)] }))
      ) {
        if (!isPatient) {
          closeSync(fd);
          return undefined;
        }
        // by the descriptor: the file may have lost its name meanwhile
        const other = readFileSync(fd, 'utf8').trim() || undefined;
        onWait?.(other);
        if (!(yield { fd, words: waitSeconds === undefined ? [] : ['-w', String(waitSeconds)] })) {
          throw cannot(`still held after ${waitSeconds ?? 0} s by ${other ?? 'another process'}`);
        }
      }
      // its former holder may have unlinked the file (the original Perl library does): then we hold a lock that
      // nobody else can see
      if (isStillInPlace(fd, file)) {
        try {
          ftruncateSync(fd);
          writeSync(fd, `${holder} (pid ${process.pid})\n`);
        } catch (error) {
          // who does not wait puts something right, and may have to do that on a full disk
          if (isPatient) throw error;
        }
        const release = (): void => {
          try {
            ftruncateSync(fd); // the next holder may be the original, which leaves no words of its own
          } catch {
            // they are a courtesy; what was done under the lock is done
          } finally {
            closeSync(fd);
          }
        };
        return { isInPlace: () => isStillInPlace(fd, file), release };
      }
      closeSync(fd);
    } catch (error) {
      closeSync(fd);
      throw error instanceof Failure ? error : cannot(reasonOf(error));
    }
  }
}

function isStillInPlace(fd: number, file: string): boolean {
  try {
    return fstatSync(fd).ino === statSync(file).ino;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** without the caller's language, whose files it would read: that is a third of its time */
const flockEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], LC_ALL: 'C' });

/** @returns false when the lock is held by somebody else and the wait was bounded */
function flock(fd: number, words: readonly string[]): boolean {
  const { status, error, stderr } = spawnSync('flock', ['-x', ...words, '3'], {
    env: flockEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe', fd],
    encoding: 'utf8',
  });
  if (error !== undefined)
    throw new Error(
      errorCode(error) === 'ENOENT' ? 'the program flock (of util-linux) is not installed' : error.message,
    );
  return judge(status, words, stderr);
}

/** The same without keeping signals from being heard meanwhile. */
async function flockLater(file: string, fd: number, words: readonly string[], signal: AbortSignal): Promise<boolean> {
  const what = `cannot lock "${file}"`;
  refuseInterrupted(signal, what);
  const child = spawn('flock', ['-x', ...words, '3'], {
    env: flockEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe', fd],
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [status] = (await once(child, 'close')) as [number | null];
    // a Ctrl-C on a terminal ends it before we hear of it ourselves
    if (status === null) await new Promise((resolve) => void setImmediate(resolve));
    if (signal.aborted) throw new Interrupted(what, signal, 'nothing was changed');
    return judge(status, words, stderr);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function judge(status: number | null, words: readonly string[], stderr: string): boolean {
  if (status === 0) return true;
  if (status === 1 && words.length > 0) return false;
  throw new Error(stderr.trim() || `flock ended with ${status ?? 'a signal'}`);
}
