import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ORACLE, readOracle, withoutComments } from '../support/db-oracle.ts';
import { type Result, run } from '../support/run.ts';

const DB = path.resolve(import.meta.dirname, '../../bin/db.js');
// each call is a process, and all of them run in the unit tests
const SAMPLE = readOracle().filter((_, index) => index % 8 === 0);
/** On a busy machine another writer may take longer than a second. */
const SAYS_NOTHING_BUT_WAITS = /^(?:waiting for .* to end\n)?$/;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'docksmith-db-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The real program; DBPATH is taken as it is, the root keeps its log away from the machine's. */
function db(args: readonly string[], stdin = ''): Promise<Result> {
  return run(process.execPath, [DB, 'x', ...args], {
    env: { DOCKSMITH_ROOT: path.join(folder, 'root'), DBPATH: folder },
    stdin,
  });
}

describe.skipIf(!existsSync(ORACLE))('the built program does what the original did', () => {
  it.each(SAMPLE.map((sequence) => ({ ...sequence, calls: sequence.steps.map(({ args }) => args[0]).join(' ') })))(
    '$calls',
    async ({ start, steps, end }) => {
      const file = path.join(folder, 'x');
      if (start !== null) writeFileSync(file, start);
      for (const step of steps) {
        const { exitCode, stdout } = await db(step.args);
        expect({ args: step.args, exit: exitCode === 2 ? 'error' : exitCode, stdout }).toEqual(step);
      }
      expect(withoutComments(existsSync(file) ? readFileSync(file) : undefined)).toEqual(end);
    },
  );
});

it('arguments that are not UTF-8 reach the db as they were given, and come back so', async () => {
  const script = `"$0" "$1" x set k t p "$(printf 'caf\\351')" && "$0" "$1" x getprop k p | od -An -tx1`;
  const { stdout } = await run('sh', ['-c', script, process.execPath, DB], {
    env: { DOCKSMITH_ROOT: path.join(folder, 'root'), DBPATH: folder },
  });
  expect(stdout.trim()).toBe('63 61 66 e9 0a');
  expect(readFileSync(path.join(folder, 'x'), 'latin1')).toContain('k=t|p|caf\xe9\n');
});

it('a reader that has seen enough is no failure', async () => {
  writeFileSync(path.join(folder, 'x'), Array.from({ length: 20_000 }, (_, n) => `key${n}=some value\n`).join(''));
  const { stdout, stderr } = await run(
    'bash',
    ['-c', '"$0" "$1" x print | head -1; echo "${PIPESTATUS[0]}"', process.execPath, DB],
    { env: { DOCKSMITH_ROOT: path.join(folder, 'root'), DBPATH: folder } },
  );
  expect([stdout, stderr]).toEqual(['key0=some value\n0\n', '']);
});

it('wrong usage and a db that cannot be written have their own exit codes, a reason, and change nothing', async () => {
  writeFileSync(path.join(folder, 'x'), 'a=b\n');
  const usage = await db(['setprop', 'a', 'p']);
  expect([usage.exitCode, usage.stdout]).toEqual([2, '']);
  expect(usage.stderr).toMatch(/^docksmith: cannot run "db x setprop": .*\nhint: usage: db x setprop KEY PROP VALUE/);
  // not even root writes below a file
  const env = { DOCKSMITH_ROOT: path.join(folder, 'root'), DBPATH: path.join(folder, 'x') };
  const unwritable = await run(process.execPath, [DB, 'y', 'set', 'a', 'b'], { env });
  expect([unwritable.exitCode, unwritable.stdout]).toEqual([1, '']);
  expect(unwritable.stderr).toMatch(/^docksmith: cannot write db "y": /);
  expect(readFileSync(path.join(folder, 'x'), 'utf8')).toBe('a=b\n');
});

it('the lines for syslog are not lost when logger is slower than db', async () => {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  // opens the fifo, which waits until the test has seen the program end
  writeFileSync(
    path.join(bin, 'logger'),
    `#!/bin/sh\nread go <"${folder}/fifo"\ncat >"${folder}/logged.new"\nmv "${folder}/logged.new" "${folder}/logged"\n`,
    { mode: 0o755 },
  );
  await run('mkfifo', [path.join(folder, 'fifo')]);
  const { exitCode } = await run(process.execPath, [DB, 'x', 'set', 'a', 'b'], {
    env: { DOCKSMITH_ROOT: undefined, DBPATH: folder, PATH: `${bin}:${process.env['PATH'] ?? ''}`, SUDO_USER: 'alice' },
  });
  expect(exitCode).toBe(0);
  expect(existsSync(path.join(folder, 'logged'))).toBe(false);
  writeFileSync(path.join(folder, 'fifo'), 'go\n');
  await expect.poll(() => existsSync(path.join(folder, 'logged')), { timeout: 20_000 }).toBe(true);
  expect(readFileSync(path.join(folder, 'logged'), 'utf8')).toMatch(
    /^.*\/x: OLD a=\(undefined\) \(by .*alice\)\n.*\/x: NEW a=b \(by .*, sudo from alice\)\n$/,
  );
});

describe('writers at the same time', () => {
  const CALLS = 12;

  it('lose no value, whether they write one by one or by batch', async () => {
    await db(['set', 'k', 't']);
    const names = (writer: number): string[] => Array.from({ length: CALLS }, (_, n) => `w${writer}n${n}`);
    const singles = async (writer: number): Promise<void> => {
      for (const name of names(writer))
        expect((await db(['setprop', 'k', name, '1'])).stderr).toMatch(SAYS_NOTHING_BUT_WAITS);
    };
    const batch = async (writer: number): Promise<void> => {
      expect(
        (
          await db(
            ['batch'],
            names(writer)
              .map((name) => `setprop k ${name} 1\n`)
              .join(''),
          )
        ).exitCode,
      ).toBe(0);
    };
    await Promise.all([singles(0), singles(1), batch(2), batch(3)]);
    const { stdout } = await db(['printprop', 'k']);
    expect(stdout.trim().split('\n').sort()).toEqual(
      [0, 1, 2, 3]
        .flatMap(names)
        .map((name) => `${name}=1`)
        .sort(),
    );
  });

  it('lose no value beside one that locks as the original does', async () => {
    await db(['set', 'k', 't']);
    const PERL_CALLS = 300;
    const ours = async (writer: number): Promise<void> => {
      for (let n = 0; n < CALLS; n++)
        expect((await db(['set', `ours${writer}n${n}`, 't'])).stderr).toMatch(SAYS_NOTHING_BUT_WAITS);
    };
    const perl = run('perl', [
      path.resolve(import.meta.dirname, '../support/perl-writer.pl'),
      path.join(folder, 'x'),
      'perl',
      String(PERL_CALLS),
    ]);
    const [written] = await Promise.all([perl, ours(0), ours(1), ours(2)]);
    expect(written).toMatchObject({ exitCode: 0, stderr: '' });
    const keys = (await db(['keys'])).stdout.trim().split('\n');
    expect(keys.filter((key) => key.startsWith('perl'))).toHaveLength(PERL_CALLS);
    expect(keys.filter((key) => key.startsWith('ours'))).toHaveLength(3 * CALLS);
  });
});
