import { cpSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContainerInspect } from '../../src/engine/engine-api.ts';
import { makeHost } from '../support/host.ts';

const CASES = path.resolve(import.meta.dirname, '../data/compose');

interface Made {
  /** by db and key */
  readonly records: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** what no record says, as `key value` */
  readonly left: readonly string[];
  /** by name */
  readonly containers: Readonly<Record<string, ContainerInspect>>;
}

/** What a Compose file becomes: adopted into an empty host, and made by the next event on the engine in memory. */
async function make(name: string): Promise<Made> {
  const host = makeHost();
  onTestFinished(() => host.stop());
  const [folder, engine] = [host.file('/srv/app'), host.file('/engine.json')];
  cpSync(path.join(CASES, name), folder, { recursive: true });
  const env = { DOCKSMITH_ENGINE: `memory://${engine}`, TOKEN: 'of-the-environment', USER_NAME: undefined };
  await host.db('configuration set LocalIP 192.168.1.2', 'configuration set docksmith service status enabled');
  const adopted = JSON.parse(
    await host.runOrFail('docksmith', ['adopt', '--json', '-f', `${folder}/compose.yaml`], { env }),
  ) as {
    readonly records: readonly { readonly db: string; readonly key: string; readonly props: Record<string, string> }[];
    readonly leftOut: readonly { readonly key: string; readonly value: string }[];
  };
  await host.runOrFail('signal-event', ['docker-update'], { env });
  expect(await host.runOrFail('docksmith', ['plan'], { env })).toMatch(/^nothing to do\n/);
  const { containers } = JSON.parse(readFileSync(engine, 'utf8')) as {
    readonly containers: readonly { readonly inspect: ContainerInspect }[];
  };
  const plain = (text: string): string => text.replaceAll(folder, '.');
  return {
    records: Object.fromEntries(
      adopted.records.map(({ db, key, props }) => [
        `${db} ${key}`,
        Object.fromEntries(Object.entries(props).map(([prop, value]) => [prop, plain(value)])),
      ]),
    ),
    left: adopted.leftOut.map(({ key, value }) => `${key} ${plain(value)}`).sort(),
    containers: Object.fromEntries(containers.map(({ inspect }) => [inspect.Name.slice(1), inspect])),
  };
}

