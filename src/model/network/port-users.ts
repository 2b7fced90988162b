import { findProp, type Index, listRecords, lookUpIndex, type Snapshot } from '../../db/snapshot.ts';
import type { DbRecord } from '../../db/record.ts';
import { type Facts, NO_FACTS } from '../../host/facts.ts';
import { compareBytes } from '../../base/layers.ts';
import { Container, containerOf, CONTAINERS, listContainers } from '../container.ts';
import { addressesOf, webAddresses } from './access.ts';
import { publishedPorts } from './ports.ts';
import { NotAccepted, type PublishedPort, splitList } from './parse-ports.ts';

/** Somebody who has a port of the host, in words for a message. */
export interface PortUser {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** `service "sshd" of db configuration`, `listener nginx (pid 812) on 0.0.0.0` */
  readonly who: string;
  /** the addresses that it is bound to; undefined: all */
  readonly addresses?: readonly string[] | undefined;
  /** the container whose record says so; undefined: no container's */
  readonly container?: string;
}

/**
 * Ports of the host that services of `configuration` say are theirs: TCPPort, TCPPorts, SSLPort, UDPPort and
 * UDPPorts of enabled ones. A default counts like a value, but that of an Apache which this host does not have.
 */
export function servicePorts(snapshot: Snapshot, { host }: Pick<Facts, 'host'>): readonly PortUser[] {
  const valueOf = ({ key, props }: DbRecord, prop: string): string =>
    (key === 'httpd' && host.apacheLayout === undefined && !props.get('Layout')
      ? props.get(prop)
      : findProp(snapshot, 'configuration', key, prop)) ?? '';
  const records = listRecords(snapshot, 'configuration');
  const isWritten = records.some(({ key }) => key === 'httpd');
  return [
    ...(isWritten ? [] : [{ key: 'httpd', type: 'service', props: new Map<string, string>() }]),
    ...records,
  ].flatMap((record) =>
    valueOf(record, 'status') === 'disabled'
      ? []
      : [
          ...['TCPPort', 'TCPPorts', 'SSLPort'].map((prop) => ({ prop, protocol: 'tcp' as const })),
          ...['UDPPort', 'UDPPorts'].map((prop) => ({ prop, protocol: 'udp' as const })),
        ].flatMap(({ prop, protocol }) =>
          splitList(valueOf(record, prop))
            .filter((port) => /^\d+$/.test(port))
            .map((port) => ({
              port: Number(port),
              protocol,
              who: `service "${record.key}" (${prop}) of db configuration`,
            })),
        ),
  );
}

/** Ports of the host that enabled records of containers claim; a record that can't be read claims none. */
export function containerPorts(snapshot: Snapshot, facts: Facts): readonly PortUser[] {
  return listContainers(snapshot).flatMap((container) => portsOfContainer(container, facts));
}

function portsOfContainer(container: Container, facts: Facts): readonly PortUser[] {
  if (!container.isEnabled) return [];
  const { key, claimedWebPort: web } = container;
  return [
    ...readablePorts(container, facts).map(({ host, protocol, address }) => ({
      port: host,
      protocol,
      addresses: addressesOf(container, { address }),
      container: key,
      who: `container "${key}"`,
    })),
    ...(web === undefined
      ? []
      : [
          {
            port: web,
            protocol: 'tcp' as const,
            addresses: webAddresses(container),
            container: key,
            who: `container "${key}" (WebHostPort)`,
          },
        ]),
  ];
}

/** What stands in the index for the ports that only the image knows. */
const OF_IMAGE = 'of the image';

/** Enabled containers by the ports of the host that their records claim, `8080/tcp`. */
export const CLAIMING: Index = {
  name: 'claiming',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    return [
      ...portsOfContainer(container, NO_FACTS).map(nameOf),
      ...(container.isContainer && container.leavesPortsToImage ? [OF_IMAGE] : []),
    ];
  },
};

function readablePorts(container: Container, facts: Facts): readonly PublishedPort[] {
  try {
    return publishedPorts(container, facts);
  } catch (error) {
    if (error instanceof NotAccepted) return [];
    throw error;
  }
}

