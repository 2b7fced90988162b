import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FACTS, type Read } from '../../../../src/db/record.ts';
import { readSchema } from '../../../../src/db/read-schema.ts';
import { findPaths, type Paths } from '../../../../src/base/paths.ts';
import { type Analysis, analyseTemplate } from '../../../../src/template/language/analyse.ts';
import { HELPERS } from '../../../../src/template/helpers/index.ts';
import { readMetadata } from '../../../../src/template/read-metadata.ts';
import type { RenderedTemplate } from '../../../../src/template/render-request.ts';
import { formatStaticRead, type StaticRead, takesProp } from '../../../../src/template/language/shape.ts';
import { formatRead } from '../../../../src/template/language/tracked-text.ts';
import { EXAMPLE_READS, layOutExampleHost } from '../../../support/example-host.ts';
import { makeRoot } from '../../../support/folder.ts';
import { readsOf, render } from '../../../support/render.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from '../../../support/sample.ts';

const SHIPPED = findPaths({ DOCKSMITH_ROOT: '/nowhere' });
const TEMPLATES = [
  '/etc/docker/daemon.json',
  '/etc/sysconfig/docker',
  '/etc/default/docker',
  '/etc/systemd/system/docker.service.d/docksmith.conf',
  '/etc/docksmith/containers',
  '/etc/docksmith/filter/docker-user.v4',
  '/etc/docksmith/filter/docker-user.v6',
  '/etc/httpd/docksmith/default',
  '/etc/httpd/docksmith/primary',
  '/etc/httpd/docksmith/vhost',
];

const analyse = (paths: Paths, template: string): Analysis =>
  analyseTemplate(paths, HELPERS, readMetadata(paths, template));

/** What the fragment of a template of its own reads, one word or more each. */
function readsIn(
  fragment: string,
  {
    metadata = '',
    others = {},
  }: { readonly metadata?: string; readonly others?: Readonly<Record<string, string>> } = {},
): readonly string[] {
  const paths = makeRoot({
    'templates/etc/it/10a': fragment,
    'templates/etc/it/template-begin': '{{! none }}',
    'templates.metadata/etc/it': metadata,
    ...others,
  });
  return analyse(paths, '/etc/it').reads.map(formatStaticRead);
}

/** What a default of the host is made of is read by whoever reads the prop, and no text says so. */
const OF_DEFAULTS = new Set(
  Object.values(snapshotOf().schema['configuration'] ?? {}).flatMap((kind) =>
    Object.values(kind).flatMap(({ defaultReads = [] }) => defaultReads.map(formatRead)),
  ),
);

/** Whether what was read while rendering is among what the text says. */
function isSaid(read: Read, said: readonly StaticRead[]): boolean {
  // what is known of the host stands in no record
  return (
    read.db === FACTS ||
    said.some(
      (one) =>
        one.db === read.db &&
        (one.key === undefined || one.key === read.key) &&
        (read.prop === undefined || takesProp(one, read.prop)),
    ) ||
    OF_DEFAULTS.has(formatRead(read))
  );
}

