import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configCommand, dbCommand, runDb } from '../../../../../src/cli/commands/change/db.ts';
import { formatCommandHelp } from '../../../../../src/cli/help.ts';
import { isHelp } from '../../../../../src/cli/run-command.ts';
import { UsageFailure } from '../../../../../src/base/errors.ts';
import { findPaths, type Paths } from '../../../../../src/base/paths.ts';

let root: string;
let paths: Paths;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'docksmith-cli-db-'));
  paths = findPaths({ DOCKSMITH_ROOT: root });
  mkdirSync(paths.dbDir, { recursive: true });
  writeFileSync(path.join(paths.dbDir, 'x'), 'single=value\nwiki=service|a\\|b|1\\|2|nl|1\\n2|z|é\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function db(args: readonly string[], stdin = ''): Promise<{ exit: number; stdout: string; stderr: string }> {
  const [printed, stderr]: [Buffer[], PassThrough] = [[], new PassThrough()];
  const exit = await runDb(args, {
    paths,
    stdin: Readable.from([Buffer.from(stdin)]),
    stderr,
    print: (bytes) => Promise.resolve(void printed.push(bytes)),
  });
  return { exit, stdout: Buffer.concat(printed).toString(), stderr: readAll(stderr) };
}
const readAll = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';
const json = async (...args: string[]): Promise<unknown> => JSON.parse((await db(['--json', ...args])).stdout);

it('prints what the file holds', async () => {
  expect((await db(['x', 'print', 'wiki'])).stdout).toBe('wiki=service|a\\|b|1\\|2|nl|1\n2|z|é\n');
  expect((await db(['x', 'getprop', 'wiki', 'a\\|b'])).stdout).toBe('1\\|2\n');
});

it('a value can look like an option', async () => {
  await db(['x', 'setprop', 'wiki', 'z', '--json']);
  expect((await db(['x', 'getprop', 'wiki', 'z'])).stdout).toBe('--json\n');
});

describe('--json', () => {
  const wiki = { name: 'wiki', type: 'service', props: { 'a|b': '1|2', nl: '1\n2', z: 'é' } };

  it('prints one document per command, with values as people mean them', async () => {
    expect(await json('x', 'keys')).toEqual(['single', 'wiki']);
    expect(await json('x', 'show')).toEqual([{ name: 'single', type: 'value', props: {} }, wiki]);
    expect(await json('x', 'get', 'wiki')).toEqual(wiki);
    expect(await json('x', 'gettype', 'single')).toBe('value');
    expect(await json('x', 'printtype')).toEqual({ single: 'value', wiki: 'service' });
    expect(await json('x', 'getprop', 'wiki', 'nl')).toBe('1\n2');
    expect(await json('x', 'printprop', 'wiki', 'z', 'none')).toEqual({ z: 'é' });
    expect(await json('x', 'printprop', 'none', 'z')).toEqual({});
  });

  it('says whether a writing command changed anything', async () => {
    expect(await json('x', 'setprop', 'wiki', 'z', '1')).toEqual({ changed: true });
    expect(await json('x', 'setprop', 'wiki', 'z', '1')).toEqual({ changed: false });
  });

  it('is null for what is not found, with exit code 1', async () => {
    expect(await db(['--json', 'x', 'get', 'none'])).toEqual({ exit: 1, stdout: 'null\n', stderr: '' });
  });

  it('may stand behind the db, since "config" puts that in front', async () => {
    expect((await db(['x', '--json', 'keys'])).stdout).toBe('["single","wiki"]\n');
  });

  it('gives the same as printjson', async () => {
    expect((await db(['x', 'printjson', 'wiki'])).stdout).toBe((await db(['--json', 'x', 'show', 'wiki'])).stdout);
    expect((await db(['nothing', 'printjson'])).stdout).toBe('[]\n');
    expect(await db(['x', 'printjson', 'none'])).toEqual({ exit: 1, stdout: '', stderr: '' });
  });
});

