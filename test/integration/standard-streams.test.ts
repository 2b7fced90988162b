import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';

const DB = path.resolve(import.meta.dirname, '../../bin/db.js');
const DOCKSMITH = path.resolve(import.meta.dirname, '../../bin/docksmith.js');
/** more than any pipe holds */
const RECORDS = 5000;
const VALUE = 'x'.repeat(200);
const KEYS = Array.from({ length: RECORDS }, (_, n) => `r${RECORDS + n}`);
const BATCH = KEYS.map((key) => `set ${key} t Value ${VALUE}\n`).join('');
const PRINTED = KEYS.map((key) => `${key}=t|Value|${VALUE}\n`).join('');
/** runs a program with one of its standard streams (0 or 1) made non-blocking */
const NON_BLOCKING =
  'use Fcntl; my $fd = shift; open(my $h, $fd ? ">&=" : "<&=", $fd); fcntl($h, F_SETFL, fcntl($h, F_GETFL, 0) | O_NONBLOCK) or die; exec @ARGV';

describe('standard input and output of db', () => {
  let host: Host;
  beforeEach(() => (host = makeHost()));
  afterEach(() => host.stop());

  const start = (
    args: readonly string[],
    stdio: StdioOptions,
    command: readonly string[] = [],
  ): ReturnType<typeof spawn> => {
    const [program = '', ...words] = [...command, process.execPath, DB, ...args];
    return spawn(program, words, { stdio, env: { ...process.env, DBPATH: undefined, DOCKSMITH_ROOT: host.root } });
  };
  const nonBlocking = (fd: 0 | 1): readonly string[] => ['perl', '-e', NON_BLOCKING, String(fd)];
  /** Until it waits for what a stream says, and no read or write of its own holds it. */
  const waitsInNode = (pid: number | undefined): Promise<void> =>
    expect.poll(() => readFileSync(`/proc/${pid ?? 0}/wchan`, 'latin1'), { timeout: 30_000 }).toMatch(/epoll/);
  const readAll = async (child: ReturnType<typeof spawn>): Promise<string> => {
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    return Buffer.concat(chunks).toString();
  };
  const records = (): string => host.read('/var/lib/docksmith/db/work').replace(/^#.*\n/gm, '');
  // equal or not: of a megabyte no difference is worth showing

  it('is read to its end from a file', async () => {
    host.write('/batch', BATCH);
    const stdin = openSync(host.file('/batch'), 'r');
    const child = start(['work', 'batch'], [stdin, 'inherit', 'inherit']);
    closeSync(stdin);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(records() === PRINTED).toBe(true);
  });

  it('is read to its end from a pipe that comes in parts, also one that is not blocking', async () => {
    for (const command of [[], nonBlocking(0)]) {
      host.write('/var/lib/docksmith/db/work', '');
      const child = start(['work', 'batch'], ['pipe', 'inherit', 'inherit'], command);
      const ended = once(child, 'close');
      child.stdin?.write(BATCH.slice(0, 100_000));
      if (command.length > 0) await waitsInNode(child.pid);
      child.stdin?.end(BATCH.slice(100_000));
      expect(await ended).toEqual([0, null]);
      expect(records() === PRINTED).toBe(true);
    }
  });

  it('is written to its end into a pipe that is full for a while, also one that is not blocking', async () => {
    await host.runOrFail('db', ['work', 'batch'], { stdin: BATCH });
    for (const command of [[], nonBlocking(1)]) {
      const child = start(['work', 'print'], ['ignore', 'pipe', 'inherit'], command);
      if (command.length > 0) await waitsInNode(child.pid);
      expect((await readAll(child)) === PRINTED).toBe(true);
      expect(child.exitCode).toBe(0);
    }
  });

  it('may end before all of it is read', async () => {
    await host.runOrFail('db', ['work', 'batch'], { stdin: BATCH });
    for (const command of [[], nonBlocking(1)]) {
      const child = start(['work', 'print'], ['ignore', 'pipe', 'pipe'], command);
      let stderr = '';
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.stdout?.destroy();
      expect([await once(child, 'close'), stderr]).toEqual([[0, null], '']);
    }
  });

  it('is named where it cannot be read or written', async () => {
    await host.db('work set k t');
    for (const [args, stdio, message] of [
      [
        ['work', 'batch'],
        [openSync('/', 'r'), 'ignore', 'pipe'],
        'docksmith: cannot read standard input: is a folder\n',
      ],
      [
        ['work', 'print'],
        ['ignore', openSync('/dev/full', 'w'), 'pipe'],
        'docksmith: cannot write standard output: no space left on device\n',
      ],
    ] as const) {
      const child = start(args, [...stdio]);
      let stderr = '';
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      expect([await once(child, 'close'), stderr]).toEqual([[1, null], message]);
      for (const fd of stdio) if (typeof fd === 'number') closeSync(fd);
    }
  });

  it.each([['props'], ['--help'], ['runs', '--json']])(
    'of docksmith %s is said to be lost on a full disk; a reader that has gone is no failure',
    async (...args) => {
      const env = { ...process.env, DOCKSMITH_ROOT: host.root };
      for (const [to, exitCode, said] of [
        ['> /dev/full', 1, 'docksmith: cannot write standard output: no space left on device\n'],
        ['>&-', 0, ''],
      ] as const) {
        const words = ['-c', `"$@" ${to}`, 'sh', process.execPath, DOCKSMITH, ...args];
        const child = spawn('sh', words, { stdio: ['ignore', 'pipe', 'pipe'], env });
        let stderr = '';
        child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
        expect([await once(child, 'close'), stderr]).toEqual([[exitCode, null], said]);
      }
    },
  );
});
