import { describe, expect, it } from 'vitest';
import { observeSnapshot, type Snapshot } from '../../../src/db/snapshot.ts';
import { allocatePorts } from '../../../src/model/network/allocate-ports.ts';
import { checkRecords } from '../../../src/model/check-records.ts';
import { ContainerDeployment } from '../../../src/model/container-parts/deployment.ts';
import { ContainerRole } from '../../../src/model/container-parts/role.ts';
import { ContainerStorage } from '../../../src/model/container-parts/storage.ts';
import { Container, listContainers, listEnabled } from '../../../src/model/container.ts';
import { ASKING_IMAGE, listAskedImages } from '../../../src/model/image-facts.ts';
import { listImageSources } from '../../../src/model/image-source.ts';
import { BOUND_TO, LINKED_WITH, NEEDING } from '../../../src/model/links/links.ts';
import { CLAIMING, containerPorts, foreignUser } from '../../../src/model/network/port-users.ts';
import { BY_HOST_NAME, BY_WEB_ALIAS, listOwnersOfName } from '../../../src/model/web.ts';
import { factsWith, serverWith } from '../../support/containers.ts';
import { db, record, SAMPLE_DBS, snapshotOf } from '../../support/sample.ts';

type Props = Readonly<Record<string, string>>;

/** A container that wants all that a container can have, and a record that says the same and makes none. */
const WANTING: Props = {
  status: 'enabled',
  SubDomain: 'enabled',
  SubDomainName: 'wiki',
  WebAlias: 'wiki',
  WebPort: '80',
  TCPPort: '8080',
  UDPPort: 'exposed',
  WebHostPort: '47000',
  Interlinked: 'git',
  Application: 'shop',
  DependsOn: 'git:healthy',
  VolumesFrom: 'git',
  Image: 'app:1',
};

function serverWithDraft(draft: Props, wiki: Props): Snapshot {
  const git = record('git', 'service', { status: 'enabled', Image: 'git:1' });
  return snapshotOf(
    new Map([
      ...SAMPLE_DBS,
      [
        'docker_containers',
        db(
          record('draft', 'template', draft),
          git,
          record('wiki', 'service', { status: 'enabled', Image: 'wiki:1', ...wiki }),
        ),
      ],
    ]),
  );
}

describe('a record whose type makes no container', () => {
  it.each<[string, Props, Props]>([
    ['a host name', { SubDomain: 'enabled', SubDomainName: 'wiki' }, { SubDomain: 'enabled', WebPort: '80' }],
    ['a path', { WebAlias: 'w' }, { WebAlias: 'w', WebPort: '80' }],
    ['a port', { TCPPort: '8080' }, { TCPPort: '8080' }],
    ['a mapped port', { PortMapping: 'custom', PortMappingPorts: '2222:22' }, { TCPPort: '2222' }],
    ['a port of its image', { Image: 'app:1', TCPPort: 'exposed' }, { TCPPort: '8080' }],
    ['the loopback port of a web port', { WebAlias: 'd', WebHostPort: '47000' }, { TCPPort: '47000' }],
  ])('keeps %s from nobody', (_, draft, wiki) => {
    const facts = factsWith({ exposed: { 'app:1': [8080] } });
    const said = checkRecords(serverWithDraft({ status: 'enabled', ...draft }, wiki), facts);
    expect(said.mistakes.map(({ message }) => message)).toEqual([]);
    expect(said.warnings).toEqual(['docker_containers draft: the type "template" makes no container: it is service']);
  });

  it('keeps no loopback port from being given to a container', () => {
    const server = serverWithDraft(
      { status: 'enabled', TCPPort: '23000', WebAlias: 'd', WebHostPort: '23001' },
      { WebAlias: 'w', WebPort: '80' },
    );
    expect(allocatePorts(server, factsWith())).toEqual([
      { db: 'docker_containers', key: 'wiki', prop: 'WebHostPort', value: '23000' },
    ]);
  });

  it('is in no index and in no list', () => {
    const server = serverWithDraft(WANTING, {});
    const draft = server.dbs.get('docker_containers')?.get('draft');
    const indexes = [BOUND_TO, LINKED_WITH, NEEDING, BY_HOST_NAME, BY_WEB_ALIAS, CLAIMING, ASKING_IMAGE];
    expect(
      draft && indexes.filter((index) => index.listValues(server, draft).length > 0).map(({ name }) => name),
    ).toEqual([]);
    // none of them is empty of itself
    expect(
      draft &&
        indexes
          .filter((index) => index.listValues(server, { ...draft, type: 'service' }).length === 0)
          .map(({ name }) => name),
    ).toEqual([]);
    expect([listContainers(server), listEnabled(server)].map((list) => list.map(({ key }) => key))).toEqual([
      ['git', 'wiki'],
      ['git', 'wiki'],
    ]);
    expect([
      containerPorts(server, factsWith()),
      listOwnersOfName(server, 'wiki.example.test'),
      listAskedImages(server),
      [
        ...listImageSources(server, () => {
          throw new Error('there is none');
        }),
      ],
    ]).toEqual([[], [], [], []]);
  });

  it('does not make a container that is left over ours to move', () => {
    const published = { container: 'draft', ours: true, port: 8080, protocol: 'tcp' as const, address: '0.0.0.0' };
    expect(
      foreignUser(
        serverWithDraft({}, {}),
        factsWith({ publishedPorts: [published] }),
        { port: 8080, protocol: 'tcp' },
        undefined,
      ),
    ).toBe('container "draft", whose record is gone (docksmith reconcile --remove-orphans removes it)');
  });
});