describe('what the text of a template reads', () => {
  it.each<readonly [string, readonly string[]]>([
    [
      '{{DomainName}} {{docker.status}} {{[httpd-e-smith].status}}',
      [
        'configuration DomainName',
        'configuration docker',
        'configuration docker status',
        'configuration httpd-e-smith',
        'configuration httpd-e-smith status',
      ],
    ],
    [
      '{{#if (exists docker.TLSCert)}}{{docker.TLSKey}}{{else}}{{docker.TCPPort}}{{/if}}',
      [
        'configuration docker',
        'configuration docker TLSCert',
        'configuration docker TLSKey',
        'configuration docker TCPPort',
      ],
    ],
    [
      '{{#each (records "networks" type="network" Local="yes")}}{{Mask}} {{key}} {{../SystemName}}{{/each}}',
      ['networks (network)', 'networks (network) Local', 'networks (network) Mask', 'configuration SystemName'],
    ],
    [
      '{{#each (records "a") as |one|}}{{#with config.docker}}{{one.X}} {{status}} {{@root.LocalIP}}{{/with}}{{/each}}',
      ['a (all)', 'configuration docker', 'a (all) X', 'configuration docker status', 'configuration LocalIP'],
    ],
    [
      '{{prop "a" "k" "P" default="x"}} {{prop (record "b" "k") (concat "Env." docker.Name)}}',
      ['a k P', 'b k', 'configuration docker', 'configuration docker Name', 'b k *'],
    ],
    [
      '{{json (record "a" "k")}} {{#if (enabled httpd)}}{{/if}} {{#each (webContainers by="WebAlias")}}{{Timeout}}{{/each}}',
      [
        'a k',
        'a k *',
        'configuration httpd',
        'configuration httpd status',
        'docker_containers (all)',
        'docker_containers (all) status',
        'docker_containers (all) SubDomain',
        'docker_containers (all) WebAlias',
        'docker_containers (all) Certificate',
        'docker_containers (all) Replicas',
        'hosts (all)',
        'hosts (all) NodeAddress',
        'hosts (all) SwarmRole',
        'hosts (all) NodeLabels',
        'configuration docksmith HostName',
        'configuration SystemName',
        'hosts (all) WebNode',
        'docker_containers (service) Timeout',
      ],
    ],
    [
      '{{#each (split docker.A)}}{{this}} {{@key}}{{/each}}{{#unless (eq config.name.B "1")}}{{/unless}}',
      ['configuration docker', 'configuration docker A', 'configuration name', 'configuration name B'],
    ],
  ])('%s', (fragment, reads) => {
    expect(readsIn(fragment)).toEqual(reads);
  });

  it('has what FOREACH lists and names of files read, and of parts, with the variables that they get; what only a CHECK reads is told apart', () => {
    const others = {
      'templates/etc/part/10p': '{{who.Name}} {{expand "/etc/deeper"}}',
      'templates/etc/deeper/10d': '{{record.Deep}} {{expand "/etc/part" who=record}}',
    };
    const metadata =
      'FOREACH = a type=service status=on\nOUTPUT_FILENAME = /etc/{{record.File}}\nCHECK = "true {{docker.Check}}"';
    expect(readsIn('{{expand "/etc/part" who=(record "b" "k")}}', { metadata, others })).toEqual([
      'a (service)',
      'a (service) status',
      'a (service) File',
      'b k',
      'b k Name',
      'a (service) Deep',
    ]);
    const analysis = analyse(
      makeRoot({
        'templates/etc/it/10a': '{{expand "/etc/part"}}{{expand docker.Path}}',
        'templates.metadata/etc/it': metadata,
        ...others,
      }),
      '/etc/it',
    );
    expect(analysis.checkReads.map(formatStaticRead)).toEqual(['configuration docker', 'configuration docker Check']);
    expect([[...analysis.parts], analysis.computesParts]).toEqual([['/etc/part', '/etc/deeper'], true]);
  });

  it('says where it is read first', () => {
    const paths = makeRoot({ 'templates/etc/it/10a': 'one\n{{#if true}}\n{{docker.Name}}\n{{/if}}' });
    expect(analyse(paths, '/etc/it').reads.find(({ prop }) => prop === 'Name')?.at).toEqual({
      file: '/etc/docksmith/templates/etc/it/10a',
      line: 3,
    });
  });

  it('holds for every shipped template whatever the records say', () => {
    const said = new Map(
      TEMPLATES.map((template) => [
        template,
        [...analyse(SHIPPED, template).reads, ...analyse(SHIPPED, template).checkReads],
      ]),
    );
    const choices: Readonly<Record<string, readonly string[]>> = {
      status: ['enabled', 'disabled'],
      access: ['public', 'private'],
      network: ['bridge', 'host', 'none', 'custom:net', 'container:git'],
      SubDomain: ['enabled'],
      WebAlias: ['a', 'a,b'],
      WebPort: ['80'],
      WebHostPort: ['47000'],
      TCPPort: ['80,443'],
      UDPPort: ['53'],
      PortMapping: ['custom'],
      PortMappingPorts: ['1:2'],
      Interlinked: ['git', 'wiki:w'],
      DependsOn: ['git', 'wiki:healthy:restart?'],
      DataMountPath: ['/data'],
      DataMount: ['host'],
      Certificate: ['/c'],
      CertificateKey: ['/k'],
      BasicAuth: ['/u'],
      BasicAuthLAN: ['no'],
      Redirect: ['none'],
      MountPath: ['/a'],
      Secrets: ['pw'],
      Env: ['A=1'],
      'Env.B': ['x'],
      Image: ['wiki', 'x:1'],
      NetworkAlias: ['n'],
      Networks: ['net'],
      'NetworkAlias.net': ['m'],
      'NetworkAddress.net': ['10.9.0.9'],
      HealthCmd: ['true'],
      LogDriver: ['syslog'],
      Timeout: ['1'],
    };
    const arbitrary = fc.record(
      Object.fromEntries(Object.entries(choices).map(([prop, values]) => [prop, fc.constantFrom(...values)])),
      { requiredKeys: [] },
    );
    const seen = new Set<string>();
    fc.assert(
      fc.property(arbitrary, arbitrary, fc.constantFrom('4', '6'), (wiki, git, family) => {
        const snapshot = snapshotOf(
          new Map([
            ...SAMPLE_DBS,
            ['secrets', db(record('pw', 'secret', { Value: 'v' }))],
            ['docker_networks', db(record('net', 'network', { Subnet: '10.9.0.0/24' }))],
            [
              'docker_volumes',
              db(
                record('git-data', 'volume', { External: 'no', Driver: 'local', 'DriverOpt.a': 'b', 'Labels.a': 'b' }),
              ),
            ],
            [
              'networks',
              db(
                record(family === '4' ? '192.168.1.0' : 'fd00::', 'network', {
                  Mask: family === '4' ? '255.255.255.0' : '64',
                }),
              ),
            ],
            [
              'docker_containers',
              db(
                record('wiki', 'service', wiki as Readonly<Record<string, string>>),
                record('git', 'service', { status: 'enabled', ...git }),
              ),
            ],
          ]),
        );
        for (const [template, reads] of said) {
          const rendered = orNone(() => render({ template }, { snapshot }));
          for (const read of rendered === undefined ? [] : readsOf(rendered)) {
            seen.add(formatRead(read));
            expect(isSaid(read, reads), `${template} reads ${formatRead(read)}`).toBe(true);
          }
        }
      }),
      { numRuns: 50 },
    );
    expect(seen.size, 'the records were worth it').toBeGreaterThan(150);
  }, 240_000);
});