/** By folder: the props that its service gets, what is left out, and what the engine is asked for. */
const TABLE: readonly (readonly [
  folder: string,
  props: Readonly<Record<string, string>>,
  left: readonly string[],
  inspect: unknown,
])[] = [
  [
    'ports-all',
    {
      access: 'public',
      PortMapping: 'custom',
      PortMappingPorts:
        '3000,8000:7000,8001:7001,8002:7002,9000-9005:80,127.0.0.1:5000:5000/udp,[::1]:6001:6001,192.168.1.2:8443:443',
    },
    [],
    // as PortMappingGiven has them: 23000 and 9000
    {
      HostConfig: {
        PortBindings: {
          '3000/tcp': [{ HostIp: '', HostPort: '23000' }],
          '7000/tcp': [{ HostIp: '', HostPort: '8000' }],
          '7002/tcp': [{ HostIp: '', HostPort: '8002' }],
          '80/tcp': [{ HostIp: '', HostPort: '9000' }],
          '5000/udp': [{ HostIp: '127.0.0.1', HostPort: '5000' }],
          '6001/tcp': [{ HostIp: '::1', HostPort: '6001' }],
          '443/tcp': [{ HostIp: '192.168.1.2', HostPort: '8443' }],
        },
      },
    },
  ],
  [
    'ports-loopback-one',
    { PortMappingPorts: '127.0.0.1:3000:3000' },
    [],
    { HostConfig: { PortBindings: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '3000' }] } } },
  ],
  [
    'ports-public-and-loopback',
    { access: 'public', PortMappingPorts: '8080:8080,127.0.0.1:9000:9000' },
    [],
    {
      HostConfig: {
        PortBindings: {
          '8080/tcp': [{ HostIp: '', HostPort: '8080' }],
          '9000/tcp': [{ HostIp: '127.0.0.1', HostPort: '9000' }],
        },
      },
    },
  ],
  [
    'internal-and-port',
    { TCPPort: '8080', network: 'custom:app_back', Networks: 'app_front' },
    [],
    { HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '', HostPort: '8080' }] } } },
  ],
  [
    'anonymous-volume',
    { MountPath: '.:/app', Volumes: '/app/node_modules' },
    [],
    { Config: { Volumes: { '/app/node_modules': {} } } },
  ],
  ['tmpfs-long', { Tmpfs: '/a,/b:size=1048576' }, [], { HostConfig: { Tmpfs: { '/a': '', '/b': 'size=1048576' } } }],
  [
    'env-values',
    { 'Env.SPACE': '%:%20%20padded%20%20', 'Env.BSLASH': '%:C:%5Cnew' },
    [],
    {
      Config: {
        Env: expect.arrayContaining([
          'SPACE=  padded  ',
          'BSLASH=C:\\new',
          'TAIL=x\\',
          'MULTI=line 1\nline 2\n',
          'PIPE=a|b',
          'COMMA=a,b',
          'UNI=naïve ✓',
          'EMPTY=',
          'PLUS=',
        ]) as unknown,
      },
    },
  ],
  [
    'labels',
    { 'Labels.traefik.http.routers.a.rule': 'Host(`a.test`,`b.test`)', Labels: 'bare=,eq=a=b,plain=1' },
    [],
    { Config: { Labels: { bare: '', eq: 'a=b', 'traefik.http.routers.a.rule': 'Host(`a.test`,`b.test`)' } } },
  ],
  [
    'sub-options',
    {
      Expose: '3000,4000,4001,5000/udp',
      MountPath: './a:/a:ro,rslave,./b:/b:z,./c:/c',
      'MountPath.1': './d,/e:/d',
      Volumes: 'app_v:/v:nocopy,ro,app_w:/w:subpath=x/y',
      'SecurityOpt.1': 'seccomp={"a":1,"b":2}',
    },
    ['volumes volumes[2].bind.recursive=enabled', 'volumes volumes[4].volume.labels=a=b'],
    {
      Config: { ExposedPorts: { '3000/tcp': {}, '4001/tcp': {}, '5000/udp': {} } },
      HostConfig: {
        SecurityOpt: ['no-new-privileges=true', 'seccomp={"a":1,"b":2}'],
        Binds: expect.arrayContaining([expect.stringMatching(/\/a:\/a:ro,rslave$/)]) as unknown,
        Mounts: expect.arrayContaining([
          expect.objectContaining({ Source: 'app_v', ReadOnly: true, VolumeOptions: { NoCopy: true } }),
          expect.objectContaining({ Source: 'app_w', VolumeOptions: { Subpath: 'x/y' } }),
        ]) as unknown,
      },
    },
  ],
  [
    'limits',
    {
      'Annotations.a': 'b',
      CgroupParent: 'm.slice',
      DeviceRequests: '[{"count":"all","capabilities":["gpu"]}]',
      DeviceRules: 'c 1:3 mr',
      DnsOptions: 'use-vc',
      Domainname: 'd.test',
      GroupAdd: '44,video',
      Ipc: 'host',
      'LogOpt.tag': 't',
      MacAddress: '02:42:ac:11:65:44',
      MemorySwap: '2147483648',
      OomScoreAdj: '-500',
      Pid: 'host',
      StdinOpen: 'yes',
      Tty: 'yes',
      UsernsMode: 'host',
    },
    [],
    {
      Config: { Tty: true, OpenStdin: true, Domainname: 'd.test', MacAddress: '02:42:ac:11:65:44' },
      HostConfig: {
        Annotations: { a: 'b' },
        CgroupParent: 'm.slice',
        DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu']] }],
        DeviceCgroupRules: ['c 1:3 mr'],
        DnsOptions: ['use-vc'],
        GroupAdd: ['44', 'video'],
        IpcMode: 'host',
        PidMode: 'host',
        UsernsMode: 'host',
        OomScoreAdj: -500,
        Memory: 1024 ** 3,
        MemorySwap: 2 * 1024 ** 3,
        LogConfig: { Type: 'syslog', Config: { 'syslog-address': 'udp://192.0.2.1:514', tag: 't' } },
      },
    },
  ],
  [
    'deploy',
    { CPUs: '0.5', MaxMemory: '256', MemoryReservation: '64', PidsLimit: '100', Restart: 'on-failure:3' },
    [],
    {
      HostConfig: {
        NanoCpus: 500_000_000,
        Memory: 256 * 1024 ** 2,
        DeviceRequests: [{ Driver: 'nvidia', Count: 1, Capabilities: [['gpu']] }],
        RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      },
    },
  ],
  [
    'network-options',
    {
      network: 'custom:my-net',
      NetworkAlias: 'web,web.local,www',
      NetworkAddress: '172.29.5.10,2001:db8::10',
      NetworkOptions: '{"gw_priority":1,"mac_address":"02:42:ac:11:65:43"}',
    },
    [],
    {
      Config: { MacAddress: '02:42:ac:11:65:43' },
      NetworkSettings: {
        Networks: {
          'my-net': {
            IPAMConfig: { IPv4Address: '172.29.5.10', IPv6Address: '2001:db8::10' },
            MacAddress: '02:42:ac:11:65:43',
            GwPriority: 1,
          },
        },
      },
    },
  ],
  ['links', { NetworkAlias: 'database,db' }, [], {}],
  ['scale', { NetworkAlias: 'sa' }, [], {}],
  ['post-start-hooks', { PostStart: '[{"command":["true"]}]' }, [], {}],
  [
    'further',
    {
      Cgroup: 'host',
      Uts: 'host',
      MemorySwappiness: '10',
      OomKillDisable: 'yes',
      CPUQuota: '50000',
      CPUPeriod: '100000',
      CPURealtimePeriod: '1000000',
      CPURealtimeRuntime: '950000',
      BlkioConfig: '{"device_read_bps":[{"path":"/dev/sda","rate":12582912}],"weight":300}',
      'StorageOptions.size': '10G',
      Runtime: 'runsc',
      Entrypoint: "''",
      HealthExec: "/check 'a b'",
      HealthStartInterval: '2s',
    },
    ['ports ports[0].colour=red'],
    {
      Config: {
        Entrypoint: [''],
        Healthcheck: { Test: ['CMD', '/check', 'a b'], StartInterval: 2_000_000_000 },
      },
      HostConfig: {
        PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
        CgroupnsMode: 'host',
        UTSMode: 'host',
        MemorySwappiness: 10,
        OomKillDisable: true,
        CpuQuota: 50_000,
        CpuPeriod: 100_000,
        BlkioWeight: 300,
        BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 12_582_912 }],
        StorageOpt: { size: '10G' },
        Runtime: 'runsc',
      },
    },
  ],
  ['network-host-ports', { network: 'host' }, [], { HostConfig: { NetworkMode: 'host' } }],
];

