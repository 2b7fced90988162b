import { errorCode } from './errors.ts';
import { NEVER } from './interrupt.ts';

/**
 * Kills a process that leads a group of its own, with the group, unless that is called off.
 * @param signal kills it too
 * @returns what calls it off, and says whether it was too late for that
 */
export function killAfter(pid: number | undefined, seconds: number, signal: AbortSignal = NEVER): () => boolean {
  let isLate = false;
  const kill = (): void => {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  };
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, seconds * 1000);
  signal.addEventListener('abort', kill, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
    return isLate;
  };
}

/** For who was killed by it. */
export function formatLate(seconds: number): string {
  return `it did not end within ${seconds} seconds`;
}
