import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { type Running, start } from '../support/running.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/docksmith.js');

/** Types each answer when what was printed asks for it. */
async function converse(terminal: Running, answers: readonly (readonly [RegExp, string])[]): Promise<void> {
  for (const [asked, answer] of answers) {
    await terminal.until(asked);
    terminal.write(`${answer}\n`);
  }
}

/** All files as they are; folders are touched where something is tried out. */
const filesOf = (host: Host): unknown =>
  Object.entries(host.snapshot()).filter(([, described]) => described.startsWith('100'));

/** What a person sees, without what moves the cursor. */
const seen = (text: string): string => text.replace(/\r|\u001b\[[?\d;]*[A-Za-z]/g, '');

describe('a server in a folder is set up', () => {
  let host: Host;
  let env: Readonly<Record<string, string>>;
  beforeEach(() => {
    const folder = makeTemporaryFolder('engine');
    env = { DOCKSMITH_ENGINE: `memory://${folder}/engine.json`, NO_COLOR: '1' };
    host = makeHost({ env });
    onTestFinished(() => {
      host.stop();
      removeFolder(folder);
    });
    host.write('/etc/hostname', 'host.example.test\n');
  });
  const setUp = (...args: readonly string[]): ReturnType<Host['run']> => host.run('docksmith', ['setup', ...args]);

  it('by the answers at a terminal, each of which may be wrong at first', async () => {
    mkdirSync(host.file('/etc/httpd/conf.d'), { recursive: true });
    host.write('/etc/pki/cert.pem', CERTIFICATE);
    host.write('/etc/pki/cert.key', '-----BEGIN PRIVATE KEY-----\n');
    const terminal = start('script', ['-qefc', `stty cols 80; ${process.execPath} ${PROGRAM} setup`, '/dev/null'], {
      env: { ...env, DOCKSMITH_ROOT: host.root },
    });
    await converse(terminal, [
      [/name \[host\.example\.test\]: /, 'host.of_mine.test'],
      [/DomainName: .*"of_mine\.test" is not a host name[^]*name \[host\.example\.test\]: /, ''],
      [/address, with the bits of its network \[.*\]: /, '192.168.7.2/24'],
      [/certificate \[none\]: /, '/etc/pki/cert.pem'],
      [/options \[managed\]: /, ''],
      [/set up this server so\? \[y\/N\] /, 'y'],
    ]);
    const { exitCode, stdout } = await terminal.ended;
    expect(seen(stdout)).toMatch(
      /\nset {6}configuration LocalIP 192\.168\.7\.2\n[^]*\nset {6}networks 192\.168\.7\.0 Mask 255\.255\.255\.0\n[^]*\ndocksmith setup: done, [^]*\nnext\n {2}docksmith add wiki .*\n {2}docksmith status .*\n {2}signal-event .*\n$/,
    );
    // what it says itself: questions in front of the plan, and the end; failures are as long as what they name
    const [asked = ''] = seen(stdout).split('\nset ');
    const own = `${asked}\n${seen(stdout).split('\nnext\n')[1] ?? ''}`.split('\n');
    expect(own.filter((line) => line.length > 80 && !line.startsWith('docksmith: '))).toEqual([]);
    expect(own.length).toBeGreaterThan(12);
    expect(exitCode).toBe(0);
    expect(await host.runOrFail('config', ['show', 'httpd'])).toMatch(
      /Certificate=\/etc\/pki\/cert\.pem\n {4}CertificateKey=\/etc\/pki\/cert\.key\n/,
    );
    expect(await host.runOrFail('config', ['get', 'DomainName'])).toBe('example.test\n');
  });

  it.each([
    ['Ctrl-C', '\u0003', 130, 'docksmith: cannot go on: interrupted by SIGINT; nothing was changed\n'],
    ['the end of the input', '\u0004', 1, 'docksmith: cannot go on: the input has ended; nothing was changed\n'],
  ])('not by %s, which is no answer', async (_name, key, exitCode, words) => {
    const before = filesOf(host);
    const terminal = start('script', ['-qefc', `${process.execPath} ${PROGRAM} setup`, '/dev/null'], {
      env: { ...env, DOCKSMITH_ROOT: host.root },
    });
    await converse(terminal, [[/name \[/, 'other.test']]);
    await terminal.until(/address, with the bits of its network \[/);
    terminal.write(key);
    const ended = await terminal.ended;
    expect(ended.exitCode).toBe(exitCode);
    expect(seen(ended.stdout).endsWith(`\n${words}`)).toBe(true);
    expect(filesOf(host)).toEqual(before);
  });

  it('and not before a yes', async () => {
    const before = filesOf(host);
    const terminal = start(
      'script',
      ['-qefc', `${process.execPath} ${PROGRAM} setup LocalIP=10.1.2.3/8`, '/dev/null'],
      {
        env: { ...env, DOCKSMITH_ROOT: host.root },
      },
    );
    await converse(terminal, [
      [/name \[/, 'other.test'],
      [/options \[/, ''],
      [/so\? \[y\/N\] /, ''],
    ]);
    expect(await terminal.ended).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('nothing was changed') as string,
    });
    expect(filesOf(host)).toEqual(before);
  });

  it('without a terminal by what is given, and says what that would be', async () => {
    host.write('/etc/docker/daemon.json', '{}');
    const refused = await setUp('LocalIP=10.1.2.3/8');
    expect(refused).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr:
        'docksmith: cannot set up this server: there is no terminal to ask at\nhint: docksmith setup --yes LocalIP=10.1.2.3/8 SystemName=host DomainName=example.test docker.Daemon=foreign\n',
    });
    expect(await setUp('--yes', 'LocalIP=10.1.2.3/8', 'docksmith.PortRange=24000-24099')).toMatchObject({
      exitCode: 0,
    });
    expect(await host.runOrFail('db', ['networks', 'show'])).toContain('10.0.0.0=network\n    Mask=255.0.0.0\n');
    expect(await host.runOrFail('config', ['getprop', 'docker', 'Daemon'])).toBe('foreign\n');
    expect(await host.runOrFail('config', ['getprop', 'docksmith', 'PortRange'])).toBe('24000-24099\n');
    expect(host.read('/etc/docker/daemon.json')).toBe('{}');
  });

  it('once: a second time nothing is to be done, and what is given is changed alone', async () => {
    expect(await setUp('--yes', 'LocalIP=192.168.7.2/24')).toMatchObject({ exitCode: 0 });
    const before = filesOf(host);
    const again = await setUp('--yes');
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
    expect(again.stdout).toMatch(/^nothing to change: this server is set up\n[^]*\nnext\n/);
    expect(filesOf(host)).toEqual(before);
    const changed = await setUp('--yes', 'DomainName=new.test');
    expect(changed.stdout).toMatch(/^set {6}configuration DomainName new\.test\n/);
    expect(changed.stdout).not.toContain('LocalIP');
    const json = JSON.parse((await setUp('--yes', '--json')).stdout) as Readonly<Record<string, unknown>>;
    const command = [expect.any(String), expect.any(String)];
    expect(json).toMatchObject({
      records: [],
      findings: expect.any(Array) as unknown,
      next: [command, command, command],
    });
  });

  it('not with values that are refused, and says all of them', async () => {
    host.write('/etc/docker/daemon.json', '{}');
    const before = filesOf(host);
    for (const [args, message, code] of [
      [['nonsense'], /"nonsense" is not NAME=VALUE/, 2],
      [['DomaiName=x', 'docker.Daemn=y'], /cannot set "DomaiName"[^]*did you mean "DomainName"\?[^]*"docker.Daemn"/, 1],
      [['DomainName=x_y', 'docker.Daemon=z'], /"x_y" is not a host name[^]*Daemon "z" is none of/, 1],
      [['LocalIP=10.0.0.2/99'], /"99" is not a number of bits/, 1],
      [['httpd.Certificate=/none'], /cannot be read, or has no certificate/, 1],
    ] as const) {
      const { exitCode, stderr } = await setUp('--yes', ...args);
      expect([args, exitCode, stderr]).toEqual([args, code, expect.stringMatching(message)]);
    }
    const inTheWay = await setUp('--yes', 'docker.Daemon=managed');
    expect(inTheWay).toMatchObject({ exitCode: 1 });
    expect(inTheWay.stderr).toContain('--take-over replaces it, and keeps it in history; docker.Daemon=foreign');
    expect(filesOf(host)).toEqual(before);
  });
});

needs('dockerd')('a server with a real engine is set up', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });

  it('with what is detected, and names the container that runs already', async () => {
    const host = machine.makeHost();
    host.write('/etc/hostname', 'host.example.test\n');
    await makeSleepImage(machine.engine, 'app:1');
    await machine.engine.docker('run', '--detach', '--name', 'old', 'app:1');
    const { exitCode, stdout, stderr } = await host.run('docksmith', [
      'setup',
      '--yes',
      'LocalIP=192.168.1.2/24',
      'docker.Daemon=foreign',
    ]);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^set {6}configuration DomainName example\.test\n[^]*networks 192\.168\.1\.0 Mask 255/);
    expect(stdout).toMatch(/\nnext\n {2}docksmith adopt --dry-run old .*\n {2}docksmith add wiki /);
    expect(await machine.listContainers()).toEqual({ old: expect.stringContaining('running') as string });
    expect((await host.run('docksmith', ['setup', '--yes'])).stdout).toMatch(/^nothing to change: /);
  });
});

const CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----\n`;
