import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { type Machine, useMachine } from '../support/machine.ts';
import { listTouched, withoutRuns } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';

const SECRETS = ['hunter2-of-the-db', 'hunter3-in-a-variable', 'hunter4-in-a-fragment', 'hunter5-in-a-volume'] as const;
const PASSPHRASE = 'correct horse battery staple';
/** More than a piece of what is sealed. */
const LARGE = 'dd if=/dev/urandom of=/data/large bs=1M count=20 2>/dev/null';
const FILL = `mkdir -p /data/sub; echo ${SECRETS[3]} > /data/sub/page; chown 123:456 /data/sub; chmod 2750 /data/sub; ln /data/sub/page /data/same; ln -s sub/page /data/link; mkfifo /data/pipe; truncate -s 40M /data/sparse; ${LARGE}`;
const RECORDS = [
  'configuration set docker service status enabled Daemon foreign',
  'configuration set docksmith service status enabled ServiceManager command',
  'configuration set httpd service status disabled',
  `secrets set db.root secret Value ${SECRETS[0]}`,
  'docker_networks set front network Subnet 10.91.0.0/24',
  `docker_containers set wikidb service status enabled Image app:1 DataMountPath /data Secrets db.root:/etc/root Application wiki Env.API_PASSWORD ${SECRETS[1]}`,
  'docker_containers set wiki service status enabled Image app:1 Volumes pages:/pages Application wiki DependsOn wikidb network custom:front TCPPort 8080',
  'docker_containers set reader service status enabled Image app:1 Volumes pages:/pages:ro',
  'docker_containers set git service status enabled Image app:1 TCPPort 2222',
] as const;
const VOLUMES = ['pages', 'wikidb-data'];

