import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Namespace } from './namespace.ts';

const PROGRAM = path.join(import.meta.dirname, 'load.js');

export interface LoadAnswer {
  /** when it was asked: milliseconds since 1970 */
  readonly started: number;
  readonly milliseconds: number;
  /** 0: there was no answer */
  readonly status: number;
  readonly text: string;
}

/** What visitors saw meanwhile. */
export interface Seen {
  readonly asked: number;
  readonly lost: readonly LoadAnswer[];
  /** milliseconds */
  readonly slowest: number;
  /** first lines of answers, with how often each came */
  readonly texts: Readonly<Record<string, number>>;
}

export interface Load {
  /** of the requests that began since the last call, once all of them have ended */
  look(): Promise<Seen>;
  stop(): Promise<void>;
}

/** A visitor in a namespace who asks a web server again and again. */
export function startLoad(namespace: Namespace, address: string, host: string, milliseconds: number): Load {
  const [command, args] = namespace.command(process.execPath, [PROGRAM, address, host, String(milliseconds)]);
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const answers: LoadAnswer[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, started = '', took = '', status = '', said = ''] = /^(\d+) (\d+) (\d+) ?(.*)$/.exec(line) ?? [];
      answers.push({ started: Number(started), milliseconds: Number(took), status: Number(status), text: said });
    }
  });
  let from = 0;
  return {
    async look() {
      const until = Date.now();
      // a later one has ended, and the time limit of the earlier ones is over
      while (answers.every(({ started }) => started <= until)) await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, LAST));
      const seen = answers.filter(({ started }) => started > from && started <= until);
      from = until;
      const texts: Record<string, number> = {};
      for (const { text } of seen) texts[text] = (texts[text] ?? 0) + 1;
      return {
        asked: seen.length,
        lost: seen.filter(({ status }) => status !== 200),
        slowest: Math.max(0, ...seen.map((answer) => answer.milliseconds)),
        texts,
      };
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Slow answers are waited for. */
const LAST = 3000;
