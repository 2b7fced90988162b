import { closeSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { reasonOf } from '../base/errors.ts';
import { NEVER } from '../base/interrupt.ts';
import { formatLate, killAfter } from '../base/kill-after.ts';

export type OnLine = (line: string, stream: 'stdout' | 'stderr') => void;

export interface ProcessResult {
  /** undefined: it never started, or a signal ended it */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** the timeout in seconds after which it was killed */
  readonly limit?: number | undefined;
  /** why it could not be started, in words */
  readonly notStarted: string | undefined;
  readonly seconds: number;
  /** it was no process: this one did it */
  readonly wasHere?: true;
}

/**
 * How long output may still come after a process ended: a daemon that it started may hold its standard
 * output for ever.
 */
const DRAIN_MILLISECONDS = 250;

/**
 * Runs a program to its end and hands on its output line by line; standard input is empty. Never throws for
 * what the program does.
 * @param limitSeconds after which it is killed, with all that it started; such a program does not hear of a Ctrl-C
 * @param signal passed on to it when it comes; with a limit, it is killed
 */
export async function runProcess(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: OnLine,
  limitSeconds?: number,
  signal: AbortSignal = NEVER,
): Promise<ProcessResult> {
  const { execa } = await import('execa');
  const subprocess = execa(file, args, {
    env,
    extendEnv: false,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: limitSeconds !== undefined,
  });
  const limit = limitSeconds === undefined ? undefined : killAfter(subprocess.pid, limitSeconds, signal);
  const passOn = (): void => {
    if (limitSeconds === undefined) subprocess.kill(signal.reason as NodeJS.Signals);
  };
  signal.addEventListener('abort', passOn, { once: true });
  const read = Promise.all([
    readLines(subprocess.stdout, 'stdout', onLine),
    readLines(subprocess.stderr, 'stderr', onLine),
  ]);
  subprocess.once('exit', () => {
    const timer = setTimeout(() => {
      subprocess.stdout.destroy();
      subprocess.stderr.destroy();
    }, DRAIN_MILLISECONDS);
    void read.then(() => clearTimeout(timer));
  });
  const [result] = await Promise.all([subprocess, read]);
  signal.removeEventListener('abort', passOn);
  const isLate = limit?.() === true;
  const { exitCode, signal: endedBy, durationMs, cause } = result;
  const started = exitCode !== undefined || endedBy !== undefined;
  return {
    exitCode,
    signal: endedBy,
    limit: isLate ? limitSeconds : undefined,
    notStarted: started ? undefined : whyNotStarted(file, cause),
    seconds: durationMs / 1000,
  };
}

/** `exit code 3`, `ended by SIGTERM`, or why it did not start; undefined for exit code 0. */
export function formatFailedEnd({ exitCode, signal, limit, notStarted }: ProcessResult): string | undefined {
  if (exitCode === 0) return undefined;
  if (limit !== undefined) return formatLate(limit);
  return notStarted ?? (signal === undefined ? `exit code ${exitCode ?? 1}` : `ended by ${signal}`);
}

async function readLines(stream: Readable, name: 'stdout' | 'stderr', onLine: OnLine): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on('line', (line) => onLine(line, name));
  await new Promise<void>((resolve) => {
    stream.once('close', () => {
      lines.close();
      resolve();
    });
  });
}

/** For a script whose interpreter is not there the kernel says no more than ENOENT. */
function whyNotStarted(file: string, cause: unknown): string {
  // as the kernel reads it: a carriage return in front of the line's end is part of the name
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(readStart(file) ?? '')?.[1];
  if (interpreter === undefined || readStart(interpreter) !== undefined) return reasonOf(cause);
  const plain = interpreter.replace(/\r$/, '');
  return `its interpreter "${plain}" is not there${plain === interpreter ? '' : ' by that name: the first line ends in a carriage return, as editors of Windows write it'}`;
}

function readStart(file: string): string | undefined {
  try {
    const fd = openSync(file, 'r');
    try {
      const start = Buffer.alloc(256);
      return start.toString('utf8', 0, readSync(fd, start));
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
