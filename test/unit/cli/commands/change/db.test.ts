import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configCommand, dbCommand, runConfig, runDb } from '../../../../../src/cli/commands/change/db.ts';
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

interface Ended {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

const db = (args: readonly string[], stdin?: string): Promise<Ended> => run(runDb, args, stdin);
const config = (args: readonly string[]): Promise<Ended> => run(runConfig, args);

async function run(program: typeof runDb, args: readonly string[], stdin = ''): Promise<Ended> {
  const [printed, stderr]: [Buffer[], PassThrough] = [[], new PassThrough()];
  const exit = await program(args, {
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

describe('what the next event would refuse is a warning, and the exit code stays that of the original', () => {
  const containers = (...args: string[]): ReturnType<typeof db> => db(['docker_containers', ...args]);
  beforeEach(() => containers('set', 'wiki', 'service', 'status', 'enabled', 'Image', 'i:1'));

  it.each<[readonly string[], readonly string[]]>([
    [['MaxMemroy', '512'], ['prop "MaxMemroy" is not known; is it MaxMemory that is meant?']],
    [['MaxMemory', '2x'], ['cannot accept docker_containers wiki: MaxMemory "2x" is not a number of megabytes']],
    [['status', 'enable'], ['status "enable" is none of enabled, disabled; did you mean enabled?']],
    [['Env.1x', '1'], ['the name of an environment variable']],
    [['TCPPort', '81,82', 'UDPPort', '81'], []],
    [['PortMapping', 'custom', 'PortMappingPorts', '81:1,81:2'], ['taken by another port of the same record']],
    [['SubDomain', 'enabled', 'WebPort', '80', 'network', 'none'], ['with network none it has no port']],
    [['SubDomain', 'enabled', 'WebPort', '80', 'Certificate', '/c'], ['CertificateKey is not set']],
    [['DataMountPath', '/srv', 'DataMount', 'host', 'MountPath', '/a:/srv'], ['its MountPath puts /a there']],
    [['MaxMemory', '', 'Restart', ''], []],
    // other records and the host decide these
    [['TCPPort', 'exposed', 'Interlinked', 'other', 'network', 'custom:lan', 'Secrets', 'none'], []],
    [['SubDomain', 'enabled'], []],
  ])('setprop %j', async (props, expected) => {
    const { exit, stdout, stderr } = await containers('setprop', 'wiki', ...props);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' });
    const lines = stderr.split('\n').filter(Boolean);
    expect(lines).toHaveLength(expected.length);
    for (const [n, words] of expected.entries()) expect(lines[n]).toContain(words);
    for (const line of lines) expect(line).toMatch(/^docksmith: warning: /);
  });

  it('also what a prop that is taken away leaves, and what is typed once more', async () => {
    await containers(
      'setprop',
      'wiki',
      'SubDomain',
      'enabled',
      'WebPort',
      '80',
      'Certificate',
      '/c',
      'CertificateKey',
      '/k',
    );
    expect((await containers('delprop', 'wiki', 'CertificateKey')).stderr).toContain('CertificateKey is not set');
    expect((await containers('delprop', 'wiki', 'CertificateKey')).stderr).toContain('CertificateKey is not set');
  });

  it('of each record of a batch, a few of many', async () => {
    const { exit, stderr } = await db(
      ['docker_containers', 'batch'],
      Array.from({ length: 30 }, (_, n) => `set c${n} service MaxMemory x`).join('\n'),
    );
    expect(exit).toBe(0);
    expect(stderr.match(/MaxMemory "x"/g)).toHaveLength(20);
    expect(stderr).toContain('10 more of db docker_containers: docksmith lint');
  });

  it('for every db with a schema, and secrets are not repeated', async () => {
    expect((await db(['configuration', 'set', 'LocalIP', '1.2'])).stderr).toContain('LocalIP: "1.2" is no IPv4');
    expect((await db(['docker_images', 'set', 'i', 'service', 'Source', 'build'])).stderr).toContain(
      'it needs BuildPath',
    );
    const { stderr } = await db(['docker_images', 'set', 'i', 'service', 'RegistryPassword', 'hush']);
    expect(stderr).toContain('there is no RegistryUser');
    expect(stderr).not.toContain('hush');
    expect((await db(['x', 'setprop', 'wiki', 'NoSuch', '1'])).stderr).toBe('');
  });

  it('and what is read is no reason to say anything', async () => {
    await containers('setprop', 'wiki', 'MaxMemory', '2x');
    expect((await containers('getprop', 'wiki', 'MaxMemory')).stderr).toBe('');
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
      message: expect.stringContaining('"db x set"') as string,
      hint: 'usage: db x set KEY TYPE [PROP VALUE]...',
    });
  });

  it.each([
    [['setprop', 'x', 'wiki', 'a', '1'], 'db x setprop wiki a 1'],
    [['x', 'setprop', 'wiki', 'a=1'], 'a prop and its value are two arguments: db x setprop wiki a 1'],
    [['x', 'set', 'new', 'service', 'a=1'], 'a prop and its value are two arguments: db x set new service a 1'],
    [['y', 'setprop', 'wiki', 'a', '1'], 'there is no db "y"; did you mean x?'],
  ])('of %j names what is meant', async (args, hint) => {
    const before = readFileSync(path.join(paths.dbDir, 'x'));
    await expect(db(args)).rejects.toMatchObject({ hint });
    expect(readFileSync(path.join(paths.dbDir, 'x'))).toEqual(before);
  });

  it('names the db that is almost called so', async () => {
    writeFileSync(path.join(paths.dbDir, 'docker_containers'), 'wiki=service\n');
    await expect(db(['docker_container', 'setprop', 'wiki', 'a', '1'])).rejects.toMatchObject({
      message: 'cannot change "wiki": there is no such record',
      hint: 'there is no db "docker_container"; did you mean docker_containers?',
    });
    // where the db is there, it is the record that is not
    await expect(db(['docker_containers', 'setprop', 'wikki', 'a', '1'])).rejects.toMatchObject({
      hint: 'did you mean wiki?',
    });
    await expect(db(['docker_containers', 'delete', 'mail'])).rejects.toMatchObject({ hint: undefined });
  });

  it.each([
    [['x', 'set'], 'KEY is missing'],
    [['x', 'set', 'a'], 'TYPE is missing'],
    [['x', 'set', 'a', 't', 'odd'], 'the value of "odd" is missing'],
    [['x', 'setprop', 'a'], 'PROP is missing'],
    [['x', 'setprop', 'a', 'p'], 'the value of "p" is missing'],
    [['x', 'setprop', 'a', 'p', '1', 'q'], 'the value of "q" is missing'],
    [['x', 'delprop', 'a'], 'PROP is missing'],
    [['x', 'settype', 'a', '0'], 'TYPE may not be "0"'],
    [['x', 'getprop', 'a', ''], 'PROP may not be ""'],
    [['x', 'get', '0'], 'KEY may not be "0"'],
  ])('of %j says what is missing', async (args, why) => {
    await expect(db(args)).rejects.toMatchObject({ why });
  });

  it('names the command as it was typed, so that its hints can be pasted', async () => {
    await expect(config(['setprop', 'docker'])).rejects.toMatchObject({
      message: 'cannot run "config setprop": PROP is missing',
      hint: 'usage: config setprop KEY PROP VALUE [PROP VALUE]...',
    });
    await expect(config(['configuration', 'show', 'a b'])).rejects.toMatchObject({
      hint: "config show 'a b'",
    });
    await expect(db(['x', 'setprop', 'wiki', 'a=1 2'])).rejects.toMatchObject({
      hint: "a prop and its value are two arguments: db x setprop wiki a '1 2'",
    });
  });

  it('of a word behind batch is noticed before standard input is read', async () => {
    await expect(db(['x', 'batch', 'file'])).rejects.toMatchObject({
      message: 'cannot run "db x batch": "file" is an argument too many',
      hint: 'usage: db x batch < FILE',
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
