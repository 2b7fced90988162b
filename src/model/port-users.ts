import type { Facts } from '../facts/facts.ts';
import { findProp, getDb, listRecords, type Snapshot } from '../db/snapshot.ts';
import { CONTAINERS, NotAccepted, type PublishedPort, publishedPorts, splitList } from './ports.ts';

/** Somebody who has a port of the host, in words for a message. */
export interface PortUser {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** `service "sshd" of db configuration`, `listener nginx (pid 812) on 0.0.0.0` */
  readonly who: string;
}

/** Ports of the host that services of `configuration` say are theirs: TCPPort, TCPPorts, SSLPort, UDPPort and UDPPorts of enabled ones. */
export function servicePorts(snapshot: Snapshot): readonly PortUser[] {
  return listRecords(snapshot, 'configuration').flatMap(({ key, props }) => (props.get('status') === 'disabled' ? [] : [
    ...['TCPPort', 'TCPPorts', 'SSLPort'].map((prop) => ({ prop, protocol: 'tcp' as const })),
    ...['UDPPort', 'UDPPorts'].map((prop) => ({ prop, protocol: 'udp' as const })),
  ].flatMap(({ prop, protocol }) => splitList(props.get(prop) ?? '')
    .filter((port) => /^\d+$/.test(port))
    .map((port) => ({ port: Number(port), protocol, who: `service "${key}" (${prop}) of db configuration` })))));
}

/** Ports of the host that enabled records of containers claim, the given one left out; a record that can't be read claims none. */
export function containerPorts(snapshot: Snapshot, facts: Facts, except?: string): readonly PortUser[] {
  return listRecords(snapshot, CONTAINERS).filter(({ key }) => key !== except && findProp(snapshot, CONTAINERS, key, 'status') === 'enabled').flatMap(({ key, props }) => {
    const web = props.get('WebHostPort') ?? '';
    return [
      ...readablePorts(snapshot, facts, key).map(({ host, protocol }) => ({ port: host, protocol, who: `container "${key}"` })),
      ...(/^\d+$/.test(web) ? [{ port: Number(web), protocol: 'tcp' as const, who: `container "${key}" (WebHostPort)` }] : []),
    ];
  });
}

function readablePorts(snapshot: Snapshot, facts: Facts, key: string): readonly PublishedPort[] {
  try {
    return publishedPorts(snapshot, facts, key);
  } catch (error) {
    if (error instanceof NotAccepted) return [];
    throw error;
  }
}

/**
 * Who besides docksmith's own containers has a port now: containers of others, orphans of ours
 * (a container that the record `key` or another enabled or disabled record has is ours to move),
 * and processes that listen.
 * @param addresses the bound addresses, undefined for all
 */
export function foreignUser(snapshot: Snapshot, facts: Facts, port: Omit<PortUser, 'who'>, addresses: readonly string[] | undefined): string | undefined {
  const holds = (holder: { port: number; protocol: string; address: string }): boolean =>
    holder.port === port.port && holder.protocol === port.protocol && meets(holder.address, addresses);
  const published = facts.publishedPorts.filter(holds);
  for (const { container, ours } of published) {
    if (!ours) return `container "${container}", which is not docksmith's`;
    if (!getDb(snapshot, CONTAINERS).has(container)) return `container "${container}", whose record is gone (docksmith reconcile --remove-orphans removes it)`;
  }
  if (published.length > 0) return undefined;
  // an engine that does not answer, with containers that outlive it, still has its proxies listening
  const listener = facts.listeners.find((candidate) => holds(candidate) && !/^docker-proxy\b/.test(candidate.process ?? ''));
  return listener === undefined ? undefined : `${listener.process ?? 'a process'} that listens on ${listener.address} port ${listener.port}`;
}

const ALL = ['0.0.0.0', '::', '', '*'];

function meets(address: string, addresses: readonly string[] | undefined): boolean {
  return addresses === undefined || ALL.includes(address) || addresses.includes(address);
}
