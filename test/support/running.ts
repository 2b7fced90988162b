import { spawn } from 'node:child_process';
import type { Result, RunOptions } from './run.ts';

/** A program that was started and goes on. */
export interface Running {
  readonly pid: number;
  /** what it wrote so far, both streams as they came */
  said(): string;
  /** waits until that matches; vitest's own time limit ends a wait in vain */
  until(pattern: RegExp): Promise<void>;
  /** into its standard input */
  write(text: string): void;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Result>;
}

/** Starts a program and does not wait for its end. Its standard input stays open. */
export function start(command: string, args: readonly string[], { cwd, env }: Omit<RunOptions, 'stdin'> = {}): Running {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
  const texts = { stdout: '', stderr: '' };
  let said = '';
  const listeners = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text;
      said += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Result>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? -1, ...texts }));
  });
  return {
    pid: child.pid ?? 0,
    said: () => said,
    async until(pattern) {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(said)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended without having said ${String(pattern)}:\n${said}`)), reject);
      });
    },
    write: (text) => void child.stdin.write(text),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
