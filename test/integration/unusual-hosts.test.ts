import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

/** An event of one file each, `/etc/NAME.conf`, that holds a value of the dbs. */
function writeEvent(host: Host, names: readonly string[] = NAMES): void {
  for (const name of names) {
    host.writeFragment(`/etc/${name}.conf`, '10value', `${name} {{thing.Value}}\n`);
    host.write(`/etc/docksmith/events/app/templates2expand/etc/${name}.conf`, '');
  }
}

const values = (host: Host, names: readonly string[] = NAMES): readonly (string | undefined)[] =>
  names.map((name) => host.read(`/etc/${name}.conf`).trim().split('\n').at(-1));

describe('where outputs are to be', () => {
  let host: Host;
  beforeEach(async () => {
    host = makeHost();
    writeEvent(host);
    await host.db('configuration set thing service Value 1');
    await host.runOrFail('signal-event', ['app']);
    await host.db('configuration setprop thing Value 2');
  });
  afterEach(() => host.stop());

  const uninstall = (): ReturnType<Host['run']> => host.run('docksmith', ['uninstall', '--yes', '--drop-firewall']);
  /** Nothing half done: no file of before or after beside another. */
  const tree = (): unknown => [host.snapshot('/etc'), host.files('/').filter((file) => file.includes('.docksmith-'))];

  it('things that are no files are refused with what they are, all at once, also by --take-over, and stay; then the event installs all', async () => {
    const kinds: readonly (readonly [string, string, (file: string) => void])[] = [
      ['a', 'a named pipe', (file) => void execFileSync('mkfifo', [file])],
      ['b', 'a socket', (file) => void execFileSync('perl', ['-MIO::Socket::UNIX', '-e', SOCKET, file])],
      ['c', 'a folder', (file) => mkdirSync(path.join(file, 'of-others'), { recursive: true })],
      ['d', 'a symbolic link', (file) => symlinkSync('/dev/null', file)],
      ...(process.getuid?.() === 0
        ? [['e', 'a device', (file: string): void => void execFileSync('mknod', [file, 'c', '1', '3'])] as const]
        : []),
    ];
    const places = kinds.map(([name, what]) => [`/etc/${name}.conf`, what] as const);
    for (const [name, , make] of kinds) {
      host.remove(`/etc/${name}.conf`);
      make(host.file(`/etc/${name}.conf`));
    }
    const before = tree();
    const refused = places.map(
      ([file, what]) =>
        `docksmith: cannot install "${file}": ${what} is in the way\nhint: move it away; docksmith neither follows nor replaces it\n`,
    );
    for (const options of [[], ['--take-over'], ['--force']]) {
      const event = await host.run('signal-event', [...options, 'app']);
      expect([event.exitCode, event.stderr]).toEqual([1, refused.join('')]);
    }
    const planned = await host.run('signal-event', ['--dry-run', 'app']);
    expect([planned.exitCode, planned.stdout]).toEqual([1, expect.not.stringContaining('--take-over replaces them')]);
    for (const [n, [file, what]] of places.entries()) {
      expect(planned.stdout).toContain(`refused  ${file} (${what})\n`);
      expect((await host.run('expand-template', [file])).stderr).toBe(refused[n]);
    }
    const verified = await host.run('docksmith', ['verify']);
    expect(verified.stdout).toBe(places.map(([file, what]) => `replaced  ${file} (by ${what})\n`).join(''));
    expect(tree()).toEqual(before);
    const removed = await uninstall();
    for (const [file, what] of places) expect(removed.stdout).toContain(`left     ${file} (${what} is in the way)\n`);
    for (const [file] of places) host.remove(file);
    await host.runOrFail('signal-event', ['app']);
    expect(values(host)).toEqual(NAMES.map((name) => `${name} 2`));
  });

  needs('chattr')('marked with chattr', () => {
    async function mark(flag: string, ...files: readonly string[]): Promise<boolean> {
      const marked = await run('chattr', [`+${flag}`, ...files.map((file) => host.file(file))]);
      onTestFinished(() => void run('chattr', [`-${flag}`, ...files.map((file) => host.file(file))]));
      return marked.exitCode === 0;
    }

    it('files that cannot be changed are named all at once with the remedy, by event and uninstall, and nothing is half done', async ({
      skip,
    }) => {
      if (!(await mark('i', '/etc/b.conf', '/etc/c.conf'))) skip('this file system has no such mark');
      await mark('a', '/etc/d.conf');
      const before = tree();
      const refusal = (verb: string): string =>
        ['b', 'c', 'd']
          .map((name) => [name, ...(name === 'd' ? ['append-only', 'a'] : ['immutable', 'i'])])
          .map(
            ([name = '', what = '', flag = '']) =>
              `docksmith: cannot ${verb} "/etc/${name}.conf": it is ${what}; all files are again as they were before\n` +
              `hint: chattr -${flag} ${host.file(`/etc/${name}.conf`)}\n`,
          )
          .join('');
      const event = await host.run('signal-event', ['app']);
      expect([event.exitCode, event.stderr]).toEqual([1, refusal('install')]);
      const removed = await uninstall();
      expect([removed.exitCode, removed.stderr]).toEqual([1, refusal('remove')]);
      const one = await host.run('expand-template', ['/etc/b.conf']);
      expect([one.exitCode, one.stderr]).toEqual([
        1,
        refusal('install').split('docksmith: ')[1]?.replace(/^/, 'docksmith: '),
      ]);
      expect(tree()).toEqual(before);
      await run('chattr', ['-ia', ...['b', 'c', 'd'].map((name) => host.file(`/etc/${name}.conf`))]);
      await host.runOrFail('signal-event', ['app']);
      expect(values(host)).toEqual(NAMES.map((name) => `${name} 2`));
    });

    it('a folder that cannot be changed is named once for all its files', async ({ skip }) => {
      if (!(await mark('i', '/etc'))) skip('this file system has no such mark');
      const before = tree();
      for (const { exitCode, stderr } of [await host.run('signal-event', ['app']), await uninstall()])
        expect([exitCode, stderr]).toEqual([
          1,
          `docksmith: cannot change folder "/etc": it is immutable; all files are again as they were before\nhint: chattr -i ${host.file('/etc')}\n`,
        ]);
      expect(tree()).toEqual(before);
      await run('chattr', ['-i', host.file('/etc')]);
      await host.runOrFail('signal-event', ['app']);
      expect(values(host)).toEqual(NAMES.map((name) => `${name} 2`));
    });
  });
});

