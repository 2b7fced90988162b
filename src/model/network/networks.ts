import { createHash } from 'node:crypto';
import { findRecord, listRecords, type Snapshot } from '../../db/snapshot.ts';
import { DockerRecord } from '../docker-record.ts';
import { RecordProps } from '../record-props.ts';
import { splitList } from './parse-ports.ts';
import { listLocalNetworks, type Network, overlaps, parseHost, parseNetwork } from './network.ts';

export const NETWORKS = 'docker_networks';

/** Drivers that put a container on the wire itself, past this host's packet filter. */
export const ON_THE_WIRE: readonly string[] = ['macvlan', 'ipvlan'];

/** What a network of containers is made with. */
export interface ContainerNetwork {
  readonly name: string;
  /** made and changed by others; what else is said of it only tells what it is like */
  readonly external: boolean;
  readonly driver: string;
  /** the interface of this host that macvlan and ipvlan put containers on */
  readonly parent: string | undefined;
  readonly internal: boolean;
  readonly attachable: boolean;
  /** undefined: as the engine does it by itself */
  readonly ipv4: boolean | undefined;
  readonly ipv6: boolean;
  /** `10.5.0.0/24`; empty: one is found when it is made */
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  /** the part of a subnet that containers get addresses of by themselves */
  readonly ranges: readonly string[];
  /** addresses that no container gets, by the name of who has them */
  readonly reserved: Readonly<Record<string, string>>;
  readonly ipamDriver: string;
  readonly ipamOptions: Readonly<Record<string, string>>;
  /** of its driver, with its parent and the name of its bridge */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** of its bridge on this host; undefined for drivers that have none, and for one that others made */
  readonly bridge: string | undefined;
}

/** The option of the driver that names the bridge. */
export const BRIDGE_OPTION = 'com.docker.network.bridge.name';

/** By its record, or as a plain bridge for the network of a group. */
export function describeNetwork(snapshot: Snapshot, name: string): ContainerNetwork {
  return new NetworkRecord(snapshot, name).describe();
}

class NetworkRecord extends RecordProps {
  readonly #isThere: boolean;

  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, NETWORKS, key);
    this.#isThere = findRecord(snapshot, NETWORKS, key) !== undefined;
  }

  protected override get(prop: string): string {
    return this.#isThere ? super.get(prop) : '';
  }

  protected override getNamed(prop: string): Readonly<Record<string, string>> {
    return this.#isThere ? super.getNamed(prop) : {};
  }

  describe(): ContainerNetwork {
    const driver = this.get('Driver') || 'bridge';
    const external = this.get('External') === 'yes';
    const parent = this.get('Parent') || undefined;
    const said = this.getNamed('DriverOpt');
    const bridge = driver === 'bridge' && !external ? (said[BRIDGE_OPTION] ?? bridgeName(this.key)) : undefined;
    const subnets = splitList(this.get('Subnet'));
    const isEncrypted = this.get('Encrypted') === 'yes';
    return {
      name: this.key,
      external,
      driver,
      parent,
      internal: this.get('Internal') === 'yes',
      attachable: this.get('Attachable') === 'yes',
      ipv4: this.get('IPv4') === '' ? undefined : this.get('IPv4') === 'yes',
      ipv6: this.get('IPv6') === '' ? subnets.some((subnet) => subnet.includes(':')) : this.get('IPv6') === 'yes',
      subnets,
      gateways: splitList(this.get('Gateway')),
      ranges: splitList(this.get('IPRange')),
      reserved: this.getNamed('AuxAddress'),
      ipamDriver: this.get('IpamDriver'),
      ipamOptions: this.getNamed('IpamOpt'),
      options: {
        ...said,
        ...(bridge === undefined ? {} : { [BRIDGE_OPTION]: bridge }),
        ...(parent === undefined ? {} : { parent }),
        // an empty text, as Docker's own client sends it
        ...(driver === 'overlay' && isEncrypted ? { encrypted: '' } : {}),
      },
      labels: this.getNamed('Labels'),
      bridge,
    };
  }
}

/** A subnet with what a record says of addresses in it. */
export interface SubnetPart {
  readonly subnet: string;
  readonly gateway: string;
  readonly range: string;
  readonly reserved: Readonly<Record<string, string>>;
}

/** The subnets of a network: its gateways, ranges and reserved addresses each belong to the one that has them. */
export function listSubnets({ subnets, gateways, ranges, reserved }: ContainerNetwork): readonly SubnetPart[] {
  return subnets.map((subnet) => {
    const has = (text: string): boolean => isWithin(subnet, text);
    return {
      subnet,
      gateway: gateways.find(has) ?? '',
      range: ranges.find(has) ?? '',
      reserved: Object.fromEntries(Object.entries(reserved).filter(([, address]) => has(address))),
    };
  });
}

/** Whether an address or a part of a network lies in a subnet. */
export function isWithin(subnet: string, text: string): boolean {
  const [whole, part] = [parseSubnet(subnet), text.includes('/') ? parseSubnet(text) : parseHost(text)];
  return whole !== undefined && part !== undefined && part.prefix >= whole.prefix && overlaps(whole, part);
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

/** The props of records that `describeNetwork` reads. */
export const NETWORK_READS: readonly string[] = [
  ...[
    'External',
    'Driver',
    'Parent',
    'Internal',
    'Attachable',
    'Encrypted',
    'IPv4',
    'IPv6',
    'Subnet',
    'Gateway',
    'IPRange',
  ],
  ...['IpamDriver', 'IpamOpt.*', 'DriverOpt.*', 'Labels.*', 'AuxAddress.*'],
];
