import { CONTAINERS } from '../../model/container.ts';
import { readsOf, type StaticRead } from '../language/shape.ts';

/**
 * What the functions of `model/` read, for the helpers that call them: `{ db }` is a listing, or whether a
 * record is there.
 */
export const ofContainers = (...props: readonly string[]): readonly StaticRead[] =>
  readsOf({ db: CONTAINERS }, ...props);
export const ofConfiguration = (key: string, ...props: readonly string[]): readonly StaticRead[] =>
  readsOf({ db: 'configuration', key }, ...props);
export const single = (...keys: readonly string[]): readonly StaticRead[] =>
  keys.map((key) => ({ db: 'configuration', key }));

export const LISTED: readonly StaticRead[] = [{ db: CONTAINERS }];
export const ENABLED: readonly StaticRead[] = [...LISTED, ...ofContainers('status')];
export const IMAGE: readonly StaticRead[] = [
  ...ofContainers('Image', 'Role'),
  { db: 'docker_images' },
  ...readsOf({ db: 'docker_images' }, 'Registry', 'Repository', 'Digest', 'Tag'),
];
export const OF_LINKS = ofContainers('Interlinked', 'Role', 'Target');
/** The props of a container that say what it is on which network of a record. */
export const JOINED_READS: readonly string[] = [
  'Networks',
  ...['NetworkAddress', 'NetworkAlias', 'NetworkOptions'].flatMap((prop) => [prop, `${prop}.*`]),
];
export const OWN_PORTS = ofContainers('network');
export const PUBLISHED: readonly StaticRead[] = [
  ...OWN_PORTS,
  ...ofContainers('PortMapping', 'PortMappingPorts', 'PortMappingGiven', 'TCPPort', 'UDPPort', 'Target'),
  ...IMAGE,
];
export const BOUND: readonly StaticRead[] = [...ofContainers('access', 'Replicas'), ...single('LocalIP')];
export const WEB = ofContainers('SubDomain', 'WebAlias');
export const WEB_PORT: readonly StaticRead[] = [...ofContainers('WebPort'), ...PUBLISHED];
export const DATA: readonly StaticRead[] = [
  ...ofContainers('DataMountPath', 'DataMount', 'DataMountWrite'),
  ...ofConfiguration('docker', 'DataRoot'),
];
export const LOCAL_NETWORKS: readonly StaticRead[] = [{ db: 'networks' }, ...readsOf({ db: 'networks' }, 'Mask')];
/** Who the nodes of a swarm are. */
export const NODES: readonly StaticRead[] = [
  { db: 'hosts' },
  ...readsOf({ db: 'hosts' }, 'NodeAddress', 'SwarmRole', 'NodeLabels'),
  ...ofConfiguration('docksmith', 'HostName'),
  ...single('SystemName'),
];
/** Which of them run Apache for services. */
export const WEB_NODES: readonly StaticRead[] = [...NODES, ...readsOf({ db: 'hosts' }, 'WebNode')];
/** Whether this host is one of those. */
export const SERVED_HERE: readonly StaticRead[] = [...ofContainers('Replicas'), ...WEB_NODES];
/** Who the other nodes of a swarm are. */
export const PEERS: readonly StaticRead[] = [
  { db: 'hosts' },
  ...readsOf({ db: 'hosts' }, 'NodeAddress'),
  ...ofConfiguration('docksmith', 'HostName'),
  ...single('SystemName'),
];