/** Who has a port, for many questions: of several the first that says so, services before containers. */
export function portFinder(
  snapshot: Snapshot,
  facts: Facts,
): (port: Pick<PortUser, 'port' | 'protocol' | 'addresses'>, except: string) => PortUser | undefined {
  const usersAmong = (keys: readonly string[]): readonly PortUser[] =>
    keys.flatMap((key) => portsOfContainer(new Container(snapshot, key), facts));
  const services = byPort(servicePorts(snapshot, facts));
  const ofImages = byPort(usersAmong(lookUpIndex(snapshot, CLAIMING, OF_IMAGE)));
  return (port, except) => {
    const name = nameOf(port);
    const containers = [
      ...usersAmong(lookUpIndex(snapshot, CLAIMING, name)).filter((user) => nameOf(user) === name),
      ...(ofImages.get(name) ?? []),
    ];
    const others = containers
      .filter(({ container, addresses }) => container !== except && shareAddress(addresses, port.addresses))
      .sort((a, b) => compareBytes(a.container ?? '', b.container ?? ''));
    return services.get(name)?.[0] ?? others[0];
  };
}

function byPort<T extends Pick<PortUser, 'port' | 'protocol'>>(users: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const ports = new Map<string, T[]>();
  for (const user of users) {
    const name = nameOf(user);
    const others = ports.get(name);
    if (others === undefined) ports.set(name, [user]);
    else others.push(user);
  }
  return ports;
}

function nameOf({ port, protocol }: Pick<PortUser, 'port' | 'protocol'>): string {
  return `${port}/${protocol}`;
}

/**
 * Who besides docksmith's own containers has a port now: containers of others, orphans of ours
 * (a container that the record `key` or another enabled or disabled record has is ours to move),
 * and processes that listen.
 * @param addresses the bound addresses, undefined for all
 * @param wanting who wants it: for a service, engines of all nodes listen at the ports that its swarm publishes
 */
export function foreignUser(
  snapshot: Snapshot,
  facts: Facts,
  port: Pick<PortUser, 'port' | 'protocol'>,
  addresses: readonly string[] | undefined,
  { isSwarmService = false }: Partial<Pick<Container, 'isSwarmService'>> = {},
): string | undefined {
  const holders = holdersOf(facts);
  const published = (holders.published.get(nameOf(port)) ?? []).filter(({ address }) => meets(address, addresses));
  for (const { container, ours, service } of published) {
    if (service !== undefined && new Container(snapshot, service).isContainer) continue;
    if (service !== undefined) return `service "${service}" of the swarm`;
    if (!ours) return `container "${container}", which is not docksmith's`;
    if (!new Container(snapshot, container).isContainer)
      return `container "${container}", whose record is gone (docksmith reconcile --remove-orphans removes it)`;
  }
  if (published.length > 0) return undefined;
  // an engine that does not answer, with containers that outlive it, still has its proxies listening
  const listener = holders.listeners
    .get(nameOf(port))
    ?.find(
      ({ address, process }) =>
        meets(address, addresses) && !(isSwarmService ? /^docker(-proxy|d)\b/ : /^docker-proxy\b/).test(process ?? ''),
    );
  return listener === undefined
    ? undefined
    : `${listener.process ?? 'a process'} that listens on ${listener.address} port ${listener.port}`;
}

interface Holders {
  readonly published: ReadonlyMap<string, Facts['publishedPorts']>;
  readonly listeners: ReadonlyMap<string, Facts['listeners']>;
}

const holdersByFacts = new WeakMap<Facts, Holders>();

function holdersOf(facts: Facts): Holders {
  let holders = holdersByFacts.get(facts);
  if (holders === undefined)
    holdersByFacts.set(
      facts,
      (holders = { published: byPort(facts.publishedPorts), listeners: byPort(facts.listeners) }),
    );
  return holders;
}

const ALL = ['0.0.0.0', '::', '', '*'];

/** Whether two that have a port of the same number are in each other's way. */
export function shareAddress(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === undefined || b === undefined || a.some((address) => meets(address, b)) || b.some((one) => meets(one, a));
}

function meets(address: string, addresses: readonly string[] | undefined): boolean {
  return addresses === undefined || ALL.includes(address) || addresses.includes(address);
}