describe('wrong usage', () => {
  it.each([
    [[]],
    [['0', 'keys']],
    [['x']],
    [['x', 'nonsense']],
    [['x', 'get']],
    [['x', 'get', '0']],
    [['x', 'set', 'a']],
    [['x', 'set', 'a', 't', 'odd']],
    [['x', 'setprop', 'a', 'p']],
    [['x', 'settype', 'a', '0']],
    [['x', 'getprop', 'a', '']],
  ])('of %j changes nothing', async (args) => {
    const before = readFileSync(path.join(paths.dbDir, 'x'));
    await expect(db(args)).rejects.toBeInstanceOf(UsageFailure);
    expect(readFileSync(path.join(paths.dbDir, 'x'))).toEqual(before);
  });

  it('names the command and how it is used', async () => {
    await expect(db(['x', 'set', 'a'])).rejects.toMatchObject({
      message: expect.stringContaining('"db DB set"') as string,
      hint: 'usage: db DB set KEY TYPE [PROP VALUE]...',
    });
  });
});

it('--help tells all commands', () => {
  const help = formatCommandHelp(dbCommand, paths, 80);
  for (const command of ['keys', 'setprop', 'batch', '--json']) expect(help).toContain(command);
  for (const args of [['--help'], ['-h'], ['x', '--help']]) expect(isHelp(dbCommand, args)).toBe(true);
  for (const args of [
    ['x', 'setprop', 'wiki', 'z', '--help'],
    ['x', 'get', '--help'],
  ])
    expect(isHelp(dbCommand, args)).toBe(false);
  expect([isHelp(configCommand, ['--help']), isHelp(configCommand, ['get', '--help'])]).toEqual([true, false]);
});

it.each([
  ['keys', 'wiki'],
  ['print', 'wiki', 'z'],
  ['show', 'wiki', 'z'],
  ['get', 'wiki', 'z'],
  ['delete', 'wiki', 'single'],
  ['printtype', 'wiki', 'z'],
  ['gettype', 'wiki', 'z'],
  ['settype', 'wiki', 'service', 'z'],
  ['getprop', 'wiki', 'z', 'single'],
  ['printjson', 'wiki', 'z'],
])('refuses an argument that it does not use: %s %s %s', async (...words) => {
  const before = readFileSync(path.join(paths.dbDir, 'x'));
  const refused = expect.objectContaining({
    exitCode: 2,
    message: expect.stringContaining(`"${words.at(-1) ?? ''}" is an argument too many`) as string,
  }) as Error;
  await expect(db(['x', ...words])).rejects.toThrow(refused);
  await expect(db(['x', 'batch'], `setprop wiki z 2\n${words.join(' ')}\n`)).rejects.toThrow(
    /standard input:2: .* is an argument too many/,
  );
  expect(readFileSync(path.join(paths.dbDir, 'x'))).toEqual(before);
});

describe('batch', () => {
  it('carries all commands out with one write, and prints what those that read found', async () => {
    expect((await db(['x', 'batch'], `setprop wiki z 2\ngetprop wiki z\nset new t p 'a b'\n`)).stdout).toBe('2\n');
    expect((await db(['x', 'getprop', 'new', 'p'])).stdout).toBe('a b\n');
  });

  it('changes nothing when one of them fails', async () => {
    const before = readFileSync(path.join(paths.dbDir, 'x'));
    await expect(db(['x', 'batch'], 'setprop wiki z 2\nsetprop none z 2\n')).rejects.toThrow(/standard input:2/);
    expect(readFileSync(path.join(paths.dbDir, 'x'))).toEqual(before);
  });

  it('prints with --json an answer per command', async () => {
    expect((await db(['--json', 'x', 'batch'], 'setprop wiki z 2\ngetprop wiki z\n')).stdout).toBe(
      '[{"changed":true},"2"]\n',
    );
  });
});
