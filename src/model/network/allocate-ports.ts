import type { Facts, LocalPorts } from '../../host/facts.ts';
import { Failure } from '../../base/errors.ts';
import type { DbChange, Snapshot } from '../../db/snapshot.ts';
import { CONTAINERS, listContainers } from '../container.ts';
import { DocksmithRecord } from '../docksmith-record.ts';
import { containerPorts, foreignUser, servicePorts } from './port-users.ts';
import { inStartOrder } from '../links/start-order.ts';

/**
 * The loopback ports that are still to be given to containers which Apache reaches: the lowest
 * of docksmith's PortRange that no record, service or socket has and that no file which
 * docksmith owns names (a vhost of a record that just went still leads there). One that the kernel may
 * give to an outgoing connection at any time comes last: a container that is stopped would lose it.
 * @throws Failure when the range is no range or used up
 */
export function allocatePorts(snapshot: Snapshot, facts: Facts): readonly DbChange[] {
  const needy = inStartOrder(listContainers(snapshot)).filter(
    ({ isEnabled, needsWebPort }) => isEnabled && needsWebPort,
  );
  if (needy.length === 0) return [];
  const [first, last] = readRange(snapshot);
  const taken = new Set(
    [...servicePorts(snapshot, facts), ...containerPorts(snapshot, facts), ...disabledWebPorts(snapshot)]
      .filter(({ protocol }) => protocol === 'tcp')
      .map(({ port }) => port),
  );
  const [portsInFiles, { connectedPorts, localPorts }] = [facts.portsInFiles(), facts];
  const isFree = (port: number): boolean =>
    !taken.has(port) &&
    !portsInFiles.has(port) &&
    !connectedPorts.has(port) &&
    !facts.publishedPorts.some((published) => published.port === port) &&
    foreignUser(snapshot, facts, { port, protocol: 'tcp' }, ['127.0.0.1']) === undefined;
  const free = listFree(first, last, localPorts, isFree);
  return needy.map(({ key }) => {
    const port = free.next().value;
    if (port === undefined)
      throw new Failure(`cannot give "${key}" of db ${CONTAINERS} a loopback port`, {
        why: `all of ${first}-${last} are taken`,
        hint: 'config setprop docksmith PortRange FIRST-LAST',
      });
    return { db: CONTAINERS, key, prop: 'WebHostPort', value: String(port) };
  });
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
