import { readFileSync, readlinkSync } from 'node:fs';
import { errorCode } from '../base/errors.ts';

/**
 * What tells a process from every other one: number, time of its start, boot of the machine, and the name
 * space in which it has the number. By proc(5). Undefined where there is no such process, or no /proc.
 */
export function markProcess(pid: number | string = process.pid): string | undefined {
  try {
    // the name of the program may hold anything, also blanks and brackets
    const [state = '', ...fields] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    // it has ended, and its parent has not asked for its exit code yet
    if (state === 'Z' || state === 'X') return undefined;
    return `${pid}:${fields[18] ?? ''}:${readPlace()}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

/** Whether the process of a mark lives still; one of another name space may. */
export function isMarkAlive(mark: string): boolean {
  const [pid = '', , boot, space] = mark.split(':');
  const [bootNow, spaceNow] = (markProcess() ?? '').split(':').slice(2);
  // without a /proc nothing is known
  if (bootNow === undefined) return true;
  if (boot !== bootNow) return false;
  return space !== spaceNow || (/^\d+$/.test(pid) && markProcess(pid) === mark);
}

function readPlace(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot}:${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
}
