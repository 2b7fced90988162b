import { type Facts } from '../../src/host/facts.ts';
import type { Dbs } from './random-changes.ts';
import { db, record, SAMPLE_FACTS } from './sample.ts';

const ENABLED = { status: 'enabled' } as const;
const DIGEST = `sha256:${'ab'.repeat(32)}`;

/**
 * A server on which every shipped fragment has something to say, of containers that have to do with each
 * other in every way.
 */
export const LARGE_DBS: Dbs = new Map([
  [
    'configuration',
    db(
      record('DomainName', 'example.test'),
      record('SystemName', 'host'),
      record('LocalIP', '192.168.1.2,fd00:1::2'),
      record('docker', 'service', {
        ...ENABLED,
        TCPPort: '2376',
        TLSCACert: '/etc/docker/ca.pem',
        TLSCert: '/etc/docker/cert.pem',
        TLSKey: '/etc/docker/key.pem',
        StorageDriver: 'overlay2',
        OptionsFile: '/etc/sysconfig/docker,/etc/default/docker',
      }),
      record('httpd', 'service', {
        ...ENABLED,
        Certificate: '/etc/ssl/host.crt',
        CertificateKey: '/etc/ssl/host.key',
        SSLPort: '8443',
      }),
      record('docksmith', 'service', { ...ENABLED, ServiceManager: 'systemd' }),
    ),
  ],
  [
    'networks',
    db(record('192.168.1.0', 'network', { Mask: '255.255.255.0' }), record('fd00:1::', 'network', { Mask: '64' })),
  ],
  [
    'docker_networks',
    db(
      record('lan', 'network', { Subnet: '10.5.0.0/24,fd00:9::/64', Gateway: '10.5.0.254,fd00:9::fe' }),
      record('inner', 'network', { Internal: 'yes', Driver: 'macvlan' }),
    ),
  ],
  ['secrets', db(record('db_password', 'secret', { Value: 'hush' }), record('token', 'secret', { Value: 'hash' }))],
  [
    'docker_images',
    db(
      record('wiki', 'service', { Repository: 'mediawiki', Tag: '1.43' }),
      record('pinned', 'service', { Registry: 'registry.test:5000', Repository: 'app', Digest: DIGEST }),
    ),
  ],
  [
    'docker_containers',
    db(
      record('wikidb', 'service', {
        ...ENABLED,
        Image: 'mariadb:11',
        DataMountPath: '/var/lib/mysql',
        InterLinkPriority: '10',
        MaxMemory: '512',
        Secrets: 'db_password,token:/run/token',
        HealthCmd: 'mysqladmin ping',
        HealthInterval: '10s',
        TCPPort: '3306',
      }),
      record('wiki', 'service', {
        ...ENABLED,
        Image: 'wiki',
        SubDomain: 'enabled',
        WebPort: '80',
        WebHostPort: '47000',
        Interlinked: 'wikidb:db,cache',
        MountPath: '/srv/wiki:/images',
        BasicAuth: '/etc/wiki.users',
      }),
      record('cache', 'service', {
        ...ENABLED,
        Image: 'redis:7',
        network: 'custom:lan',
        NetworkAlias: 'redis,store',
        NetworkAddress: '10.5.0.9',
        ReadOnly: 'yes',
        Tmpfs: '/run:size=1m,mode=1777,/tmp',
      }),
      record('git', 'service', {
        ...ENABLED,
        Image: 'gitea:1',
        PortMapping: 'custom',
        PortMappingPorts: '2222:22,5353:53/udp',
        access: 'public',
        WebAlias: 'git,code',
        WebPort: '3000',
        WebHostPort: '47001',
        Env: 'MODE=prod,LEVEL=2',
        'Env.GREETING': 'hello, world',
        DataMount: 'host',
        DataMountPath: '/data',
        DataMountWrite: 'no',
      }),
      record('shop', 'service', {
        ...ENABLED,
        Image: 'pinned',
        SubDomain: 'enabled',
        SubDomainName: 'shop.example.org',
        WebHostPort: '47002',
        TCPPort: '8080,9000',
        UDPPort: '9000',
        Certificate: '/etc/ssl/shop.crt',
        CertificateKey: '/etc/ssl/shop.key',
        Redirect: 'none',
        BasicAuth: '/etc/shop.users',
        BasicAuthLAN: 'no',
        access: 'public',
      }),
      record('mail', 'service', {
        ...ENABLED,
        Image: 'mail:1',
        network: 'host',
        TCPPort: 'exposed',
        UDPPort: '5300',
        WebAlias: 'mail',
        WebAliasStrip: 'no',
        WebPort: '8025',
      }),
      record('proxy', 'service', { ...ENABLED, Image: 'proxy:1', network: 'container:wiki', VolumesFrom: 'wiki:ro' }),
      record('tool', 'service', {
        ...ENABLED,
        Image: 'tool:1',
        network: 'custom:inner',
        Command: 'serve --all',
        Entrypoint: '/bin/tool',
        WorkingDir: '/work',
        User: '1000:1000',
        Hostname: 'tool.lan',
        Restart: 'on-failure:3',
        LogDriver: 'local',
        LogMaxSize: '1m',
        LogMaxFile: '2',
        MemoryReservation: '64',
        CPUs: '0.5',
        CPUShares: '512',
        CPUSet: '0',
        PidsLimit: '100',
        ShmSize: '64',
        Gpus: 'all',
        Labels: 'a=b,c=d',
        HealthCmd: 'none',
        HealthTimeout: '5s',
        HealthRetries: '3',
        HealthStart: '1m',
        HealthPort: '80',
        HealthPath: '/health',
        HealthWait: '5m',
        HealthUptime: '2s',
        StopSignal: 'SIGQUIT',
        StopTimeout: '30',
        ReloadSignal: 'SIGHUP',
        Dns: '10.0.0.1,10.0.0.2',
        DnsSearch: 'lan.test',
        ExtraHosts: 'db:10.0.0.5',
        Ulimits: 'nofile=1024:2048',
        CapAdd: 'NET_ADMIN',
        CapDrop: 'NET_RAW,MKNOD',
        Devices: '/dev/null',
        Sysctls: 'net.core.somaxconn=1024',
        Init: 'yes',
        Privileged: 'yes',
        SecurityOpt: 'no-new-privileges:true',
        EnvFile: '/etc/tool.env',
        Volumes: 'conf:/etc/tool,spool:/var/spool:ro',
      }),
      record('resting', 'service', { status: 'disabled', Image: 'redis:7', WebAlias: 'resting', Interlinked: 'cache' }),
    ),
  ],
]);

/** The images of those, where their ports are asked for. */
export const LARGE_FACTS: Facts = {
  ...SAMPLE_FACTS,
  images: new Map([
    [
      'mail:1',
      {
        exposedPorts: [
          { port: 25, protocol: 'tcp' as const },
          { port: 143, protocol: 'tcp' as const },
        ],
      },
    ],
    ['redis:7', { exposedPorts: [{ port: 6379, protocol: 'tcp' as const }] }],
  ]),
};