/** What is asked of a container -> what is read then, where nothing is set. */
const READS: Readonly<Record<string, string>> = {
  isContainer: 'type',
  replicas: 'Replicas',
  isSwarmService: 'Replicas',
  placement: 'Placement',
  maxPerNode: 'MaxPerNode',
  updateOrder: 'UpdateOrder',
  updateParallelism: 'UpdateParallelism',
  updateDelay: 'UpdateDelay',
  rollback: 'RollbackOn',
  publishMode: 'PublishMode',
  deployFields: 'Deploy.*',
  keptFiles: 'SwarmSecrets SwarmConfigs',
  stack: 'Labels.com.docker.stack.namespace',
  isOverMesh: 'WebMode',
  isEnabled: 'type status',
  role: 'Role',
  isDataOnly: 'Role',
  isJob: 'Role',
  clock: 'StartAt StopAt RestartAt UpdateAt RunAt',
  isPersistent: 'Persistent',
  whyNotUp: 'Role Role',
  isAmbassador: 'Role',
  isDom0: 'Role',
  target: 'Target',
  targets: 'Role',
  targetTls: 'TargetTLS',
  targetCA: 'TargetCA',
  command: 'Command',
  entrypoint: 'Entrypoint',
  image: 'Image Role',
  isPublic: 'access',
  network: 'network',
  customNetwork: 'network',
  networkAddresses: 'NetworkAddress',
  networkOptions: 'NetworkOptions',
  volumes: 'Volumes',
  networkAliases: 'NetworkAlias',
  furtherNetworks: 'Networks',
  networkProps: 'NetworkAlias.* NetworkAddress.* NetworkOptions.*',
  hasOwnPorts: 'network',
  links: 'Interlinked Role',
  volumesFrom: 'VolumesFrom',
  basicAuth: 'BasicAuth',
  envFiles: 'EnvFile',
  application: 'Application',
  dependencies: 'DependsOn',
  restart: 'Restart Role',
  needs: 'Interlinked DependsOn Role network VolumesFrom',
  boundTo: 'network VolumesFrom',
  startPriority: 'Role InterLinkPriority',
  hasPortMapping: 'PortMapping',
  portMappings: 'PortMappingPorts',
  givenPorts: 'PortMappingGiven',
  tcpPort: 'TCPPort',
  udpPort: 'UDPPort',
  leavesPortsToImage: 'TCPPort UDPPort',
  hasSubDomain: 'SubDomain',
  subDomain: 'SubDomainName',
  webAliases: 'WebAlias',
  hasWeb: 'SubDomain WebAlias',
  webPort: 'WebPort',
  webHostPort: 'WebHostPort',
  claimedWebPort: 'WebHostPort',
  needsWebPort: 'SubDomain WebAlias',
  certificate: 'Certificate',
  certificateKey: 'CertificateKey',
  asksPassword: 'BasicAuth Readers Writers',
  asksLocalPassword: 'BasicAuthLAN',
  mounts: 'MountPath MountPath.*',
  writtenMounts: 'MountPath MountPath.*',
  makesMounts: 'MountCreate',
  mountMode: 'MountMode',
  mountOwner: 'MountOwner',
  dataMountPath: 'DataMountPath',
  isDataOnHost: 'DataMount',
  isDataWritable: 'DataMountWrite',
  secrets: 'Secrets',
  secretVariables: 'EnvSecrets',
  variableProps: 'Env.*',
};

describe('what is read of a container', () => {
  const readOf = (ask: (snapshot: Snapshot) => unknown): string => {
    const reads: string[] = [];
    ask(
      observeSnapshot(serverWith({ wiki: {} }), ({ db: name, key = 'all', prop, filter }) =>
        reads.push(name === 'docker_containers' && key === 'wiki' ? (prop ?? filter ?? 'type') : `${name} ${key}`),
      ),
    );
    return reads.join(' ');
  };

  it('is nothing before it is asked', () => {
    expect(readOf((snapshot) => new Container(snapshot, 'wiki'))).toBe('');
  });

  it.each(
    [Container, ContainerStorage, ContainerRole, ContainerDeployment]
      .flatMap(({ prototype }) => Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      .filter(([, member]) => member.get !== undefined)
      .map(([name]) => name),
  )('%s is what it tells', (name) => {
    expect(readOf((snapshot) => Reflect.get(new Container(snapshot, 'wiki'), name) as unknown)).toBe(
      READS[name] ?? 'not in the table',
    );
  });

  it('is not the type of one out of a list: whoever lists the records has read it', () => {
    expect(readOf((snapshot) => listEnabled(snapshot).map(({ image }) => image))).toBe(
      'docker_containers all status Image Role',
    );
  });
});
