import type { Snapshot } from '../../db/snapshot.ts';
import type { Facts } from '../../host/facts.ts';
import { type Container, listEnabled } from '../container.ts';
import { listJoinedNetworks } from '../links/links.ts';
import { describeNetwork } from './networks.ts';

/** The bridge of the engine's own network, unless its options say otherwise. */
export const DEFAULT_BRIDGE = 'docker0';

/** Over which a container on an overlay network reaches what is outside, and is reached. */
export const GATEWAY_BRIDGE = 'docker_gwbridge';

/**
 * The bridges of this host behind which enabled containers have addresses of their own, in the
 * order of the containers. Whoever is asked to route there reaches them past every published port.
 */
export function listContainerBridges(snapshot: Snapshot, facts: Facts): readonly string[] {
  const networks = new Set(
    listEnabled(snapshot)
      .filter(({ hasOwnPorts }) => hasOwnPorts)
      .flatMap(listNetworksOf),
  );
  const drivers = [...networks].map((network) => describeNetwork(snapshot, network).driver);
  // without an engine it is not known which network of others has which bridge
  const unknown = [...networks].some((network) => network !== 'bridge')
    ? [...facts.bridges].filter(([network, bridge]) => network === bridge).map(([, bridge]) => bridge)
    : [];
  return [
    ...new Set([
      ...[...networks].flatMap((network) =>
        [conventionalBridge(snapshot, network) ?? [], facts.bridges.get(network) ?? []].flat(),
      ),
      ...(drivers.includes('overlay') ? [GATEWAY_BRIDGE] : []),
      ...unknown,
    ]),
  ];
}

/** The networks of the engine that a container with one of its own is on, by its record. */
export function listNetworksOf(container: Container): readonly string[] {
  const joined = listJoinedNetworks(container).map(({ name }) => name);
  return joined.length === 0 ? ['bridge'] : joined;
}

/** What a network's bridge is called where docksmith named it, or no name is set; undefined: it has none. */
export function conventionalBridge(snapshot: Snapshot, network: string): string | undefined {
  return network === 'bridge' ? DEFAULT_BRIDGE : describeNetwork(snapshot, network).bridge;
}
