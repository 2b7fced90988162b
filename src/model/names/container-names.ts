import { type Index, lookUpIndex, type Snapshot } from '../../db/snapshot.ts';
import { compareBytes } from '../../base/layers.ts';
import type { Facts } from '../../host/facts.ts';
import { Container, containerOf, CONTAINERS, listEnabled } from '../container.ts';
import { listNamedNetworks } from '../links/links.ts';
import { listListening } from '../network/filtered-ports.ts';
import { describeNetwork, ON_THE_WIRE } from '../network/networks.ts';
import { NotAccepted, splitList } from '../network/parse-ports.ts';
import { publishedPorts } from '../network/ports.ts';
import { RecordProps } from '../record-props.ts';
import { DnsmasqRecord, listNamedAddresses } from './dnsmasq-record.ts';

/** What a record of `docker_containers` says of names, its own and those that it asks for. */
export class ContainerDns extends RecordProps {
  constructor({ snapshot, key }: Pick<Container, 'snapshot' | 'key'>) {
    super(snapshot, CONTAINERS, key);
  }

  /** Its own name below the domain. Names know no capitals, and those of hosts no underscore. */
  get name(): string {
    return toName(this.key);
  }

  /** What it offers, perhaps together with others that say the same. */
  get service(): string {
    return this.sharedService || this.name;
  }

  /** `ServiceName`, which several may have; empty: its service has its own name */
  get sharedService(): string {
    return toName(this.get('ServiceName'));
  }

  /** The servers that its record names. */
  get servers(): readonly string[] {
    return splitList(this.get('Dns'));
  }
}

function toName(text: string): string {
  return text.toLowerCase().replaceAll('_', '-');
}

/**
 * The servers that a container asks for names: those of its record, else this host's dnsmasq where that is
 * enabled. On the host's network it has the host's, on that of another container the other's.
 */
export function listNameServers(container: Container): readonly string[] {
  const { servers } = new ContainerDns(container);
  if (servers.length > 0 || !container.hasOwnPorts) return servers;
  const dnsmasq = new DnsmasqRecord(container.snapshot);
  return dnsmasq.isEnabled && dnsmasq.address !== '' ? [dnsmasq.address] : [];
}

/** One port that a container is reached at, under the name of a service. */
export interface Service {
  /** below the domain: `redis`, or `redis-6379` of a container with several ports */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  /** as it is reached at the container's addresses */
  readonly port: number;
}

/** The names of one container below the domain. */
export interface ContainerNames {
  readonly container: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly services: readonly Service[];
}

/** The names of all enabled containers that can be reached, in byte order of the containers. */
export function listContainerNames(snapshot: Snapshot, facts: Facts): readonly ContainerNames[] {
  return listEnabled(snapshot)
    .map((container) => namesOf(container, facts))
    .filter(({ addresses }) => addresses.length > 0);
}

/**
 * Names lead to where a container is reached whatever address the engine gives it at its next start: to the
 * host with its published ports, or to an address of its own that its record fixes.
 */
export function namesOf(container: Container, facts: Facts): ContainerNames {
  const { snapshot, key } = container;
  const fixed = listNamedNetworks(container).find(({ address }) => address !== undefined)?.address;
  const { name, service } = new ContainerDns(container);
  const isOnTheWire =
    container.customNetwork !== undefined &&
    ON_THE_WIRE.includes(describeNetwork(snapshot, container.customNetwork).driver);
  const ports = listPorts(container, facts);
  const isByHost = !isOnTheWire && ports.length > 0;
  return {
    container: key,
    name,
    addresses: isByHost ? listNamedAddresses(snapshot) : fixed === undefined ? [] : [fixed],
    services: ports.map(({ protocol, outside, inside }) => ({
      name: ports.every((other) => other.inside === inside && other.protocol === protocol)
        ? service
        : `${service}-${inside}`,
      protocol,
      port: isByHost ? outside : inside,
    })),
  };
}

interface Port {
  readonly protocol: 'tcp' | 'udp';
  readonly outside: number;
  readonly inside: number;
}

/** What a record says wrongly has no name: it is refused elsewhere. */
function listPorts(container: Container, facts: Facts): readonly Port[] {
  try {
    return [
      ...publishedPorts(container, facts).map(({ protocol, host, container: inside }) => ({
        protocol,
        outside: host,
        inside,
      })),
      ...listListening(container, facts).map(({ protocol, port }) => ({ protocol, outside: port, inside: port })),
    ];
  } catch (error) {
    if (error instanceof NotAccepted) return [];
    throw error;
  }
}

/** Enabled containers by their own names and those of their services, without ports. */
const BY_NAME: Index = {
  name: 'name of dnsmasq',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    if (!container.isEnabled) return [];
    const { name, service } = new ContainerDns(container);
    return [name, service];
  },
};

/** The enabled containers that have this name, and not by agreement (`ServiceName`), in byte order. */
export function listOwnersOfDnsName(snapshot: Snapshot, facts: Facts, wanted: string): readonly string[] {
  const [, stem] = /^(.+)-\d+$/.exec(wanted) ?? [];
  const candidates = new Set([
    ...lookUpIndex(snapshot, BY_NAME, wanted),
    ...(stem === undefined ? [] : lookUpIndex(snapshot, BY_NAME, stem)),
  ]);
  return [...candidates]
    .filter((key) => {
      const { name, services } = namesOf(new Container(snapshot, key), facts);
      return name === wanted || services.some((service) => service.name === wanted);
    })
    .sort(compareBytes);
}
