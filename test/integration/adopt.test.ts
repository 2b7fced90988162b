import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { ContainerInspect } from '../../src/engine/engine-api.ts';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { runOrFail } from '../support/run.ts';

/** What `docksmith adopt --json` prints. */
interface Adopted {
  readonly containers: readonly { readonly name: string; readonly id: string | null; readonly enabled: boolean }[];
  readonly records: readonly {
    readonly db: string;
    readonly key: string;
    readonly props: Readonly<Record<string, string>>;
  }[];
  readonly leftOut: readonly {
    readonly name: string;
    readonly key: string;
    readonly value: string;
    readonly why: string;
  }[];
  readonly plan: { readonly operations: readonly unknown[]; readonly notes: readonly string[] };
}

/** Clients differ in how they say nothing. */
const isEmpty = (value: unknown): boolean => !value || (typeof value === 'object' && Object.keys(value).length === 0);

const toCapabilities = (names: readonly string[] | null | undefined): readonly string[] =>
  (names ?? []).map((name) => name.replace(/^CAP_/, ''));

/** Containers as people start them: the words after `docker run --detach --name NAME`. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  front: ['-p', '8080:80', '-p', '5353:53/udp', 'app:1'],
  inner: ['-p', '127.0.0.1:8443:443', '-p', '192.168.1.2:8443:443', '--restart', 'always', 'app:1'],
  files: [
    '-v',
    'papers:/papers',
    '-v',
    '/kept',
    '-v',
    'SRV/:/srv/:ro',
    '--mount',
    'type=volume,source=conf,target=/conf,readonly',
    '--mount',
    'type=tmpfs,target=/memory,tmpfs-size=1048576,tmpfs-mode=1777',
    '--tmpfs',
    '/scratch:size=1m',
    'app:1',
  ],
  netted: [
    '--network',
    'lan',
    '--network-alias',
    'my_db',
    '--network-alias',
    'db',
    '--ip',
    '10.66.0.9',
    '--dns',
    '10.66.0.1',
    '--add-host',
    'printer:10.0.0.5',
    'app:1',
  ],
  limited: [
    '-m',
    '64m',
    '--memory-reservation',
    '32m',
    '--cpus',
    '0.5',
    '--cpu-shares',
    '512',
    '--pids-limit',
    '100',
    '--ulimit',
    'nofile=512:1024',
    '--shm-size',
    '32m',
    '--cap-add',
    'NET_ADMIN',
    '--cap-drop',
    'MKNOD',
    '--device',
    '/dev/null:/dev/nix:r',
    '--sysctl',
    'net.ipv4.ip_unprivileged_port_start=0',
    '--security-opt',
    'no-new-privileges:true',
    '--log-opt',
    'max-size=5m',
    '--log-opt',
    'max-file=3',
    '--init',
    '--read-only',
    '--restart',
    'on-failure:3',
    '--stop-timeout',
    '2',
    '--stop-signal',
    'SIGQUIT',
    '--health-cmd',
    'test -e /run',
    '--health-interval',
    '90s',
    '--health-retries',
    '5',
    '--label',
    'com.example.team=web',
    'app:1',
  ],
  worded: [
    '-e',
    'LIST=a,b "c" $HOME \'d\'',
    '-e',
    'EMPTY=',
    '-e',
    'OF_IMAGE=changed',
    '--entrypoint',
    '/run',
    '-w',
    '/tmp',
    '-u',
    '1000:1000',
    '-h',
    'worded.example.test',
    'app:1',
    'two words',
    '',
    '$x',
  ],
  onhost: ['--network', 'host', 'app:1'],
  beside: ['--network', 'container:netted', 'app:1'],
};

needs('dockerd')('containers that others made, adopted on a real engine', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });
  let host: Host;
  beforeAll(async () => {
    host = machine.makeHost();
    await makeSleepImage(machine.engine, 'app:1', {
      expose: ['80/tcp'],
      changes: ['ENV OF_IMAGE=as-it-was', 'VOLUME /of-image'],
    });
    await machine.engine.docker('network', 'create', '--subnet', '10.66.0.0/24', '--internal', 'lan');
    mkdirSync(host.file('/srv'));
    for (const [name, words] of Object.entries(WAYS)) await start(name, words);
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 192.168.1.2',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled',
      'configuration set httpd service status enabled',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
    );
  });

  const start = (name: string, words: readonly string[]): Promise<string> =>
    machine.engine.docker(
      'run',
      '--detach',
      '--name',
      name,
      ...words.map((word) => word.replace(/^SRV/, host.file('/srv'))),
    );
  const adopt = async (...args: readonly string[]): Promise<Adopted> =>
    JSON.parse(await host.runOrFail('docksmith', ['adopt', '--json', ...args])) as Adopted;
  const plan = (): Promise<string> => host.runOrFail('docksmith', ['plan']);
  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
  const inspect = async (name: string): Promise<ContainerInspect> =>
    (await machine.engine.inspect(name)) as ContainerInspect;
  const adoptedIds = (): readonly string[] =>
    Object.keys((JSON.parse(host.read('/var/lib/docksmith/state/adopted.json')) as { containers: object }).containers);
  const listStarts = async (names: readonly string[]): Promise<string> =>
    machine.engine.docker('inspect', '--format', '{{.Name}} {{.Id}} {{.State.StartedAt}}', ...names);
  const listRecords = async (): Promise<unknown> =>
    Promise.all(
      ['docker_containers', 'docker_images', 'docker_networks'].map(
        async (db) => (await host.run('db', [db, 'printjson'])).stdout,
      ),
    );

  it('says everything of five ways and more to start one, and changes nothing', async () => {
    const names = Object.keys(WAYS);
    const before = await listStarts(names);
    const text = await host.runOrFail('docksmith', ['adopt', '--dry-run', ...names]);
    expect(existsSync(host.file('/var/lib/docksmith/db/docker_containers'))).toBe(false);
    // what it prints can be pasted
    await runOrFail('sh', ['-e'], {
      stdin: text,
      env: {
        PATH: `${path.resolve(import.meta.dirname, '../../bin/path')}:${process.env['PATH'] ?? ''}`,
        DOCKSMITH_NODE: process.execPath,
        DOCKSMITH_ROOT: host.root,
        DBPATH: undefined,
      },
    });
    const pasted = await listRecords();
    for (const db of ['docker_containers', 'docker_images', 'docker_networks'])
      host.remove(`/var/lib/docksmith/db/${db}`);

    machine.proxy.reset();
    const { leftOut, plan: planned } = await adopt(...names);
    expect(leftOut).toEqual([]);
    expect(planned).toEqual({ operations: [], notes: [] });
    expect(await listRecords()).toEqual(pasted);
    expect(await plan()).toMatch(/^nothing to do\n/);
    await update();
    expect(await plan()).toMatch(/^nothing to do\n/);
    await update();
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(await listStarts(names)).toBe(before);
  });

  it('updates an adopted container live, and recreates it as one of its own with its volumes', async () => {
    const before = await inspect('files');
    await host.db('docker_containers setprop files MaxMemory 128');
    expect(await plan()).toMatch(/^update files: memory none -> 128m\n/);
    await update();
    expect(await inspect('files')).toMatchObject({
      Id: before.Id,
      State: { StartedAt: before.State.StartedAt },
      HostConfig: { Memory: 128 * 1024 ** 2 },
    });
    expect(await plan()).toMatch(/^nothing to do\n/);

    await host.db('docker_containers setprop files Hostname new');
    expect(await plan()).toMatch(/^recreate files: hostname none -> new\n/);
    await update();
    const after = await inspect('files');
    expect(after.Config.Labels).toMatchObject({ 'docksmith.managed': 'true', 'docksmith.name': 'files' });
    const mounts = ({ Mounts }: ContainerInspect): readonly string[] =>
      Mounts.filter(({ Type }) => Type !== 'tmpfs')
        .map(
          ({ Type, Name, Source, Destination, RW }) => `${Type} ${Name ?? Source ?? ''} ${Destination} ${String(RW)}`,
        )
        .sort();
    expect(mounts(after)).toEqual(mounts(before));
    expect(after).toMatchObject({
      HostConfig: { Tmpfs: { '/scratch': 'size=1m', '/memory': 'size=1048576,mode=1777' } },
    });
    expect(adoptedIds()).not.toContain(before.Id);
    expect(await plan()).toMatch(/^nothing to do\n/);
  });

  it('recreates the others just as they were', async () => {
    const facts = ({ Config, HostConfig, NetworkSettings }: ContainerInspect): unknown => ({
      Cmd: Config.Cmd,
      Entrypoint: Config.Entrypoint,
      Env: Config.Env?.toSorted(),
      User: Config.User,
      WorkingDir: Config.WorkingDir,
      Healthcheck: Config.Healthcheck,
      StopSignal: Config.StopSignal ?? 'SIGTERM',
      ...Object.fromEntries(
        (
          [
            'PortBindings',
            'RestartPolicy',
            'LogConfig',
            'Memory',
            'MemoryReservation',
            'NanoCpus',
            'CpuShares',
            'PidsLimit',
            'ShmSize',
            'Ulimits',
            'Sysctls',
            'Devices',
            'ReadonlyRootfs',
            'Init',
            'ExtraHosts',
            'Dns',
          ] as const
        ).map((field) => [field, isEmpty(HostConfig[field]) ? null : HostConfig[field]]),
      ),
      CapAdd: toCapabilities(HostConfig.CapAdd),
      CapDrop: toCapabilities(HostConfig.CapDrop),
      address: NetworkSettings?.Networks?.['lan']?.IPAddress,
      aliases: NetworkSettings?.Networks?.['lan']?.Aliases?.filter((alias) => !/^[0-9a-f]{12}$/.test(alias)).sort(),
    });
    const names = ['front', 'inner', 'limited', 'worded', 'netted'];
    const before = new Map(await Promise.all(names.map(async (name) => [name, await inspect(name)] as const)));
    await host.db(...names.map((name) => `docker_containers setprop ${name} Labels com.example.anew=yes`));
    await update();
    for (const name of names) {
      const [was, is] = [before.get(name), await inspect(name)];
      expect(is.Id).not.toBe(was?.Id);
      expect(facts(is)).toEqual(was === undefined ? undefined : facts(was));
    }
  });

  it('lists what the db cannot say, leaves it as it is, and says so in the plan', async () => {
    await start('odd', [
      '-t',
      '--domainname',
      'odd.test',
      '--log-opt',
      'tag=odd',
      '-p',
      '127.0.0.1:9000:80',
      '-p',
      '192.168.1.2:9001:81',
      '--memory',
      '33554433',
      '-e',
      '1BAD=1',
      '-e',
      'BACK=a\\',
      '--link',
      'front:f',
      '--oom-score-adj',
      '10',
      '--health-cmd',
      'true',
      'app:1',
    ]);
    const before = await listStarts(['odd']);
    const {
      leftOut,
      plan: { operations, notes },
    } = await adopt('odd');
    expect(operations).toEqual([]);
    expect(leftOut.map(({ name, key, value }) => `${name} ${key} ${value}`).sort()).toEqual([
      'odd environment 1BAD',
      'odd links front:f',
      'odd mem_limit 33554433',
    ]);
    expect(notes).toEqual([
      expect.stringMatching(
        /^odd was adopted, and stays as it was until it is recreated: .*links front:f -> none, memory 33554433 -> 32769k/,
      ) as string,
    ]);
    await update();
    expect(await listStarts(['odd'])).toBe(before);
    expect(await plan()).toMatch(/^nothing to do\nodd was adopted/);
    // Apache gets a port of its own beside those that were there
    await host.db('docker_containers setprop odd SubDomain enabled');
    expect(await plan()).toMatch(/^recreate odd: .*ports none -> 127\.0\.0\.1:\d+:80, .*links front:f -> none/);
    await host.db('docker_containers delprop odd SubDomain', 'docker_containers setprop odd status disabled');
  });

  it('refuses all that cannot be adopted at once, and writes nothing', async () => {
    await start('fleeting', ['--rm', 'app:1']);
    const before = await listRecords();
    const { exitCode, stdout, stderr } = await host.run('docksmith', ['adopt', 'fleeting', 'front', 'nobody']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.split('\n').filter((line) => line.startsWith('docksmith:'))).toEqual([
      'docksmith: cannot adopt container "fleeting": it was started with --rm: the engine removes it when it stops, with its anonymous volumes',
      'docksmith: cannot adopt container "front": it is docksmith\'s already',
      'docksmith: cannot adopt container "nobody": the engine has none of that name',
    ]);
    await start('taken', ['app:1']);
    await start('free', ['app:1']);
    await host.db('docker_containers set taken service status disabled');
    expect(await host.run('docksmith', ['adopt', 'taken', 'free'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        'cannot adopt container "taken": db docker_containers has a record of that name already',
      ) as string,
    });
    await host.db('docker_containers delete taken');
    expect(await listRecords()).toEqual(before);
    expect(await host.run('docksmith', ['adopt'])).toMatchObject({ exitCode: 2 });
  });

  it('adopts what is stopped as disabled, and forgets what others removed', async () => {
    await machine.engine.docker('stop', 'free');
    const {
      containers,
      leftOut,
      plan: { operations },
    } = await adopt('free');
    expect({ containers, leftOut, operations }).toMatchObject({
      containers: [{ name: 'free', enabled: false }],
      leftOut: [],
      operations: [],
    });
    const [{ id } = { id: null }] = containers;
    expect(adoptedIds()).toContain(id);
    await update();
    expect(await inspect('free')).toMatchObject({ Id: id, State: { Running: false } });
    await machine.engine.docker('rm', 'free');
    await host.db('docker_containers delete free');
    await update();
    expect(adoptedIds()).not.toContain(id);
  });
});