describe('the keys of a Compose file', () => {
  it.each(TABLE)('of %s come over', async (folder, props, left, inspect) => {
    const made = await make(folder);
    const [name = '', container] = Object.entries(made.containers)[0] ?? [];
    expect(made.records[`docker_containers ${name}`]).toMatchObject(props);
    expect(made.left).toEqual(left);
    expect(container).toMatchObject(inspect as object);
  });

  it('of links of others are names that the container has for itself', async () => {
    const { records, containers } = await make('links');
    expect(records['docker_containers app-sa-1']).toMatchObject({ ExternalLinks: 'other:other' });
    expect(containers['app-sa-1']?.NetworkSettings?.Networks).toMatchObject({
      app_default: { Links: ['other:other'] },
    });
  });

  it('of several containers of a service are a record each', async () => {
    const { records, containers } = await make('scale');
    expect(Object.keys(containers).sort()).toEqual(['app-sa-1', 'app-sa-2', 'app-sa-3', 'app-sb-1', 'app-sb-2']);
    expect(records['docker_containers app-sa-3']).toMatchObject({ Image: 'app-sa-1', NetworkAlias: 'sa' });
  });

  it('of build, platform and pull_policy become props of docker_images', async () => {
    const { records, left } = await make('build');
    expect(left).toEqual([]);
    expect(records['docker_images app-sa-1']).toEqual({ Repository: 'app-sa', Source: 'build', BuildPath: '.' });
    expect(records['docker_images app-sb-1']).toEqual({
      Repository: 'mine/b',
      Tag: '1',
      Source: 'build',
      BuildPath: '.',
      Dockerfile: 'Dockerfile.b',
      BuildTarget: 'prod',
      'BuildArgs.V': '1',
    });
    expect((await make('build-git')).records['docker_images app-sa-1']).toMatchObject({
      BuildGit: 'https://git.example.test/a.git#main:app',
      Platform: 'linux/arm64',
      Pull: 'always',
    });
  });

  it('of secrets and configs become files of the container, and their contents records of db secrets', async () => {
    const secrets = await make('secrets');
    expect(secrets.left).toEqual([]);
    expect(secrets.records['docker_containers app-sa-1']).toMatchObject({
      MountPath: './pw.txt:/run/secrets/pw:ro',
      Secrets: 'app-sa-1.tok:/run/secrets/token:0440:103:0',
    });
    expect(secrets.records['secrets app-sa-1.tok']).toEqual({ Value: '********' });
    expect(JSON.stringify(secrets.containers)).not.toContain('of-the-environment');
    const mounts = (made: Made): readonly (readonly [string, string])[] =>
      (made.containers['app-sa-1']?.HostConfig.Mounts ?? []).map(
        ({ Source = '', Target }) => [Target, Source] as const,
      );
    expect(mounts(secrets)).toEqual([
      ['/run/secrets/pw', expect.stringMatching(/\/pw\.txt$/)],
      ['/run/secrets/token', expect.stringMatching(/\/secrets\/app-sa-1\/app-sa-1\.tok\./)],
    ]);
    const configs = await make('configs');
    expect(configs.left).toEqual([]);
    expect(mounts(configs)).toEqual([
      ['/app', expect.stringMatching(/\/app\.conf$/)],
      ['/etc/inline.conf', expect.stringMatching(/\/secrets\/app-sa-1\/app-sa-1\.inline\./)],
    ]);
    const [, file = ''] = mounts(configs).find(([target]) => target === '/etc/inline.conf') ?? [];
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['hello you', 0o440]);
  });
});