const SOCKET = 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die';

describe('a folder of outputs that is a symbolic link', () => {
  let host: Host;
  const FOLDERS = { '/etc/httpd/conf.d': '/srv/vhosts', '/etc/docksmith/containers': '/srv/specs' } as const;
  beforeEach(async () => {
    host = makeHost({ env: {} });
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 192.168.1.2',
      'configuration set httpd service status enabled Layout redhat ReloadCommand true',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled ServiceManager command',
      'docker_containers set wiki service status enabled Image wiki:1 WebAlias wiki WebPort 80',
      'docker_containers set git service status enabled Image wiki:1 WebAlias git WebPort 80',
    );
  });
  afterEach(() => host.stop());

  const ENGINE = (): { readonly env: Readonly<Record<string, string>> } => ({
    env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` },
  });
  const update = (): ReturnType<Host['run']> => host.run('signal-event', ['docker-update'], ENGINE());
  function link(from: string, to: string): void {
    mkdirSync(path.dirname(host.file(from)), { recursive: true });
    rmSync(host.file(from), { recursive: true, force: true });
    symlinkSync(path.relative(path.dirname(host.file(from)), to), host.file(from));
  }

  it('to another one of the root is written through, and stays what it is', async () => {
    for (const [from, to] of Object.entries(FOLDERS)) {
      mkdirSync(host.file(to), { recursive: true });
      link(from, host.file(to));
    }
    expect(await update()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(host.files('/srv')).toEqual([
      '/srv/specs/git.yaml',
      '/srv/specs/wiki.yaml',
      '/srv/vhosts/zz-docksmith-0-default.conf',
      '/srv/vhosts/zz-docksmith-1-primary.conf',
    ]);
    expect((await update()).stdout).toContain('S50docker-reconcile: nothing to do\n');
    expect((await host.run('docksmith', ['verify'])).exitCode).toBe(0);
    await host.db('docker_containers delete git');
    expect((await update()).stdout).toContain('removed  /etc/docksmith/containers/git.yaml\n');
    await host.runOrFail('docksmith', ['uninstall', '--yes', '--drop-firewall'], ENGINE());
    expect(host.files('/srv')).toEqual([]);
    expect(host.files('/etc').filter((file) => Object.hasOwn(FOLDERS, file))).toEqual(Object.keys(FOLDERS).sort());
  });

  it.each(Object.keys(FOLDERS))(
    'that leads out or nowhere is refused in words, and nothing is changed: %s',
    async (from) => {
      const outside = makeTemporaryFolder('outside');
      onTestFinished(() => removeFolder(outside));
      expect((await update()).exitCode).toBe(0);
      await host.db('docker_containers setprop wiki Env A=1 WebPort 81');
      renameSync(host.file(from), host.file('/srv'));
      for (const [to, why] of [
        [outside, 'that leads out of the root'],
        [host.file('/none'), 'that leads nowhere'],
      ] as const) {
        link(from, to);
        const before = [host.snapshot('/etc'), host.snapshot('/srv')];
        const { exitCode, stderr } = await update();
        expect([exitCode, stderr]).toEqual([
          1,
          expect.stringContaining(`": a symbolic link above it ${why} ("${from}") is in the way\nhint: move it away`),
        ]);
        expect([host.snapshot('/etc'), host.snapshot('/srv')]).toEqual(before);
        expect((await host.run('docksmith', ['verify'])).stdout).toContain(
          `(by a symbolic link above it ${why} ("${from}"))`,
        );
      }
      expect((await run('find', [outside, '-type', 'f'])).stdout).toBe('');
      rmSync(host.file(from));
      renameSync(host.file('/srv'), host.file(from));
      expect((await update()).exitCode).toBe(0);
      expect(host.read('/etc/docksmith/containers/wiki.yaml')).toContain('A: "1"');
    },
  );
});
