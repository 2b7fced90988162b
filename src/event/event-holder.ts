import path from 'node:path';
import { errorCode } from '../base/errors.ts';
import { type Paths, STATE_DIR } from '../base/paths.ts';
import { readText } from '../files/read-file.ts';
import type { Run } from './runs.ts';

/** The one lock that every event runs under. */
export function eventLockFile(paths: Paths): string {
  return paths.file(path.posix.join(STATE_DIR, 'event.lock'));
}

/** Who holds the event lock now, in words; undefined where nobody does. Takes no lock itself. */
export function findEventHolder(paths: Paths): string | undefined {
  const holder = readHolder(eventLockFile(paths)).trim();
  const [, pid] = /\(pid (\d+)\)$/.exec(holder) ?? [];
  return pid !== undefined && isAlive(Number(pid)) ? holder : undefined;
}

/** Whether a run that has not ended is still at work, or was killed; one that another has called is alive, too. */
export function isAtWork(paths: Paths, { pid, ended }: Pick<Run, 'pid' | 'ended'>): boolean {
  return ended === undefined && isAlive(pid) && findEventHolder(paths) !== undefined;
}

/** A holder that was killed leaves its words behind. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** The words that are in a lock file; empty where there is none. */
export function readHolder(file: string): string {
  try {
    return readText(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
