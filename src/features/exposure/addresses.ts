import { isIP } from 'node:net';
import { bridgeOf } from '../../container/actual/engine-facts.ts';
import type { NetworkSummary } from '../../engine/engine.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import { ON_THE_WIRE } from '../../model/network/networks.ts';
import { Container } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import type { Audience } from './declared-ports.ts';
import { type FilterOfPort, listMismatchesOfFilter, type PortsOf, readFilter } from './filter.ts';

/**
 * An address of a container's own: a host that can route to it bypasses published ports, the addresses that they
 * are bound to, and Apache.
 */
export interface ExposedAddress {
  readonly address: string;
  readonly network: string;
  /** the driver of the network */
  readonly driver: string;
  /** what the packet filter makes of it */
  readonly filter: readonly FilterOfPort[];
  readonly reached: Audience;
  readonly mismatches: readonly string[];
}

/**
 * The addresses that a container has now. Nobody but the local networks and this host has to do with them,
 * also where it is public. Pure.
 * @param networks of the engine, by name
 */
export function listExposedAddresses(
  host: PortsOf,
  name: string,
  { NetworkSettings }: ContainerInspect,
  networks: ReadonlyMap<string, NetworkSummary>,
): readonly ExposedAddress[] {
  return Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([network, endpoint]) => {
    const there = networks.get(network);
    const addresses = [endpoint?.IPAddress, endpoint?.GlobalIPv6Address].filter(
      (address) => address !== undefined && address !== '',
    );
    return there === undefined ? [] : addresses.flatMap((address) => judge(host, name, there, address ?? '') ?? []);
  });
}

function judge(host: PortsOf, name: string, network: NetworkSummary, address: string): ExposedAddress | undefined {
  const { snapshot } = host;
  const of = { address, network: network.name, driver: network.driver };
  if (ON_THE_WIRE.includes(network.driver)) {
    const isPublic = new Container(snapshot, name).isPublic;
    return {
      ...of,
      filter: [],
      reached: 'everybody',
      mismatches: isPublic ? [] : [`no packet filter of this host is in front of a network of ${network.driver}`],
    };
  }
  const bridge = bridgeOf(network);
  // no others are routed to by this host
  if (bridge === undefined) return undefined;
  const filter = readFilter(host, isIP(address) === 6 ? 'IPv6' : 'IPv4', [{ kind: 'direct', address, bridge }]);
  const reached: Audience = filter.every(({ networks }) => networks !== undefined) ? 'local networks' : 'everybody';
  return {
    ...of,
    filter,
    reached,
    mismatches: new DockerRecord(snapshot).hasFilter ? listMismatchesOfFilter(snapshot, filter) : [],
  };
}