/** What cannot be rendered of these records has nothing to compare. */
function orNone(work: () => RenderedTemplate): RenderedTemplate | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

describe('what a helper says that it reads', () => {
  const hostState = snapshotOf(
    new Map([
      ...SAMPLE_DBS,
      [
        'configuration',
        db(
          ...(SAMPLE_DBS.get('configuration')?.values() ?? []),
          record('x', 'y'),
          record('dnsmasq', 'service', { status: 'enabled' }),
          record('registry', 'service', { status: 'enabled' }),
          record('docker', 'service', { status: 'enabled', Swarm: 'worker' }),
        ),
      ],
      [
        'hosts',
        db(
          record('host', 'docksmith', {
            NodeAddress: '10.0.0.1',
            SwarmRole: 'worker',
            NodeLabels: 'a=b',
            WebNode: 'no',
          }),
          record('other', 'docksmith', { NodeAddress: '10.0.0.2' }),
          record('www.example.test', 'host', { HostType: 'Self' }),
        ),
      ],
      ['watches', db(record('flag', 'file', { Path: '/f', Event: 'docker-update' }))],
      ['users', db(record('ada', 'user', { Secret: 'pw' }))],
      ['secrets', db(record('pw', 'secret', { Value: 'v' }))],
      [
        'docker_volumes',
        db(record('git-data', 'volume', { External: 'no', Driver: 'local', 'DriverOpt.a': 'b', 'Labels.a': 'b' })),
      ],
      [
        'docker_networks',
        db(record('net', 'network', { Subnet: '10.9.0.0/24', Gateway: '10.9.0.1', Driver: 'bridge' })),
      ],
      [
        'docker_images',
        db(
          record('wiki', 'service', { Repository: 'r', Registry: 'reg', Tag: '1' }),
          record('base', 'service', { Repositories: 'one,two' }),
        ),
      ],
      ['repositories', db(record('one', 'repository', {}))],
      ['domains', db(record('example.test', 'domain', { Content: 'Primary' }))],
      ['yum_repositories', db(record('two', 'repository', {}))],
      [
        'docker_containers',
        db(
          record('wiki', 'service', {
            status: 'enabled',
            Image: 'wiki',
            network: 'custom:net',
            Networks: 'lan',
            SubDomain: 'enabled',
            TCPPort: '80',
            UDPPort: '53',
            Interlinked: 'git:g',
            DependsOn: 'git:healthy,door?',
            DataMountPath: '/d',
            'Content.git': 'https://git.example.test/site',
            ContentPath: '/c',
            DataMount: 'host',
            Secrets: 'pw',
            EnvSecrets: 'pw:PASSWORD',
            'Env.A': '1',
            VolumesFrom: 'git',
            WebHostPort: '47000',
          }),
          record('registry', 'service', { status: 'enabled', network: 'none', Writers: 'ada', WebPort: '5000' }),
          record('git', 'service', {
            status: 'enabled',
            PortMapping: 'custom',
            PortMappingPorts: '1:2',
            WebAlias: 'git',
            WebPort: '3000',
            WebHostPort: '47001',
            DataMountPath: '/d',
          }),
          record('host', 'service', {
            status: 'enabled',
            network: 'host',
            TCPPort: '8080',
            SubDomain: 'enabled',
            Image: 'wiki',
            WebPort: '8080',
            Certificate: '/c',
          }),
          record('any', 'service', {
            status: 'enabled',
            Image: 'wiki',
            TCPPort: 'exposed',
            SubDomain: 'enabled',
            WebHostPort: '47002',
          }),
          record('mapped', 'service', {
            status: 'enabled',
            PortMapping: 'custom',
            PortMappingPorts: '8082:80',
            SubDomain: 'enabled',
            WebHostPort: '47003',
          }),
          record('path', 'service', {
            status: 'enabled',
            network: 'host',
            WebAlias: 'path',
            Image: 'wiki',
            Interlinked: 'any,door',
          }),
          record('door', 'service', {
            status: 'enabled',
            Role: 'ambassador',
            Target: 'git:80',
            DependsOn: 'git:started',
            TargetTLS: 'listen',
            Certificate: '/c',
            CertificateKey: '/k',
            TCPPort: 'exposed',
            SubDomain: 'enabled',
            WebHostPort: '47004',
          }),
          record('spread', 'service', {
            status: 'enabled',
            Image: 'wiki',
            Replicas: '2',
            WebMode: 'host',
            Placement: 'node.role==worker',
            SubDomain: 'enabled',
            WebHostPort: '47005',
          }),
          record('out', 'service', {
            status: 'enabled',
            Role: 'ambassador',
            Target: 'tcp://far:80',
            TargetTLS: 'connect',
            TargetCA: '/ca',
            network: 'host',
            TCPPort: 'exposed',
            SubDomain: 'enabled',
          }),
        ),
      ],
    ]),
  );
  const CALLS: Readonly<Record<string, string>> = {
    webServers: '{{#if (webServers "4")}}{{/if}}',
    nodePorts: '{{#if (nodePorts)}}{{/if}}',
    nodePeers: '{{#if (nodePeers "4")}}{{/if}}',
    serviceWebPorts: '{{#if (serviceWebPorts)}}{{/if}}',
    filtered: '{{#if (filtered "4")}}{{/if}}{{#if (filtered "6")}}{{/if}}',
    repositories: '{{#if (repositories (record "docker_images" "base"))}}{{/if}}',
    overlapping: '{{#if (overlapping "10.0.0.0" "8")}}{{/if}}',
    webContainers: '{{#if (webContainers)}}{{/if}}{{#if (webContainers by="Certificate")}}{{/if}}',
    networks: '{{#if (networks)}}{{/if}}',
    local_access_spec: '{{#if (local_access_spec)}}{{/if}}',
    primaryHost: '{{primaryHost}}',
    schedules: '{{#if (schedules)}}{{/if}}',
    engineAddress: '{{engineAddress}}',
    dockerUnit: '{{#if (dockerUnit)}}{{/if}}',
    engineHost: '{{engineHost}}',
    publishMode: '{{#each (records "docker_containers")}}{{#if (publishMode this "53" "udp")}}{{/if}}{{/each}}',
    keptFiles:
      '{{#each (records "docker_containers")}}{{#if (keptFiles this "secret")}}{{/if}}{{#if (keptFiles this "config")}}{{/if}}{{/each}}',
    otherPrimaryNames: '{{#if (otherPrimaryNames)}}{{/if}}',
  };
  const observe = (name: string): readonly Read[] => {
    const fragment = CALLS[name] ?? `{{#each (records "docker_containers")}}{{#if (${name} this)}}{{/if}}{{/each}}`;
    const paths = makeRoot({ 'templates/etc/it/10a': fragment, 'templates/etc/it/template-begin': '{{! none }}' });
    // the listing is the fragment's own
    return readsOf(
      render(
        { template: '/etc/it' },
        {
          paths,
          snapshot: hostState,
          facts: { ...SAMPLE_FACTS, images: new Map([['reg/r:1', { exposedPorts: [{ port: 80, protocol: 'tcp' }] }]]) },
        },
      ),
    );
  };
  const declaring = Object.entries(HELPERS).flatMap(([name, { reads }]) =>
    reads === undefined ? [] : [[name, reads] as const],
  );

  it.each(declaring)('%s reads nothing else, and all of it', (name, declared) => {
    const observed = observe(name);
    const listing = { db: 'docker_containers' };
    const more = observed.filter(
      (read) => !isSaid(read, [...declared, ...(Object.hasOwn(CALLS, name) ? [] : [listing])]),
    );
    expect(more.map(formatRead), 'read, and not said').toEqual([]);
    const isObserved = (one: StaticRead): boolean =>
      observed.some(
        (read) =>
          read.db === one.db &&
          (one.key === undefined || read.key === one.key) &&
          (one.prop === undefined ||
            (read.prop !== undefined && takesProp(one, read.prop)) ||
            read.filter === one.prop ||
            // who goes through all records, himself or by an index, looks into them without being seen
            (read.key === undefined && (read.index !== undefined || one.db === 'networks'))),
      );
    expect(declared.filter((one) => !isObserved(one)).map(formatStaticRead), 'said, and not read').toEqual([]);
  });

  it('is said by every helper that reads anything', () => {
    const silent = Object.keys(HELPERS).filter(
      (name) => HELPERS[name]?.reads === undefined && HELPERS[name]?.shape === undefined,
    );
    const schema = readSchema(SHIPPED);
    const reading = silent.filter((name) => {
      const paths = makeRoot({
        'templates/etc/it/10a': HELPERS[name]?.example.fragment ?? '',
        'templates/etc/it/template-begin': '{{! none }}',
        'templates.metadata/etc/it': EXAMPLE_READS,
        'templates/etc/example/greeting/10hello': 'hello {{name}}\n',
      });
      const reads = readsOf(render({ template: '/etc/it' }, { paths, facts: layOutExampleHost(paths) }));
      const fragment = readsIn(HELPERS[name]?.example.fragment ?? '');
      return reads.some((read) => !fragment.includes(formatRead(read)) && read.db in schema);
    });
    expect(reading).toEqual([]);
  });
});