needs('dockerd', 'acl')('backup and restore', () => {
  const old = useMachine();
  const other = useMachine();
  let host: Host;
  let folder: string;
  const options = (): readonly string[] => ['--passphrase-file', path.join(folder, 'passphrase')];
  const start = (machine: Machine, ...names: readonly string[]): Promise<string> =>
    machine.engine.docker('inspect', '--format', '{{.State.Running}} {{.State.StartedAt}}', ...names);
  const mountpoint = (machine: Machine, volume: string): Promise<string> =>
    machine.engine.docker('volume', 'inspect', '--format', '{{.Mountpoint}}', volume);
  /** contents, owners, modes, times, links and attributes */
  const digest = async (machine: Machine, volume: string): Promise<string> =>
    execFileSync('sh', [
      '-c',
      `tar --create --sort=name --numeric-owner --acls --xattrs --xattrs-include='*' --pax-option=exthdr.name=%d/x/%f,delete=atime,delete=ctime -C "$1" . | sha256sum`,
      'sh',
      await mountpoint(machine, volume),
    ]).toString();

  beforeAll(async () => {
    folder = makeTemporaryFolder('backup');
    writeFileSync(path.join(folder, 'passphrase'), `${PASSPHRASE}\n`);
    writeFileSync(path.join(folder, 'wrong'), 'another one\n');
    for (const machine of [old, other]) await makeSleepImage(machine.engine, 'app:1');
    host = await old.makeServer(RECORDS);
    host.writeFragment(
      '/etc/docksmith/containers',
      '99own',
      `services:\n  "{{record.key}}":\n    labels: {own: ${SECRETS[2]}}\n`,
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await old.engine.docker('exec', 'wikidb', 'sh', '-c', FILL);
    await old.engine.docker('exec', 'wiki', 'sh', '-c', 'echo a page > /pages/one');
    execFileSync('setfacl', ['-m', 'u:789:rw', path.join(await mountpoint(old, 'wikidb-data'), 'sub/page')]);
    return () => removeFolder(folder);
  });

  describe('of a whole server', () => {
    let file: string;
    beforeAll(async () => {
      file = path.join(folder, 'server.backup');
      const said = await host.runOrFail('docksmith', ['backup', ...options(), '--with-volumes', 'all', file]);
      expect(said).toMatch(/^stopped meanwhile: reader, wikidb, wiki\n/);
      for (const name of ['reader', 'wikidb', 'wiki'])
        expect(said).toMatch(new RegExp(`^${name} was stopped for \\d+\\.\\d s$`, 'm'));
      expect(said).toMatch(/saved 4 containers and 2 volumes in .*, [\d.]+ MB\n$/);
      expect(await start(old, 'reader', 'wikidb', 'wiki', 'git')).not.toContain('false');
    });

    it('shows nothing of a secret, and is read by tar', () => {
      const bytes = readFileSync(file);
      for (const secret of SECRETS)
        for (const spelling of [secret, Buffer.from(secret).toString('base64').slice(2, -4)])
          expect(bytes.includes(spelling)).toBe(false);
      const list = execFileSync('tar', ['-tf', file]).toString().split('\n');
      expect(list.slice(0, 4)).toEqual(['README', 'backup.json', 'dbs/configuration', 'dbs/docker_networks']);
      expect(list).toEqual(expect.arrayContaining(['sealed/0000/000000', 'sealed/0001/000000', 'sealed/0002/000001']));
      expect(execFileSync('tar', ['-xOf', file, 'dbs/docker_networks']).toString()).toContain(
        'front=network|Subnet|10.91',
      );
    });

    it('restores a lost server on another engine: containers run with their data', async () => {
      const restored = other.makeHost();
      const plan = await restored.runOrFail('docksmith', ['restore', ...options(), '--dry-run', file]);
      expect(plan).toMatch(/^a backup of host\.example\.test, made /);
      expect(plan).toContain('db       docker_containers wiki added\n');
      expect(plan).toContain('new      /etc/docksmith/templates-custom/etc/docksmith/containers/99own\n');
      expect(restored.files().filter((name) => !/\.lock$/.test(name))).toEqual([]);
      await restored.runOrFail('docksmith', ['restore', ...options(), '--yes', file]);
      expect(await start(other, 'reader', 'wikidb', 'wiki', 'git')).not.toContain('false');
      for (const volume of VOLUMES) expect(await digest(other, volume)).toBe(await digest(old, volume));
      expect(await other.engine.docker('exec', 'wikidb', 'cat', '/etc/root')).toBe(SECRETS[0]);
      expect(await other.engine.docker('exec', 'wiki', 'cat', '/pages/one')).toBe('a page');
      expect(restored.read('/etc/docksmith/containers/git.yaml')).toContain(SECRETS[2]);
      expect(await restored.runOrFail('docksmith', ['plan'])).toBe('nothing to do\n');
      // a second time everything is there already
      const { exitCode, stderr } = await restored.run('docksmith', ['restore', ...options(), '--yes', file]);
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(/volume "pages": it exists and has files[^]*volume "wikidb-data"/),
      ]);
      await other.forgetContainers(restored);
      await other.engine.docker('volume', 'rm', ...VOLUMES);
    });

    it('changes nothing with another passphrase, or where a byte differs', async () => {
      const server = other.makeHost();
      const before = server.snapshot();
      const restore = async (name: string, from: string): Promise<string> => {
        const { exitCode, stderr } = await server.run('docksmith', [
          ...['restore', '--yes', '--passphrase-file', path.join(folder, name), from],
        ]);
        expect(exitCode).toBe(1);
        return stderr;
      };
      expect(await restore('wrong', file)).toContain('the passphrase is wrong, or the file is damaged');
      const bytes = readFileSync(file);
      const damaged = path.join(folder, 'damaged');
      for (const [at, words] of [
        [bytes.indexOf('"host"') + 12, 'damaged'],
        [bytes.indexOf('front=network') + 3, '"dbs/docker_networks" is not what was saved'],
        [bytes.length - 4 * 1024 ** 2, 'volume "wikidb-data" is not what was saved'],
      ] as const) {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ 1;
        writeFileSync(damaged, copy);
        expect(await restore('passphrase', damaged)).toContain(words);
      }
      writeFileSync(damaged, bytes.subarray(0, bytes.length - 6 * 1024 ** 2));
      expect(await restore('passphrase', damaged)).toContain('damaged');
      writeFileSync(damaged, 'no backup');
      expect(await restore('passphrase', damaged)).toContain('it is no backup of docksmith');
      expect(listTouched(withoutRuns(before), withoutRuns(server.snapshot()))).toEqual([]);
      expect(await other.engine.docker('volume', 'ls', '-q')).toBe('');
    });

    it('leaves nothing behind where the event refuses what was restored', async () => {
      const server = await other.makeServer([
        'docker_containers set mine service status enabled Image app:1 TCPPort 2222',
      ]);
      const before = server.snapshot();
      const { exitCode, stderr } = await server.run('docksmith', ['restore', ...options(), '--yes', file]);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('2222') as string]);
      const left = listTouched(withoutRuns(before), withoutRuns(server.snapshot()));
      expect(left.filter((name) => !/\.lock$/.test(name) && server.files().includes(name))).toEqual([]);
      expect(await server.runOrFail('db', ['docker_containers', 'keys'])).toBe('mine\n');
      expect(await other.engine.docker('volume', 'ls', '-q')).toBe('');
    });
  });

  it('moves an application with its volumes to a server that has others', async () => {
    const file = path.join(folder, 'wiki.backup');
    await host.runOrFail('docksmith', ['backup', ...options(), '--only', 'wiki/', file]);
    const server = await other.makeServer([
      'docker_containers set git service status enabled Image app:1',
      'docker_containers set wikidb service status disabled Image app:1',
      'docker_containers set taken service status enabled Image app:1 TCPPort 8080',
    ]);
    await server.runOrFail('signal-event', ['docker-update']);
    const running = await start(other, 'git');
    const { exitCode, stderr } = await server.run('docksmith', ['restore', ...options(), '--yes', file]);
    expect(exitCode).toBe(1);
    // names and ports, all at once
    expect(stderr).toContain('cannot restore docker_containers "wikidb": the name is taken');
    expect(stderr).toMatch(/8080.*taken|taken.*8080/);
    await server.db('docker_containers delete wikidb', 'docker_containers delete taken');
    await server.runOrFail('signal-event', ['docker-update']);
    await server.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
    await server.runOrFail('docksmith', ['restore', ...options(), '--yes', file]);
    expect(await start(other, 'wiki', 'wikidb')).not.toContain('false');
    expect(await start(other, 'git')).toBe(running);
    for (const volume of VOLUMES) expect(await digest(other, volume)).toBe(await digest(old, volume));
    expect(await server.runOrFail('db', ['docker_containers', 'keys'])).toBe('git\nwiki\nwikidb\n');
  });

  it('leaves neither half a file nor a stopped container when it is killed', async () => {
    const file = path.join(folder, 'killed.backup');
    const [program, args] = old.namespace.command(process.execPath, [
      ...[path.resolve(import.meta.dirname, '../../bin/docksmith.js'), 'backup', ...options(), '--only', 'wiki/', file],
    ]);
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      // nsenter becomes the program: its process is that of the backup
      const child = spawn(program, args, {
        env: { ...process.env, DOCKSMITH_ROOT: host.root, DOCKER_HOST: `unix://${old.proxy.socket}` },
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await expect.poll(() => start(old, 'wikidb'), { timeout: 30_000, interval: 20 }).toContain('false');
      child.kill(signal);
      await ended;
      await expect.poll(() => start(old, 'reader', 'wikidb', 'wiki'), { timeout: 30_000 }).not.toContain('false');
      await expect
        .poll(() => readdirSync(folder).filter((name) => name.includes('killed')), { timeout: 30_000 })
        .toEqual([]);
      expect(existsSync(file)).toBe(false);
    }
    expect(await host.runOrFail('docksmith', ['plan'])).toBe('nothing to do\n');
  });
});
