import { isIP } from 'node:net';
import type { ContainerSummary } from '../../engine/engine.ts';
import { FAMILIES } from '../../firewall/kernel.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { Container } from '../../model/container.ts';
import { isLoopback } from '../../base/loopback.ts';
import { canonicalAddress } from '../../model/network/network.ts';
import { type Audience, type DeclaredPort, listDeclaredPorts } from './declared-ports.ts';
import { type FilterOfPort, isOpen, listMismatchesOfFilter, type PortsOf, readFilter } from './filter.ts';

/** A port of the host that leads to a container, or should. */
export interface ExposedPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** published: by the engine; host: the container listens on the host's own network */
  readonly kind: 'published' | 'host';
  /** whom the record wants to reach it; undefined: no record names the port */
  readonly declared: Audience | undefined;
  /** the addresses where it answers now */
  readonly addresses: readonly string[];
  /** what the packet filter makes of it, where it has to do with it */
  readonly filter: readonly FilterOfPort[];
  readonly reached: Audience;
  readonly mismatches: readonly string[];
  /** of a service of the swarm: the nodes that answer; absent: a container's, or this host is not told */
  readonly nodes?: 'all' | readonly string[];
}

const ANY = ['0.0.0.0', '::'];

/**
 * The ports of a container by its record, then its others. Pure.
 * @param container as the engine has it; undefined: it is not there
 */
export function listExposedPorts(
  host: PortsOf,
  name: string,
  container: ContainerSummary | undefined,
): readonly ExposedPort[] {
  const { snapshot, facts } = host;
  const record = new Container(snapshot, name);
  const declared = record.isEnabled ? listDeclaredPorts(record, facts) : [];
  const isUp = container?.status === 'running' || container?.status === 'paused';
  const published = isUp ? container.ports : [];
  const ports = declared.map((wanted): ExposedPort => {
    const addresses =
      wanted.kind === 'host'
        ? facts.listeners
            .filter(({ port, protocol }) => isUp && port === wanted.port && protocol === wanted.protocol)
            .map(({ address }) => address)
        : published
            .filter(({ hostPort, protocol }) => hostPort === wanted.port && protocol === wanted.protocol)
            .map(({ address }) => address);
    return judge(host, wanted, [...new Set(addresses.map(canonicalAddress))]);
  });
  const unknown = published.filter(
    ({ hostPort, protocol }) =>
      !declared.some(
        (wanted) => wanted.kind === 'published' && wanted.port === hostPort && wanted.protocol === protocol,
      ),
  );
  const numbers = [...new Map(unknown.map((one) => [`${one.hostPort}/${one.protocol}`, one])).values()];
  return [
    ...ports,
    ...numbers.map(({ hostPort, protocol }) =>
      judge(
        host,
        {
          port: hostPort,
          protocol: protocol === 'udp' ? 'udp' : 'tcp',
          kind: 'published',
          addresses: [],
          declared: undefined,
        },
        unknown
          .filter((other) => other.hostPort === hostPort && other.protocol === protocol)
          .map(({ address }) => canonicalAddress(address)),
      ),
    ),
  ];
}

/** What is so of a port of this host, against what is wanted. Pure. */
export function judge(host: PortsOf, wanted: DeclaredPort, addresses: readonly string[]): ExposedPort {
  const { port, protocol, kind, declared } = wanted;
  const { snapshot } = host;
  const outside = addresses.filter((address) => !isLoopback(address));
  const isFiltered = new DockerRecord(snapshot).hasFilter;
  const filter = FAMILIES.flatMap(({ name: family }): readonly FilterOfPort[] => {
    const own = outside.filter((address) => listFamilies(address, kind).includes(family));
    return own.length === 0
      ? []
      : readFilter(
          host,
          family,
          own.map((address) => ({ protocol, port, kind, address: ANY.includes(address) ? undefined : address })),
        );
  });
  // what the engine translates is answered before the kernel asks whether such an address may come over a wire
  const loopback =
    kind === 'published' && !filter.some(isOpen) && addresses.some((address) => address.startsWith('127.'))
      ? readFilter(host, 'IPv4', [{ kind: 'loopback' }]).filter(isOpen)
      : [];
  const reached: Audience =
    addresses.length === 0
      ? 'nobody'
      : outside.length === 0
        ? 'this host'
        : filter.every(({ networks }) => networks !== undefined)
          ? 'local networks'
          : 'everybody';
  return {
    port,
    protocol,
    kind,
    declared,
    addresses,
    filter,
    reached,
    mismatches: [
      ...listMismatchesOfAddresses(wanted, addresses),
      ...(declared === 'local networks' && isFiltered ? listMismatchesOfFilter(snapshot, filter) : []),
      ...(isFiltered
        ? loopback.map(
            ({ why }) => `the IPv4 filter does not keep hosts on the same network from 127.0.0.1: ${why ?? ''}`,
          )
        : []),
      // what only this host is to reach has no rule, and is seen by its addresses
      ...(declared === 'everybody'
        ? filter
            .filter(({ networks }) => networks !== undefined)
            .map(
              ({ family }) => `the ${family} filter blocks it outside the local networks, and the record says public`,
            )
        : []),
    ],
  };
}

/** A socket of IPv6 on all addresses answers over IPv4, too; the engine has one of each. */
function listFamilies(address: string, kind: ExposedPort['kind']): readonly ('IPv4' | 'IPv6')[] {
  if (address === '::' && kind === 'host') return ['IPv4', 'IPv6'];
  return [isIP(address) === 6 ? 'IPv6' : 'IPv4'];
}

function listMismatchesOfAddresses(
  { kind, addresses: wanted, declared }: DeclaredPort,
  addresses: readonly string[],
): readonly string[] {
  if (declared === undefined) return ['published, and no record says so'];
  if (addresses.length === 0) return [kind === 'host' ? 'nothing listens there' : 'not published now'];
  if (kind === 'host') return [];
  if (wanted === undefined)
    return addresses.some((address) => ANY.includes(address))
      ? []
      : [`bound to ${addresses.join(', ')} alone, and the record says public`];
  const [more, less] = [
    addresses.filter((address) => !wanted.includes(address)),
    wanted.filter((address) => !addresses.includes(address)),
  ];
  const all = more.some((address) => ANY.includes(address));
  return [
    ...(all ? ['bound to every address'] : more.map((address) => `bound to ${address}, too`)),
    ...(all ? [] : less.map((address) => `not bound to ${address}`)),
  ];
}
