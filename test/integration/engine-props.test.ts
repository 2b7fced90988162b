import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage, SLEEP } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MB = 1024 ** 2;

interface Case {
  readonly prop: string;
  readonly value: string;
  /** what inspect says of the container */
  readonly inspect: unknown;
  /** another value, and the line of the plan that answers it, without the name */
  readonly next: string;
  readonly plan: string;
  /** what the prop needs beside it */
  readonly beside?: string;
}

const CASES: readonly Case[] = [
  {
    prop: 'Command',
    value: '"/run now"',
    inspect: { Config: { Cmd: ['/run', 'now'] } },
    next: '/run',
    plan: 'recreate: command /run now -> /run',
  },
  {
    prop: 'Entrypoint',
    value: '"/run too"',
    inspect: { Config: { Entrypoint: ['/run', 'too'] } },
    next: '/run',
    plan: 'recreate: entrypoint /run too -> /run',
  },
  {
    prop: 'WorkingDir',
    value: '/tmp',
    inspect: { Config: { WorkingDir: '/tmp' } },
    next: '/bin',
    plan: 'recreate: working dir /tmp -> /bin',
  },
  {
    prop: 'User',
    value: '1000:1000',
    inspect: { Config: { User: '1000:1000' } },
    next: '1001',
    plan: 'recreate: user 1000:1000 -> 1001',
  },
  {
    prop: 'Hostname',
    value: 'wiki.example.test',
    inspect: { Config: { Hostname: 'wiki.example.test' } },
    next: 'other',
    plan: 'recreate: hostname wiki.example.test -> other',
  },
  {
    prop: 'Restart',
    value: 'on-failure:3',
    inspect: { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } } },
    next: 'always',
    plan: 'update: restart on-failure:3 -> always',
  },
  {
    prop: 'MaxMemory',
    value: '64',
    inspect: { HostConfig: { Memory: 64 * MB } },
    next: '128m',
    plan: 'update: memory 64m -> 128m',
  },
  {
    prop: 'MemoryReservation',
    value: '32',
    inspect: { HostConfig: { MemoryReservation: 32 * MB } },
    next: '48m',
    plan: 'update: memory reservation 32m -> 48m',
  },
  { prop: 'CPUs', value: '0.5', inspect: { HostConfig: { NanoCpus: 5e8 } }, next: '1', plan: 'update: cpus 0.5 -> 1' },
  {
    prop: 'CPUShares',
    value: '512',
    inspect: { HostConfig: { CpuShares: 512 } },
    next: '256',
    plan: 'update: cpu shares 512 -> 256',
  },
  {
    prop: 'CPUSet',
    value: '0',
    inspect: { HostConfig: { CpusetCpus: '0' } },
    next: '0-1',
    plan: 'update: cpuset 0 -> 0-1',
  },
  {
    prop: 'PidsLimit',
    value: '100',
    inspect: { HostConfig: { PidsLimit: 100 } },
    next: '-1',
    plan: 'update: pids limit 100 -> unlimited',
  },
  {
    prop: 'HealthCmd',
    value: '"exit 0"',
    inspect: { Config: { Healthcheck: { Test: ['CMD-SHELL', 'exit 0'] } } },
    next: 'true',
    plan: 'recreate: healthcheck test=["CMD-SHELL","exit 0"] -> test=["CMD-SHELL","true"]',
  },
  {
    prop: 'HealthInterval',
    value: '90',
    inspect: { Config: { Healthcheck: { Interval: 90e9 } } },
    next: '1m',
    plan: 'recreate: healthcheck interval=90s -> interval=60s',
    beside: 'HealthCmd true',
  },
  {
    prop: 'HealthTimeout',
    value: '10s',
    inspect: { Config: { Healthcheck: { Timeout: 10e9 } } },
    next: '5s',
    plan: 'recreate: healthcheck timeout=10s -> timeout=5s',
    beside: 'HealthCmd true',
  },
  {
    prop: 'HealthRetries',
    value: '5',
    inspect: { Config: { Healthcheck: { Retries: 5 } } },
    next: '6',
    plan: 'recreate: healthcheck retries=5 -> retries=6',
    beside: 'HealthCmd true',
  },
  {
    prop: 'HealthStart',
    value: '1m30s',
    inspect: { Config: { Healthcheck: { StartPeriod: 90e9 } } },
    next: '2m',
    plan: 'recreate: healthcheck start_period=90s -> start_period=120s',
    beside: 'HealthCmd true',
  },
  { prop: 'StopSignal', value: 'SIGQUIT', inspect: { Config: { StopSignal: 'SIGQUIT' } }, next: 'SIGINT', plan: '' },
  { prop: 'StopTimeout', value: '30', inspect: { Config: { StopTimeout: 30 } }, next: '1m', plan: '' },
  {
    prop: 'Dns',
    value: '10.0.0.2,10.0.0.1',
    inspect: { HostConfig: { Dns: ['10.0.0.2', '10.0.0.1'] } },
    next: '10.0.0.2',
    plan: 'recreate: dns 10.0.0.2 10.0.0.1 -> 10.0.0.2',
  },
  {
    prop: 'DnsSearch',
    value: 'b.example,a.example',
    inspect: { HostConfig: { DnsSearch: ['b.example', 'a.example'] } },
    next: 'a.example',
    plan: 'recreate: dns search b.example a.example -> a.example',
  },
  {
    prop: 'ExtraHosts',
    value: 'printer:10.0.0.5,v6:fd00::1',
    inspect: { HostConfig: { ExtraHosts: ['printer:10.0.0.5', 'v6:fd00::1'] } },
    next: 'printer:10.0.0.5',
    plan: 'recreate: extra hosts v6:fd00::1 -> none',
  },
  {
    prop: 'Ulimits',
    value: 'nofile=512:1024,nproc=200',
    inspect: {
      HostConfig: {
        Ulimits: [
          { Name: 'nofile', Soft: 512, Hard: 1024 },
          { Name: 'nproc', Soft: 200, Hard: 200 },
        ],
      },
    },
    next: 'nofile=512:1024',
    plan: 'recreate: ulimits nproc=200:200 -> none',
  },
  {
    prop: 'CapAdd',
    value: 'NET_ADMIN,SYS_TIME',
    inspect: { HostConfig: { CapAdd: ['NET_ADMIN', 'SYS_TIME'] } },
    next: 'SYS_TIME,net_admin',
    plan: '',
  },
  {
    prop: 'CapDrop',
    value: 'NET_RAW',
    inspect: { HostConfig: { CapDrop: ['NET_RAW'] } },
    next: 'MKNOD',
    plan: 'recreate: cap drop NET_RAW -> MKNOD',
  },
  {
    prop: 'Devices',
    value: '/dev/null:/dev/nix:r,/dev/zero',
    inspect: {
      HostConfig: {
        Devices: [
          { PathOnHost: '/dev/null', PathInContainer: '/dev/nix', CgroupPermissions: 'r' },
          { PathOnHost: '/dev/zero', PathInContainer: '/dev/zero', CgroupPermissions: 'rwm' },
        ],
      },
    },
    next: '/dev/zero',
    plan: 'recreate: devices /dev/null:/dev/nix:r /dev/zero:/dev/zero:rwm -> /dev/zero:/dev/zero:rwm',
  },
  {
    prop: 'ReadOnly',
    value: 'yes',
    inspect: { HostConfig: { ReadonlyRootfs: true } },
    next: 'no',
    plan: 'recreate: read only true -> false',
  },
  {
    prop: 'Tmpfs',
    value: '/scratch:size=1m,mode=1777,/other',
    inspect: { HostConfig: { Tmpfs: { '/scratch': 'size=1m,mode=1777', '/other': '' } } },
    next: '/other',
    plan: 'recreate: tmpfs /scratch:size=1m,mode=1777 -> none',
  },
  {
    prop: 'Sysctls',
    value: 'net.ipv4.ip_unprivileged_port_start=0',
    inspect: { HostConfig: { Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' } } },
    next: 'net.ipv4.ip_unprivileged_port_start=80',
    plan: 'recreate: sysctls net.ipv4.ip_unprivileged_port_start=0 -> net.ipv4.ip_unprivileged_port_start=80',
  },
  {
    prop: 'Init',
    value: 'yes',
    inspect: { HostConfig: { Init: true } },
    next: 'no',
    plan: 'recreate: init true -> false',
  },
  {
    prop: 'SecurityOpt',
    value: 'no-new-privileges:true',
    inspect: { HostConfig: { SecurityOpt: ['no-new-privileges=true'] } },
    next: 'no-new-privileges=true',
    plan: '',
  },
  {
    prop: 'ShmSize',
    value: '32',
    inspect: { HostConfig: { ShmSize: 32 * MB } },
    next: '64m',
    plan: 'recreate: shm size 32m -> 64m',
  },
  {
    prop: 'Gpus',
    value: 'all',
    inspect: {
      HostConfig: { Runtime: 'nvidia' },
      Config: { Env: expect.arrayContaining(['NVIDIA_VISIBLE_DEVICES=all']) as string[] },
    },
    next: '0,1',
    plan: 'recreate: environment NVIDIA_VISIBLE_DEVICES changed',
  },
  {
    prop: 'Env',
    value: 'A=1,B=x=y',
    inspect: { Config: { Env: expect.arrayContaining(['A=1', 'B=x=y']) as string[] } },
    next: 'A=2',
    plan: 'recreate: environment A changed, B removed',
  },
  {
    prop: 'Env.LIST',
    value: '"a, b"',
    inspect: { Config: { Env: expect.arrayContaining(['LIST=a, b']) as string[] } },
    next: 'a',
    plan: 'recreate: environment LIST changed',
  },
  {
    prop: 'Labels',
    value: 'com.example.team=web',
    inspect: { Config: { Labels: { 'com.example.team': 'web' } } },
    next: 'com.example.team=db',
    plan: 'recreate: labels com.example.team=web -> com.example.team=db',
  },
  {
    prop: 'Labels.rule',
    value: '"Host(`a.test`,`b.test`)"',
    inspect: { Config: { Labels: { rule: 'Host(`a.test`,`b.test`)' } } },
    next: 'x',
    plan: 'recreate: labels rule=Host(`a.test`,`b.test`) -> rule=x',
  },
  {
    prop: 'LogDriver',
    value: 'none',
    inspect: { HostConfig: { LogConfig: { Type: 'none' } } },
    next: 'json-file',
    plan: 'recreate: logging driver=none -> driver=json-file max-file=5 max-size=10m',
  },
  {
    prop: 'LogMaxSize',
    value: '5m',
    inspect: { HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '5' } } } },
    next: 'unlimited',
    plan: 'recreate: logging max-file=5 max-size=5m -> none',
  },
  {
    prop: 'Volumes',
    value: 'cache:/c,conf:/d:ro',
    inspect: {
      HostConfig: {
        Mounts: [
          { Type: 'volume', Source: 'cache', Target: '/c' },
          { Type: 'volume', Source: 'conf', Target: '/d', ReadOnly: true },
        ],
      },
    },
    next: 'cache:/c',
    plan: 'recreate: volumes conf:/d:ro -> none',
  },
  {
    prop: 'NetworkAlias',
    value: 'intranet',
    inspect: { NetworkSettings: { Networks: { lan: { Aliases: expect.arrayContaining(['intranet']) as unknown } } } },
    next: 'web',
    plan: 'connect: lan as intranet -> lan as web',
    beside: 'network custom:lan',
  },
  {
    prop: 'Image',
    value: 'app:2',
    inspect: { Config: { Image: 'app:2' } },
    next: 'app:1',
    plan: 'recreate: image app:2 -> app:1',
  },
  {
    prop: 'TCPPort',
    value: '8101,8102',
    beside: 'access public',
    inspect: {
      HostConfig: {
        PortBindings: {
          '8101/tcp': [{ HostIp: '', HostPort: '8101' }],
          '8102/tcp': [{ HostIp: '', HostPort: '8102' }],
        },
      },
    },
    next: '8101',
    plan: 'recreate: ports 8102:8102 -> none',
  },
  {
    prop: 'UDPPort',
    value: '8103',
    inspect: {
      HostConfig: {
        PortBindings: {
          '8103/udp': [
            { HostIp: '127.0.0.1', HostPort: '8103' },
            { HostIp: '127.0.0.2', HostPort: '8103' },
          ],
        },
      },
    },
    next: '8104',
    plan: 'recreate: ports 127.0.0.1:8103:8103/udp 127.0.0.2:8103:8103/udp -> 127.0.0.1:8104:8104/udp 127.0.0.2:8104:8104/udp',
  },
  {
    prop: 'PortMapping',
    value: 'custom',
    beside: 'PortMappingPorts 8105:80 access public',
    inspect: { HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8105' }] } } },
    next: 'native',
    plan: 'recreate: ports 8105:80 -> none',
  },
  {
    prop: 'PortMappingPorts',
    value: '8106:80,8107:53/udp',
    beside: 'PortMapping custom access public',
    inspect: {
      HostConfig: {
        PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8106' }], '53/udp': [{ HostIp: '', HostPort: '8107' }] },
      },
    },
    next: '8106:80',
    plan: 'recreate: ports 8107:53/udp -> none',
  },
  {
    prop: 'access',
    value: 'public',
    beside: 'TCPPort 8108',
    inspect: { HostConfig: { PortBindings: { '8108/tcp': [{ HostIp: '', HostPort: '8108' }] } } },
    next: 'private',
    plan: 'recreate: ports 8108:8108 -> 127.0.0.1:8108:8108 127.0.0.2:8108:8108',
  },
  {
    prop: 'network',
    value: 'host',
    inspect: { HostConfig: { NetworkMode: 'host' } },
    next: 'none',
    plan: 'recreate: network host -> none',
  },
  {
    prop: 'Interlinked',
    value: 'target:db',
    inspect: {
      HostConfig: { NetworkMode: 'docksmith-of-interlinked' },
      Config: { Env: expect.arrayContaining(['DB_NAME=/of-interlinked/db']) as string[] },
    },
    next: 'target:store',
    plan: 'recreate: environment DB_NAME removed, STORE_NAME added',
  },
  { prop: 'InterLinkPriority', value: '5', inspect: {}, next: '7', plan: '' },
  {
    prop: 'VolumesFrom',
    value: 'target:ro',
    inspect: { HostConfig: { VolumesFrom: ['target:ro'] } },
    next: 'target',
    plan: 'recreate: volumes from target:ro -> target',
  },
  {
    prop: 'MountPath',
    value: '/tmp:/m:ro,/var/tmp',
    inspect: {
      HostConfig: {
        Mounts: [
          { Type: 'bind', Source: '/tmp', Target: '/m', ReadOnly: true },
          { Type: 'bind', Source: '/var/tmp', Target: '/var/tmp' },
        ],
      },
    },
    next: '/tmp:/m',
    plan: 'recreate: volumes /tmp:/m:ro /var/tmp:/var/tmp -> /tmp:/m',
  },
  // what is asked of it from outside is no reason to touch it
  {
    prop: 'HealthPort',
    value: '80',
    inspect: { Config: { Labels: { 'docksmith.health-port': '80' } } },
    next: '81',
    plan: '',
  },
  {
    prop: 'HealthPath',
    value: '/health',
    inspect: { Config: { Labels: { 'docksmith.health-path': '/health' } } },
    next: '/',
    plan: '',
    beside: 'HealthPort 80',
  },
  {
    prop: 'HealthWait',
    value: '2m',
    inspect: { Config: { Labels: { 'docksmith.health-wait': '2m' } } },
    next: '0',
    plan: '',
    beside: 'HealthUptime 1ms',
  },
  {
    prop: 'HealthUptime',
    value: '10ms',
    inspect: { Config: { Labels: { 'docksmith.health-uptime': '10ms' } } },
    next: '20ms',
    plan: '',
  },
  {
    prop: 'NetworkAddress',
    value: '10.77.0.7',
    inspect: { NetworkSettings: { Networks: { fixed: { IPAddress: '10.77.0.7' } } } },
    next: '10.77.0.8',
    plan: 'connect: fixed at 10.77.0.7 -> fixed at 10.77.0.8',
    beside: 'network custom:fixed',
  },
  {
    prop: 'LogMaxFile',
    value: '3',
    inspect: { HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } } } },
    next: '4',
    plan: 'recreate: logging max-file=3 -> max-file=4',
  },
];

