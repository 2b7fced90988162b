import { isLoopback } from '../../base/loopback.ts';
import { isIP } from 'node:net';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Facts } from '../../host/facts.ts';
import { type Container, listEnabled } from '../container.ts';
import { addressesOf } from './access.ts';
import { namedPorts, publishedPorts } from './ports.ts';
import { NotAccepted } from './parse-ports.ts';
import { webPort } from '../web.ts';

/** A port of the host that only the local networks may reach. */
export interface FilteredPort {
  readonly container: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** the address that it is bound to; undefined: every address of the host */
  readonly address: string | undefined;
  /**
   * by whom it is answered: a container behind the engine's translation of addresses, or one on the
   * host's own network
   */
  readonly kind: 'published' | 'host';
}

/**
 * The ports of enabled private containers that somebody outside could reach over IPv4 or IPv6,
 * in byte order of the containers. What is bound to loopback alone is not among them; what a
 * record says wrongly is left out, since that is refused elsewhere.
 */
export function listFilteredPorts(snapshot: Snapshot, facts: Facts, family: 4 | 6): readonly FilteredPort[] {
  return listEnabled(snapshot).flatMap((of): readonly FilteredPort[] => {
    const { key: container } = of;
    if (of.isPublic) return [];
    if (!of.hasOwnPorts) {
      return listListening(of, facts).map(
        (port): FilteredPort => ({ container, ...port, address: undefined, kind: 'host' }),
      );
    }
    const published = orNone(() => publishedPorts(of, facts));
    if (of.isSwarmService)
      return published.map(
        ({ host: port, protocol }): FilteredPort => ({
          container,
          protocol,
          port,
          address: undefined,
          kind: 'published',
        }),
      );
    return published.flatMap(({ host: port, protocol, address: own }) =>
      (addressesOf(of, { address: own }) ?? [])
        .filter((address) => isIP(address) === family && !isLoopback(address))
        .map((address): FilteredPort => ({ container, protocol, port, address, kind: 'published' })),
    );
  });
}

/**
 * Where a container on the host's network answers by itself: the ports that its record names, and the one
 * that Apache talks to.
 */
export function listListening(
  container: Container,
  facts: Facts,
): readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[] {
  if (container.network !== 'host') return [];
  const named = orNone(() => namedPorts(container, facts));
  const web = container.hasWeb ? orNone(() => [{ port: webPort(container, facts), protocol: 'tcp' as const }]) : [];
  return [
    ...named,
    ...web.filter(({ port }) => !named.some((other) => other.port === port && other.protocol === 'tcp')),
  ];
}

function orNone<T>(list: () => readonly T[]): readonly T[] {
  try {
    return list();
  } catch (error) {
    if (error instanceof NotAccepted) return [];
    throw error;
  }
}
