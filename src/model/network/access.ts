import { isIP } from 'node:net';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Container } from '../container.ts';
import { canonicalAddress } from './network.ts';
import { type PublishedPort, splitList } from './parse-ports.ts';
import { singleValue } from '../web.ts';

/** The addresses of this host on its local networks, by the record `LocalIP`: one or several, of IPv4 and IPv6. */
export function localAddresses(snapshot: Snapshot): readonly string[] {
  return [...new Set(splitList(singleValue(snapshot, 'LocalIP') ?? '').map(canonicalAddress))];
}

/**
 * The addresses of the host that a container's published ports are bound to: for `access
 * private` the local ones and loopback, that of IPv6 too where a local one is of IPv6; for
 * `public` undefined, which is all of them. By the db alone: what the host has at the moment
 * changes nobody's run spec. A swarm publishes on all addresses of its nodes; there the packet filter alone keeps a
 * private port.
 */
export function boundAddresses(container: Container): readonly string[] | undefined {
  if (container.isPublic || container.isSwarmService) return undefined;
  const local = localAddresses(container.snapshot);
  const loopback = ['127.0.0.1', ...(local.some((address) => isIP(address) === 6) ? ['::1'] : [])];
  return [...local.filter((address) => !loopback.includes(address)), ...loopback];
}

/** Where the port is bound that Apache alone asks; undefined: at all addresses of a node. */
export function webAddresses({ isSwarmService }: Container): readonly string[] | undefined {
  return isSwarmService ? undefined : ['127.0.0.1'];
}

/** Where a published port is bound: at the address that the record names, else as its access says. */
export function addressesOf(
  container: Container,
  { address }: Pick<PublishedPort, 'address'>,
): readonly string[] | undefined {
  return address === undefined ? boundAddresses(container) : [address];
}
