import { chmodSync, chownSync, lstatSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { listTouched, type MainHost, makeMainHost, useMainMachine } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';

const DAEMON_JSON = '/etc/docker/daemon.json';
const SYSCONFIG = '/etc/sysconfig/docker';
const SITE = '/etc/httpd/conf.d/00-own.conf';
/** what the host's admin has written: path -> content, mode, owner */
const THEIRS = {
  [DAEMON_JSON]: ['{"live-restore": true}', 0o640, 1],
  [SYSCONFIG]: ['OPTIONS="--log-level warn"\n', 0o600, 0],
  [SITE]: ['<VirtualHost *:80>\n    ServerName own.example.test\n</VirtualHost>\n', 0o644, 0],
} as const;

needs('dockerd')('a host with files and containers of its own', () => {
  const machine = useMainMachine({ clears: true });
  let main: MainHost;
  beforeEach(async () => {
    main = await makeMainHost(machine);
    await main.host.db('configuration delprop docker Daemon', 'configuration setprop docker RestartCommand true');
    for (const [file, [content, mode, owner]] of Object.entries(THEIRS)) {
      main.host.write(file, content);
      chmodSync(main.host.file(file), mode);
      chownSync(main.host.file(file), owner, owner);
    }
    await main.engine.docker(
      'run',
      '--detach',
      '--name',
      'theirs',
      '--publish',
      '8088:80',
      '--label',
      'docksmith.name=theirs',
      'wiki:1',
    );
    await main.engine.docker('create', '--name', 'their-old-one', 'wiki:1');
  });

  const ofTheirs = (tree: Readonly<Record<string, string>>): Readonly<Record<string, string | undefined>> =>
    Object.fromEntries(Object.keys(THEIRS).map((file) => [file, tree[file]]));
  const theirContainers = async (): Promise<readonly (string | undefined)[]> => {
    const containers = await main.listContainers();
    return [containers['theirs'], containers['their-old-one']];
  };

  it('keeps every byte and every container through install, events and uninstall', async () => {
    const before = [ofTheirs(main.host.snapshot()), await theirContainers()];
    const etc = main.host.snapshot('/etc');

    const installed = await main.signal('post-install');
    expect(installed.stderr).toContain(
      `cannot install "${DAEMON_JSON}": a file that docksmith does not own is in the way\n`,
    );
    expect(listTouched(etc, main.host.snapshot('/etc'))).toEqual([]);

    const first = await main.signal('docker-update');
    expect(first.exitCode).toBe(1);
    for (const file of [DAEMON_JSON, SYSCONFIG]) {
      expect(first.stderr).toContain(
        `docksmith: cannot install "${file}": a file that docksmith does not own is in the way\nhint: with --take-over it becomes docksmith's, and the original is kept in history; `,
      );
    }
    expect(first.stderr).toContain('config setprop docker Daemon foreign\n');
    expect(listTouched(etc, main.host.snapshot('/etc'))).toEqual([]);
    expect(Object.keys(await main.listContainers())).toEqual(['their-old-one', 'theirs']);

    await main.host.db('configuration setprop docker Daemon foreign');
    expect(await main.signal('docker-update')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(Object.keys(await main.listContainers())).toEqual(['git', 'their-old-one', 'theirs', 'wiki', 'wikidb']);
    expect((await main.signal('docker-update')).stdout).toContain('S50docker-reconcile: nothing to do\n');
    expect((await main.host.run('docksmith', ['reconcile', '--remove-orphans'])).stdout).toBe('nothing to do\n');
    expect([ofTheirs(main.host.snapshot()), await theirContainers()]).toEqual(before);

    expect(await main.host.runOrFail('docksmith', ['uninstall', '--drop-firewall', '--yes'])).toContain(
      'removed  /etc/docksmith/containers/wiki.yaml\n',
    );
    expect([ofTheirs(main.host.snapshot()), await theirContainers()]).toEqual(before);
    const files = (tree: Readonly<Record<string, string>>): readonly string[] => Object.keys(tree).sort();
    expect(files(main.host.snapshot('/etc'))).toEqual(files(etc));
  });

  it('gets back what was taken over, byte for byte, with mode and owner', async () => {
    // what their engine has is not to seem gone
    const refused = await main.host.run('signal-event', ['--take-over', 'docker-update']);
    const [, found = ''] = /^hint: config setprop docker DataRoot ([^;]+);/m.exec(refused.stderr) ?? [];
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^docksmith: cannot change the DataRoot of docker to "\/var\/lib\/docker": the engine keeps 2 containers in ".*", and they would seem gone\n/,
      ),
    ]);
    await main.host.db(`configuration setprop docker DataRoot ${found}`);
    const taken = await main.host.run('signal-event', ['--take-over', 'docker-update']);
    expect([taken.exitCode, taken.stderr]).toEqual([
      0,
      'S20docker-daemon: docksmith: warning: restarting the engine stops theirs meanwhile\n',
    ]);
    expect(taken.stdout).toMatch(/^taken {4}\/etc\/docker\/daemon\.json$/m);
    expect(taken.stdout).toMatch(
      /^\/etc\/docker\/daemon\.json is taken over; the original is kept in \/var\/lib\/docksmith\/state\/history\/\S+$/m,
    );
    expect(JSON.parse(main.host.read(DAEMON_JSON))).toMatchObject({ bip: '172.30.0.1/16' });
    expect(lstatSync(main.host.file(DAEMON_JSON)).uid).toBe(0);

    expect(await main.host.runOrFail('docksmith', ['uninstall', '--drop-firewall', '--yes'])).toContain(
      `put back  ${DAEMON_JSON}\n`,
    );
    for (const [file, [content, mode, owner]] of Object.entries(THEIRS)) {
      const stat = lstatSync(main.host.file(file));
      expect([main.host.read(file), stat.mode & 0o7777, stat.uid, stat.gid]).toEqual([content, mode, owner, owner]);
    }
  });
});
