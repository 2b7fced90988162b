import { isLoopback } from '../../base/loopback.ts';
import type { Facts, LocalPorts } from '../../host/facts.ts';
import { Failure } from '../../base/errors.ts';
import type { DbChange, Snapshot } from '../../db/snapshot.ts';
import { formatAddress } from '../../base/port-mapping.ts';
import { type Container, CONTAINERS, listContainers } from '../container.ts';
import { DocksmithRecord } from '../docksmith-record.ts';
import { NotAccepted } from './parse-ports.ts';
import { containerPorts, foreignUser, type PortUser, servicePorts } from './port-users.ts';
import { addressesOf, webAddresses } from './access.ts';
import { listMapped } from './ports.ts';
import { inStartOrder } from '../links/start-order.ts';

/**
 * The ports that are still to be given out: loopback ports to containers which Apache reaches, and ports to those
 * of `PortMappingPorts` that name none. Each is the lowest of docksmith's PortRange, or of the range that is
 * written, that no record, service or socket has and that no file which docksmith owns names (a vhost of a
 * record that just went still leads there). One that the kernel may give to an outgoing connection at any time
 * comes last: a container that is stopped would lose it.
 * @throws Failure when the range is no range or used up
 */
export function allocatePorts(snapshot: Snapshot, facts: Facts): readonly DbChange[] {
  const enabled = inStartOrder(listContainers(snapshot)).filter(({ isEnabled }) => isEnabled);
  const web = enabled.filter(({ needsWebPort }) => needsWebPort);
  const mapped = enabled.flatMap((container) => {
    const all = listOrNone(container);
    return all.some(({ host }) => host === undefined) ? [{ container, all }] : [];
  });
  if (web.length + mapped.length === 0) return [];
  const range = readRange(snapshot);
  const take = portTaker(snapshot, facts);
  const takeFor = (key: string, hosts: readonly [number, number], port: Pick<PortUser, 'protocol' | 'addresses'>) => {
    const found = take(hosts, port);
    if (found !== undefined) return found;
    throw new Failure(
      `cannot give "${key}" of db ${CONTAINERS} a ${port.addresses?.every(isLoopback) === true ? 'loopback ' : ''}port`,
      {
        why: `all of ${hosts[0]}-${hosts[1]} are taken`,
        ...(hosts === range ? { hint: 'config setprop docksmith PortRange FIRST-LAST' } : {}),
      },
    );
  };
  return [
    ...web.map((container) => ({
      db: CONTAINERS,
      key: container.key,
      prop: 'WebHostPort',
      value: String(takeFor(container.key, range, { protocol: 'tcp', addresses: webAddresses(container) })),
    })),
    ...mapped.map(({ container, all }) => ({
      db: CONTAINERS,
      key: container.key,
      prop: 'PortMappingGiven',
      value: all
        .flatMap(({ mapping, host }) => {
          const { hosts = range, protocol, address } = mapping;
          if (host !== undefined && hosts[0] === hosts[1]) return [];
          const given =
            host ?? takeFor(container.key, hosts, { protocol, addresses: addressesOf(container, { address }) });
          const at = address === undefined ? '' : `${formatAddress(address)}:`;
          return [`${at}${given}:${mapping.container}${protocol === 'udp' ? '/udp' : ''}`];
        })
        .join(','),
    })),
  ];
}

/** What a record says wrongly is given nothing: it is refused elsewhere. */
function listOrNone(container: Container): ReturnType<typeof listMapped> {
  try {
    return container.hasPortMapping && container.hasOwnPorts ? listMapped(container) : [];
  } catch (error) {
    if (error instanceof NotAccepted) return [];
    throw error;
  }
}

/** Gives each port once. */
function portTaker(
  snapshot: Snapshot,
  facts: Facts,
): (hosts: readonly [number, number], port: Pick<PortUser, 'protocol' | 'addresses'>) => number | undefined {
  const nameOf = ({ port, protocol }: Pick<PortUser, 'port' | 'protocol'>): string => `${port}/${protocol}`;
  const taken = new Set(
    [...servicePorts(snapshot, facts), ...containerPorts(snapshot, facts), ...disabledWebPorts(snapshot)].map(nameOf),
  );
  const [portsInFiles, { connectedPorts, localPorts }] = [facts.portsInFiles(), facts];
  return ([first, last], { protocol, addresses }) => {
    const isFree = (port: number): boolean =>
      !taken.has(nameOf({ port, protocol })) &&
      !portsInFiles.has(port) &&
      !connectedPorts.has(port) &&
      !facts.publishedPorts.some((published) => published.port === port) &&
      foreignUser(snapshot, facts, { port, protocol }, addresses) === undefined;
    const port = listFree(first, last, localPorts, isFree).next().value;
    if (port !== undefined) taken.add(nameOf({ port, protocol }));
    return port;
  };
}

/** A disabled container keeps its port for when it comes back. */
function disabledWebPorts(snapshot: Snapshot): readonly { port: number; protocol: 'tcp' }[] {
  return listContainers(snapshot).flatMap(({ claimedWebPort: port }) =>
    port === undefined ? [] : [{ port, protocol: 'tcp' }],
  );
}

function* listFree(
  first: number,
  last: number,
  localPorts: LocalPorts,
  isFree: (port: number) => boolean,
): Generator<number, undefined> {
  for (const isLocal of [false, true])
    for (let port = first; port <= last; port++)
      if (isLocalPort(localPorts, port) === isLocal && isFree(port)) yield port;
}

/** Whether the kernel may give a port to an outgoing connection. */
export function isLocalPort({ first, last, reserved }: LocalPorts, port: number): boolean {
  return port >= first && port <= last && !reserved.some(([from = 0, to = 0]) => port >= from && port <= to);
}

function readRange(snapshot: Snapshot): readonly [number, number] {
  const value = new DocksmithRecord(snapshot).portRange;
  const [, first, last] = /^(\d+)-(\d+)$/.exec(value) ?? [];
  const range = [Number(first), Number(last)] as const;
  if (first !== undefined && range[0] >= 1024 && range[0] <= range[1] && range[1] <= 65_535) return range;
  throw new Failure(`cannot accept configuration docksmith PortRange ${JSON.stringify(value)}`, {
    why: 'it is FIRST-LAST, from 1024 to 65535',
  });
}
