import { Failure } from '../../base/errors.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { NodeFacts } from '../../host/facts.ts';
import { listEnabled } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { listNodeAddresses } from './node-address.ts';
import { openSwarm } from './open-swarm.ts';

/**
 * The nodes of the swarm that this host manages, for what is made of them: asked only where some service has a place
 * in the web. Undefined where that is not so, and where they are not known: the managers have no leader.
 */
export async function readNodes(snapshot: Snapshot): Promise<readonly NodeFacts[] | undefined> {
  if (new DockerRecord(snapshot).swarm !== 'manager') return undefined;
  if (!listEnabled(snapshot).some(({ isSwarmService, hasWeb }) => isSwarmService && hasWeb)) return undefined;
  try {
    const engine = await openSwarm(snapshot);
    const [{ node }, nodes] = await Promise.all([engine.readMembership(), engine.listNodes()]);
    return nodes.map(({ id, hostName, role, labels, ...places }) => ({
      name: hostName,
      address: listNodeAddresses(places)[0] ?? '',
      role,
      labels,
      isOwn: id === node,
    }));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