/** Props without a row above, and the test in which they are shown on a real engine, an Apache or a kernel. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  type: 'engine-props',
  PortMappingGiven: 'compose-keys',
  NetworkOptions: 'compose-options',
  'NetworkOptions.*': 'compose-options',
  ExternalLinks: 'compose-options',
  'ExternalLinks.*': 'compose-options',
  PostStart: 'compose-options',
  PreStop: 'compose-options',
  'docker_networks.External': 'compose-options',
  'docker_networks.IPRange': 'compose-options',
  'docker_networks.AuxAddress.*': 'compose-options',
  'docker_networks.DriverOpt.*': 'compose-options',
  'docker_networks.Attachable': 'compose-options',
  'docker_networks.IPv4': 'compose-options',
  'docker_networks.IPv6': 'compose-options',
  'docker_networks.IpamDriver': 'compose-options',
  'docker_networks.IpamOpt.*': 'compose-options',
  'docker_networks.Labels.*': 'compose-options',
  Replicas: 'swarm-services',
  Placement: 'swarm-services',
  MaxPerNode: 'swarm-services',
  UpdateOrder: 'swarm-services',
  UpdateParallelism: 'swarm-services',
  UpdateDelay: 'swarm-services',
  RollbackOn: 'swarm-services',
  PublishMode: 'swarm-services',
  'PublishMode.*': 'swarm-stack',
  'Deploy.endpoint_mode': 'swarm-stack',
  'Deploy.labels.*': 'swarm-stack',
  'Deploy.resources.reservations.cpus': 'swarm-stack',
  'Deploy.restart_policy.delay': 'swarm-stack',
  'Deploy.restart_policy.max_attempts': 'swarm-stack',
  'Deploy.restart_policy.window': 'swarm-stack',
  'Deploy.update_config.failure_action': 'swarm-stack',
  'Deploy.update_config.max_failure_ratio': 'swarm-stack',
  'Deploy.update_config.monitor': 'swarm-stack',
  'Deploy.rollback_config.parallelism': 'swarm-stack',
  'Deploy.rollback_config.delay': 'swarm-stack',
  'Deploy.rollback_config.failure_action': 'swarm-stack',
  'Deploy.rollback_config.max_failure_ratio': 'swarm-stack',
  'Deploy.rollback_config.monitor': 'swarm-stack',
  'Deploy.rollback_config.order': 'swarm-stack',
  SwarmSecrets: 'swarm-stack',
  SwarmConfigs: 'swarm-stack',
  WebMode: 'swarm-sites',
  'docker_networks.Encrypted': 'swarm-services',
  Expose: 'compose-keys',
  'MountPath.*': 'compose-keys',
  'SecurityOpt.*': 'compose-keys',
  HealthExec: 'compose-keys',
  HealthStartInterval: 'compose-keys',
  'LogOpt.*': 'compose-keys',
  Domainname: 'compose-keys',
  GroupAdd: 'compose-keys',
  'GroupAdd.*': 'compose-keys',
  Pid: 'compose-keys',
  Ipc: 'compose-keys',
  Uts: 'compose-keys',
  UsernsMode: 'compose-keys',
  Cgroup: 'compose-keys',
  CgroupParent: 'compose-keys',
  Runtime: 'compose-keys',
  MemorySwap: 'compose-keys',
  MemorySwappiness: 'compose-keys',
  OomKillDisable: 'compose-keys',
  OomScoreAdj: 'compose-keys',
  CPUPeriod: 'compose-keys',
  CPUQuota: 'compose-keys',
  CPURealtimePeriod: 'compose-keys',
  CPURealtimeRuntime: 'compose-keys',
  DeviceRules: 'compose-keys',
  'DeviceRules.*': 'compose-keys',
  DeviceRequests: 'compose-keys',
  BlkioConfig: 'compose-keys',
  DnsOptions: 'compose-keys',
  'DnsOptions.*': 'compose-keys',
  MacAddress: 'compose-keys',
  Tty: 'compose-keys',
  StdinOpen: 'compose-keys',
  StorageOptions: 'compose-keys',
  'StorageOptions.*': 'compose-keys',
  Annotations: 'compose-keys',
  'Annotations.*': 'compose-keys',
  status: 'one-of-fifty',
  MountCreate: 'engine-props',
  MountOwner: 'engine-props',
  MountMode: 'engine-props',
  EnvFile: 'engine-props',
  Secrets: 'engine-props',
  EnvSecrets: 'engine-props',
  Privileged: 'engine-props',
  DataMount: 'data',
  DataMountPath: 'data',
  DataMountWrite: 'data',
  ReloadSignal: 'mounted-files',
  DependsOn: 'depends',
  Application: 'applications',
  SubDomain: 'apache',
  SubDomainName: 'one-of-fifty',
  WebPort: 'apache',
  WebHostPort: 'apache',
  WebAlias: 'apache',
  WebAliasStrip: 'apache',
  Timeout: 'apache',
  BasicAuth: 'apache',
  BasicAuthLAN: 'apache',
  Certificate: 'apache',
  CertificateKey: 'apache',
  Redirect: 'apache',
  'docker_images.type': 'images',
  'Content.git': 'content',
  ContentRef: 'content',
  ContentPath: 'content',
  ContentKey: 'content',
  Readers: 'registry',
  Writers: 'registry',
  ServiceName: 'names',
  'docker_images.BuildGit': 'compose-keys',
  'docker_images.Dockerfile': 'compose-keys',
  'docker_images.BuildTarget': 'compose-keys',
  'docker_images.BuildArgs': 'compose-keys',
  'docker_images.BuildArgs.*': 'compose-keys',
  'docker_images.Platform': 'compose-keys',
  'docker_images.BaseImage': 'base-images',
  'docker_images.Installer': 'base-images',
  'docker_images.Packages': 'base-images',
  'docker_images.Repositories': 'base-images',
  'docker_images.Release': 'base-images',
  'docker_images.Suite': 'base-images-debian',
  'docker_images.DeviceNodes': 'base-images',
  'docker_images.NetworkFile': 'base-images',
  'docker_images.KeepLocales': 'base-images',
  'docker_images.KeepDocs': 'base-images',
  'docker_images.KeepCaches': 'base-images',
  'docker_images.Smoke': 'base-images',
  StartAt: 'clock',
  StopAt: 'clock',
  RestartAt: 'clock',
  UpdateAt: 'clock',
  RunAt: 'clock',
  Persistent: 'clock',
  Role: 'roles',
  Target: 'ambassadors',
  TargetTLS: 'ambassadors',
  TargetCA: 'ambassadors',
  'docker_images.Repository': 'images',
  'docker_images.Tag': 'images',
  'docker_images.Digest': 'images',
  'docker_images.Pull': 'images',
  'docker_images.Source': 'images',
  'docker_images.BuildPath': 'images',
  'docker_images.ImportPath': 'images',
  'docker_images.Registry': 'images',
  'docker_images.RegistryUser': 'images',
  'docker_images.RegistryPassword': 'images',
  'docker_networks.type': 'engine-links',
  'docker_networks.Subnet': 'engine-links',
  'docker_networks.Gateway': 'engine-links',
  'docker_networks.Driver': 'engine-links',
  'docker_networks.Internal': 'engine-links',
  'docker_networks.Parent': 'networks',
  Networks: 'networks',
  'NetworkAlias.*': 'networks',
  'NetworkAddress.*': 'networks',
};

const nameOf = ({ prop }: Case): string => `of-${prop.toLowerCase()}`;

needs('dockerd')('the props of a container on a real engine', () => {
  // a runtime of that name stands for the real one, which needs a GPU
  const machine = useMachine({ args: ['--add-runtime', 'nvidia=runc'] });
  let host: Host;
  beforeAll(async () => {
    host = machine.makeHost();
    await makeSleepImage(machine.engine, 'app:1');
    await machine.engine.docker('tag', 'app:1', 'app:2');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 127.0.0.2',
      'docker_networks set lan network',
      'docker_networks set fixed network Subnet 10.77.0.0/24',
      'docker_containers set target service status enabled Image app:1',
      ...CASES.map(
        (one) =>
          `docker_containers set ${nameOf(one)} service status enabled Image app:1 ${one.beside ?? ''} ${one.prop} ${one.value}`,
      ),
    );
    await host.runOrFail('signal-event', ['docker-update']);
  });

  it('has every prop that there is in this table, or in the test that is named', () => {
    const props = ['docker_containers', 'docker_images', 'docker_networks'].flatMap((db) => {
      const kinds = JSON.parse(readFileSync(path.join(ROOT, `db/${db}/schema.json`), 'utf8')) as Record<
        string,
        Record<string, unknown>
      >;
      return Object.values(kinds)
        .flatMap(Object.keys)
        .map((prop) => (db === 'docker_containers' ? prop : `${db}.${prop}`));
    });
    const shown = CASES.map(({ prop }) => prop.replace(/^(Env|Labels)\..*/, '$1.*'));
    // that one means nothing
    expect([...shown, ...Object.keys(ELSEWHERE), 'docker_images.status'].sort()).toEqual(props.sort());
    for (const [prop, file] of Object.entries(ELSEWHERE)) {
      const word = prop.replace(/\.\*$/, '').replace(/^.*\./, '').replace('type', 'service|network');
      expect([
        prop,
        new RegExp(`\\b(${word})\\b`).test(
          readFileSync(path.join(ROOT, `test/integration/${file}.test.ts`), 'utf8').replace(
            /const ELSEWHERE[^]*?\n};/,
            '',
          ),
        ),
      ]).toEqual([prop, true]);
    }
  });

  it.each(CASES.map((one) => [one.prop, one] as const))('%s is what inspect says', async (_, one) => {
    expect(await machine.engine.inspect(nameOf(one))).toMatchObject({
      State: { Running: true },
      ...(one.inspect as object),
    });
  });

  it('makes no mutating call when nothing changed', async () => {
    machine.proxy.reset();
    expect(await host.runOrFail('docksmith', ['reconcile', '--dry-run'])).toMatch(/^nothing to do$/m);
    await host.runOrFail('signal-event', ['docker-update']);
    expect(machine.proxy.listMutating()).toEqual([]);
  });

  it('answers a change of each in the way that is enough', async () => {
    await host.db(...CASES.map((one) => `docker_containers setprop ${nameOf(one)} ${one.prop} ${one.next}`));
    const said = await host.runOrFail('signal-event', ['--dry-run', 'docker-update']);
    const plan = said.split('\n').map((line) => line.trim());
    for (const one of CASES) {
      const line = plan.find((text) => text.split(/[ :]/)[1] === nameOf(one));
      expect([one.prop, line]).toEqual([
        one.prop,
        one.plan === '' ? undefined : one.plan.replace(':', ` ${nameOf(one)}:`),
      ]);
    }
    const before = await Promise.all(
      CASES.map((one) => machine.engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', nameOf(one))),
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const after = await Promise.all(
      CASES.map((one) => machine.engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', nameOf(one))),
    );
    for (const [n, one] of CASES.entries())
      expect([one.prop, after[n] === before[n]]).toEqual([one.prop, !one.plan.startsWith('recreate')]);
    expect(await host.runOrFail('docksmith', ['reconcile', '--dry-run'])).toMatch(/^nothing to do$/m);
  }, 600_000);

  it('makes host folders of the owner and mode that the record says, and none without that', async () => {
    const folder = path.join(machine.engine.dir, 'made/here');
    await host.db(
      `docker_containers set mounts service status enabled Image app:1 MountPath ${folder}:/m MountOwner 1234:1235 MountMode 0750`,
    );
    expect(await host.run('signal-event', ['docker-container-update', 'mounts'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`its MountPath names "${folder}", and this host has no such folder`) as string,
    });
    await host.db('docker_containers setprop mounts MountCreate yes');
    await host.runOrFail('signal-event', ['docker-container-update', 'mounts']);
    expect(await machine.engine.docker('exec', 'mounts', 'stat', '-c', '%a %u:%g', '/m')).toBe('750 1234:1235');
    await host.db('docker_containers delete mounts');
    await machine.engine.docker('rm', '-f', 'mounts');
  });

  it('gives a container the variables of a file, and secrets that only its user can read', async () => {
    await makeImage(machine.engine, 'named:1', {
      cmd: ['/sleeper'],
      files: { '/sleeper': SLEEP, '/etc/passwd': 'root:x:0:0::/:/bin/sh\napp:x:1234:1235::/:/bin/sh\n' },
      changes: ['USER app'],
    });
    host.write('/etc/app.env', '# of the app\nA=1\nexport B="two words"\n');
    await host.db(
      'secrets set password secret Value "s3cret, |so"',
      'docker_containers set withfiles service status enabled Image named:1 EnvFile /etc/app.env Env A=2 Secrets password,password:/etc/pw',
    );
    await host.runOrFail('signal-event', ['docker-container-update', 'withfiles']);
    expect(
      await machine.engine.docker(
        'exec',
        'withfiles',
        'sh',
        '-c',
        'echo "$A-$B"; cat /run/secrets/password; echo; cat /etc/pw; echo; stat -c "%a %u:%g" /run/secrets/password',
      ),
    ).toBe('2-two words\ns3cret, |so\ns3cret, |so\n400 1234:1235');
    expect(host.read('/etc/docksmith/containers/withfiles.yaml')).not.toMatch(/s3cret|docksmith-test/);
    const plan = (): Promise<string> => host.runOrFail('docksmith', ['reconcile', '--dry-run', 'withfiles']);
    expect(await plan()).toContain('nothing to do');

    // the value of a secret and of a variable in the file are the container's too
    host.write('/etc/app.env', 'A=1\nB=3\n');
    expect(await plan()).toContain('recreate withfiles: environment B changed');
    await host.db('secrets setprop password Value other');
    await host.runOrFail('signal-event', ['docker-container-update', 'withfiles']);
    expect(await machine.engine.docker('exec', 'withfiles', 'cat', '/run/secrets/password')).toBe('other');
    expect(host.files('/var/lib/docksmith/state/secrets')).toHaveLength(1);

    await host.db('docker_containers setprop withfiles Secrets password,gone');
    expect(await host.run('signal-event', ['docker-container-update', 'withfiles'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot give container "withfiles" the secret "gone"') as string,
    });
    await host.db(
      'docker_containers setprop withfiles Secrets password',
      'docker_containers setprop withfiles EnvFile /etc/none.env',
    );
    expect(await host.run('signal-event', ['docker-container-update', 'withfiles'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('there is no file "/etc/none.env"') as string,
    });
    await host.db(
      'docker_containers delete withfiles',
      'docker_containers set mighty service status enabled Image app:1 Privileged yes MountPath /run/docker.sock,/tmp MountCreate yes',
    );
    // the engine of a test cannot start it
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-container-update', 'mighty'])).toMatch(
      /warning mighty: it is privileged.*\n.*warning mighty: it has the engine's socket \(\/run\/docker\.sock\)/,
    );
    await host.db('docker_containers delete mighty');
  });

  it('gives a container variables out of db secrets, and no label of it has one', async () => {
    await makeImage(machine.engine, 'env:1', {
      cmd: ['/sleeper'],
      files: { '/sleeper': SLEEP },
      changes: ['ENV FROM_IMAGE=1'],
    });
    await host.db(
      'secrets set pw secret Value "Mk-of-db $x"',
      'docker_containers set withenv service status enabled Image env:1 EnvSecrets pw:APP_PASSWORD Env.OTHER_TOKEN Mk-of-record Labels app.key=Mk-of-label',
    );
    await host.runOrFail('signal-event', ['docker-container-update', 'withenv']);
    expect(await machine.engine.docker('exec', 'withenv', 'sh', '-c', 'echo "$APP_PASSWORD-$OTHER_TOKEN"')).toBe(
      'Mk-of-db $x-Mk-of-record',
    );
    const labels = async (): Promise<Record<string, string>> =>
      JSON.parse(await machine.engine.docker('inspect', '--format', '{{json .Config.Labels}}', 'withenv')) as Record<
        string,
        string
      >;
    expect(Object.entries(await labels()).flatMap(([name, text]) => (text.includes('Mk-') ? [name] : []))).toEqual([
      'app.key',
    ]);
    expect(JSON.parse((await labels())['docksmith.spec'] ?? '')).toMatchObject({
      environment: { APP_PASSWORD: '********', OTHER_TOKEN: '********' },
      labels: { 'app.key': '********' },
    });
    expect(await host.runOrFail('docksmith', ['reconcile', '--dry-run', 'withenv'])).toContain('nothing to do');
    await host.db('secrets setprop pw Value Mk-other', 'docker_containers setprop withenv Labels app.key=Mk-another');
    const said = await host.runOrFail('signal-event', ['docker-container-update', 'withenv']);
    expect(said).toContain(
      'recreate withenv: environment APP_PASSWORD changed, labels app.key=******** -> app.key=********',
    );
    expect(said).not.toContain('Mk-');
    await host.db('docker_containers delete withenv');
  });
});
