import { errorCode } from './errors.ts';

/** Kills a process that leads a group of its own, with the group, unless that is called off. @returns what calls it off, and says whether it was too late for that */
export function killAfter(pid: number | undefined, seconds: number): () => boolean {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  }, seconds * 1000);
  return () => {
    clearTimeout(timer);
    return isLate;
  };
}

/** For who was killed by it. */
export function formatLate(seconds: number): string {
  return `it did not end within ${seconds} seconds`;
}
