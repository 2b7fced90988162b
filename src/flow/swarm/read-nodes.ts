import { Failure } from '../../base/errors.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Membership, SwarmNode } from '../../engine/swarm-engine.ts';
import type { Facts, NodeFacts } from '../../host/facts.ts';
import { listEnabled } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { isOneAddress, listNodeAddresses, withoutPort } from './node-address.ts';
import { openSwarm } from './open-swarm.ts';

/**
 * The nodes of the swarm that this host is in, for what is made of them, and their addresses. Nothing where it is in
 * none, or its engine does not say; a host that is to be in none is not asked.
 */
export async function readNodes(snapshot: Snapshot): Promise<Pick<Facts, 'nodes' | 'peers'>> {
  if (new DockerRecord(snapshot).swarm === 'none') return {};
  try {
    const engine = await openSwarm(snapshot);
    const membership = await engine.readMembership();
    if (membership.state !== 'active') return {};
    // managers that have no leader do not say them
    const nodes = membership.isManager ? await engine.listNodes().catch(ignoreFailure) : undefined;
    return {
      nodes: isWanted(snapshot) ? nodes?.map((node) => describe(node, membership)) : undefined,
      peers: listPeers(membership, nodes ?? []),
    };
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}

/** Where no service has a place in the web, nothing is made of them: a node more changes no file. */
function isWanted(snapshot: Snapshot): boolean {
  return (
    new DockerRecord(snapshot).swarm === 'manager' &&
    listEnabled(snapshot).some(({ isSwarmService, hasWeb }) => isSwarmService && hasWeb)
  );
}

function describe({ id, hostName, role, labels, ...places }: SwarmNode, { node }: Membership): NodeFacts {
  return { name: hostName, address: listNodeAddresses(places)[0] ?? '', role, labels, isOwn: id === node };
}

/** Of the other nodes: all of a manager, the managers of a worker, and where they have no leader. */
function listPeers({ managers, address: own }: Membership, nodes: readonly SwarmNode[]): readonly string[] {
  const all = new Set([
    ...managers.map(({ address }) => withoutPort(address)).filter(isOneAddress),
    ...nodes.flatMap(listNodeAddresses),
  ]);
  return [...all].filter((address) => address !== '127.0.0.1' && address !== own);
}

function ignoreFailure(error: unknown): undefined {
  if (error instanceof Failure) return undefined;
  throw error;
}
