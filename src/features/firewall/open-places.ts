import { listOperations } from '../../container/plan/told.ts';
import type { Plan } from '../../container/plan/plan.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import type { Facts } from '../../host/facts.ts';
import { Container } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { listFilteredPorts } from '../../model/network/filtered-ports.ts';
import { type Exposure, readExposure } from '../exposure/exposure.ts';
import type { Filtered } from '../../flow/firewall/filter.ts';
import type { HostState } from '../../flow/host-state.ts';

/** A container, and where foreign hosts reach it against its record. */
export interface OpenContainer {
  readonly name: string;
  /** `192.168.1.2:8080`, or an address of its own */
  readonly places: readonly string[];
}

type Judged = Pick<Exposure['ports'][number], 'filter'>;

/**
 * Where a container that is not public answers outside of this host: the packet filter is all that
 * keeps foreign hosts from it.
 * @param which absent: all of it
 */
export function listPlaces(
  { ports, addresses }: Pick<Exposure, 'ports' | 'addresses'>,
  which: (one: Judged) => boolean = () => true,
): readonly string[] {
  return [
    ...ports
      .filter((port) => port.declared !== 'everybody' && port.filter.length > 0 && which(port))
      .flatMap(({ port, protocol, addresses: bound }) =>
        bound
          .filter((address) => !address.startsWith('127.') && address !== '::1')
          .map((address) => formatPlace(address, port, protocol)),
      ),
    ...addresses.filter((address) => address.filter.length > 0 && which(address)).map(({ address }) => address),
  ];
}

/**
 * Who is reached now: the kernel has no rule that keeps foreign hosts from it. Where its rules cannot be
 * read, nobody knows.
 */
export function listOpen(exposures: readonly Exposure[]): readonly OpenContainer[] {
  const isOpen = ({ filter }: Judged): boolean =>
    filter.some(({ isKnown, networks }) => isKnown && networks === undefined);
  return exposures.flatMap((exposure) => {
    const places = listPlaces(exposure, isOpen);
    return places.length === 0 ? [] : [{ name: exposure.name, places }];
  });
}

/**
 * Whom foreign hosts could reach after an event, since the filter is disabled: all, where it goes with the
 * event, and otherwise who is changed by it. In words.
 */
export async function warnOfOpening(
  { paths, snapshot, facts }: HostState,
  filtered: readonly Filtered[],
  plan: Plan | undefined,
): Promise<readonly string[]> {
  if (new DockerRecord(snapshot).hasFilter) return [];
  const goes = filtered.some(({ outcome }) => outcome === 'removed');
  const touched = new Set((plan === undefined ? [] : listOperations(plan)).map(({ name }) => name));
  if (!goes && touched.size === 0) return [];
  const open = listOpening(snapshot, facts, await readOrNone(() => readExposure(paths, []))).filter(
    ({ name }) => goes || touched.has(name),
  );
  return open.length === 0 ? [] : [`Filter of docker is disabled: foreign hosts could reach ${formatOpen(open)}`];
}

/** Who would be without a filter: where those that run answer now, and the ports that records want. Pure. */
export function listOpening(snapshot: Snapshot, facts: Facts, running: readonly Exposure[]): readonly OpenContainer[] {
  const places = new Map<string, Set<string>>();
  const add = (name: string, place: string): unknown => places.set(name, (places.get(name) ?? new Set()).add(place));
  // the event stops it
  const goes = ({ isContainer, isEnabled }: Container): boolean => isContainer && !isEnabled;
  for (const exposure of running.filter(({ name }) => !goes(new Container(snapshot, name))))
    for (const place of listPlaces(exposure)) add(exposure.name, place);
  for (const { container, address, port, protocol } of [4, 6].flatMap((family) =>
    listFilteredPorts(snapshot, facts, family === 4 ? 4 : 6),
  )) {
    if (address !== undefined || !places.has(container))
      add(
        container,
        address === undefined
          ? `port ${port}${protocol === 'tcp' ? '' : `/${protocol}`}`
          : formatPlace(address, port, protocol),
      );
  }
  return [...places].map(([name, found]) => ({ name, places: [...found] })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `wiki (192.168.1.2:8080, 172.17.0.2), mail (port 25)` */
export function formatOpen(open: readonly OpenContainer[]): string {
  return open.map(({ name, places }) => `${name} (${places.join(', ')})`).join(', ');
}

function formatPlace(address: string, port: number, protocol: string): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}

/** Without an engine nothing runs that could be asked for. */
async function readOrNone(read: () => Promise<readonly Exposure[]>): Promise<readonly Exposure[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
