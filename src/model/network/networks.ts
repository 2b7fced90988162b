import { createHash } from 'node:crypto';
import { findProp, findRecord, listRecords, type Snapshot } from '../../db/snapshot.ts';
import { DockerRecord } from '../docker-record.ts';
import { splitList } from './parse-ports.ts';
import { listLocalNetworks, type Network, overlaps, parseNetwork } from './network.ts';

export const NETWORKS = 'docker_networks';

/** Drivers that put a container on the wire itself, past this host's packet filter. */
export const ON_THE_WIRE: readonly string[] = ['macvlan', 'ipvlan'];

/** What a network of containers is made with. */
export interface ContainerNetwork {
  readonly name: string;
  readonly driver: string;
  /** the interface of this host that macvlan and ipvlan put containers on */
  readonly parent: string | undefined;
  readonly internal: boolean;
  /** `10.5.0.0/24`; empty: one is found when it is made */
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  /** of its bridge on this host; undefined for drivers that have none */
  readonly bridge: string | undefined;
}

/** By its record, or as a plain bridge for the network of a group. */
export function describeNetwork(snapshot: Snapshot, name: string): ContainerNetwork {
  const get = (prop: string): string =>
    findRecord(snapshot, NETWORKS, name) === undefined ? '' : (findProp(snapshot, NETWORKS, name, prop) ?? '');
  const driver = get('Driver') || 'bridge';
  return {
    name,
    driver,
    parent: get('Parent') || undefined,
    internal: get('Internal') === 'yes',
    subnets: splitList(get('Subnet')),
    gateways: splitList(get('Gateway')),
    bridge: driver === 'bridge' ? bridgeName(name) : undefined,
  };
}

/** A name that stays, for filters and for people; the kernel takes 15 characters at most. */
export function bridgeName(network: string): string {
  const plain = `br-${network}`;
  return plain.length <= 15 && /^[\w.-]+$/.test(plain)
    ? plain
    : `br-${createHash('sha256').update(network).digest('hex').slice(0, 12)}`;
}

/** `10.5.0.0/24` */
export function parseSubnet(text: string): Network | undefined {
  const [address = '', mask = ''] = text.split('/');
  return parseNetwork(address, mask);
}

/**
 * The records of `networks`, the engine's own network and other `docker_networks` that a network's subnets
 * meet, in words.
 */
export function* overlappingNetworks(snapshot: Snapshot, name: string): Generator<string> {
  const docker = new DockerRecord(snapshot);
  const own = parseNetwork(docker.network, docker.mask);
  const others = listRecords(snapshot, NETWORKS)
    .filter(({ key, type }) => type === 'network' && key !== name)
    .flatMap(({ key }) =>
      describeNetwork(snapshot, key).subnets.map(
        (subnet) => [`"${key}" of db ${NETWORKS}`, parseSubnet(subnet)] as const,
      ),
    );
  const isOnTheWire = ON_THE_WIRE.includes(describeNetwork(snapshot, name).driver);
  const all = [
    // a network on the wire has the addresses of the network that is there
    ...[...(isOnTheWire ? [] : listLocalNetworks(snapshot))].map(
      ([key, network]) => [`"${key}" of db networks`, network] as const,
    ),
    ["the engine's own network (Network of docker)", own] as const,
    ...others,
  ];
  for (const subnet of describeNetwork(snapshot, name).subnets) {
    const network = parseSubnet(subnet);
    for (const [who, other] of all)
      if (network !== undefined && other !== undefined && overlaps(network, other))
        yield `its subnet ${subnet} overlaps ${who}`;
  }
}
