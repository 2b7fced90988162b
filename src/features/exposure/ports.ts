import { isIP } from 'node:net';
import type { ContainerSummary } from '../../engine/engine.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import type { Facts } from '../../host/facts.ts';
import { FAMILIES, isOutOfReach, type OutOfReach } from '../../firewall/kernel.ts';
import { findPassing, type Way } from '../../firewall/reach.ts';
import type { Rules } from '../../firewall/rules.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { boundAddresses } from '../../model/network/access.ts';
import { Container } from '../../model/container.ts';
import { isLoopback, listListening } from '../../model/network/filtered-ports.ts';
import { canonicalAddress, formatNetwork, listLocalNetworks } from '../../model/network/network.ts';
import { publishedPorts } from '../../model/network/ports.ts';
import { NotAccepted } from '../../model/network/parse-ports.ts';
import { backEndPort } from '../../model/web.ts';

/** Who can reach something, from few to many. */
export type Audience = 'nobody' | 'this host' | 'local networks' | 'everybody';

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
}

export interface FilterOfPort {
  readonly family: 'IPv4' | 'IPv6';
  /** false: the kernel's rules could not be read */
  readonly isKnown: boolean;
  /** whom it lets through, by network; undefined: everybody */
  readonly networks: readonly string[] | undefined;
  /** why that is everybody, or is not known */
  readonly why: string | undefined;
}

/** The kernel's rules by family. */
export type KernelRules = ReadonlyMap<'IPv4' | 'IPv6', Rules | OutOfReach>;

export interface PortsOf {
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly rules: KernelRules;
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
  const declared = record.isEnabled ? listDeclared(record, facts) : [];
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

interface Declared {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly kind: 'published' | 'host';
  /** undefined: all of them */
  readonly addresses: readonly string[] | undefined;
  readonly declared: Audience | undefined;
}

function listDeclared(container: Container, facts: Facts): readonly Declared[] {
  const addresses = boundAddresses(container);
  const declared = addresses === undefined ? 'everybody' : 'local networks';
  try {
    const web = container.hasWeb && container.hasOwnPorts ? backEndPort(container, facts) : undefined;
    return [
      ...publishedPorts(container, facts).map(
        ({ host: port, protocol }): Declared => ({
          port,
          protocol,
          kind: 'published',
          addresses,
          declared: addresses?.every(isLoopback) === true ? 'this host' : declared,
        }),
      ),
      ...listListening(container, facts).map(
        ({ port, protocol }): Declared => ({ port, protocol, kind: 'host', addresses: undefined, declared }),
      ),
      ...(web === undefined
        ? []
        : [
            { port: web, protocol: 'tcp', kind: 'published', addresses: ['127.0.0.1'], declared: 'this host' } as const,
          ]),
    ];
  } catch (error) {
    if (error instanceof NotAccepted)
      throw new Failure(`cannot tell the ports of container "${container.key}"`, {
        why: `${error.prop} ${JSON.stringify(error.value)}: ${error.message}`,
      });
    throw error;
  }
}

function judge(host: PortsOf, wanted: Declared, addresses: readonly string[]): ExposedPort {
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

function isOpen({ isKnown, networks }: FilterOfPort): boolean {
  return isKnown && networks === undefined;
}

/** Whom the kernel's rules of a family let through on any of the ways; nothing where that family was not read. */
export function readFilter(
  { snapshot, rules }: PortsOf,
  family: FilterOfPort['family'],
  ways: readonly Way[],
): readonly FilterOfPort[] {
  const read = rules.get(family);
  if (read === undefined) return [];
  if (isOutOfReach(read)) return [{ family, isKnown: false, networks: undefined, why: `not known, ${read.why}` }];
  const found = ways.map((way) => findPassing(read, way));
  const open = found.find(({ networks }) => networks === undefined);
  if (open === undefined)
    return [
      { family, isKnown: true, networks: [...new Set(found.flatMap(({ networks = [] }) => networks))], why: undefined },
    ];
  return [
    {
      family,
      isKnown: true,
      networks: undefined,
      why: new DockerRecord(snapshot).hasFilter ? open.why : 'Filter of docker is disabled',
    },
  ];
}

/** A socket of IPv6 on all addresses answers over IPv4, too; the engine has one of each. */
function listFamilies(address: string, kind: ExposedPort['kind']): readonly ('IPv4' | 'IPv6')[] {
  if (address === '::' && kind === 'host') return ['IPv4', 'IPv6'];
  return [isIP(address) === 6 ? 'IPv6' : 'IPv4'];
}

function listMismatchesOfAddresses(
  { kind, addresses: wanted, declared }: Declared,
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

export function listMismatchesOfFilter(snapshot: Snapshot, filter: readonly FilterOfPort[]): readonly string[] {
  return filter.flatMap(({ family, isKnown, networks, why }) => {
    if (!isKnown) return [`networks that the ${family} filter lets in: ${why ?? ''}`];
    if (networks === undefined) return [`the ${family} filter does not block it: ${why ?? ''}`];
    const local = [...listLocalNetworks(snapshot).values()]
      .filter((network) => `IPv${network.family}` === family)
      .map(formatNetwork);
    const [more, less] = [
      networks.filter((network) => !local.includes(network)),
      local.filter((network) => !networks.includes(network)),
    ];
    return [
      ...more.map((network) => `the ${family} filter lets ${network} in, which is none of db networks`),
      ...less.map((network) => `the ${family} filter keeps ${network} of db networks out`),
    ];
  });
}
