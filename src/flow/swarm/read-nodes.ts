import { isIP } from 'node:net';
import { Failure } from '../../base/errors.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { NodeFacts } from '../../host/facts.ts';
import { listEnabled } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
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
    return nodes.map(({ id, hostName, address, manager, role, labels }) => ({
      name: hostName,
      // a leader may not say its own there
      address: isIP(address) === 0 || address === '0.0.0.0' ? (manager?.address ?? '').replace(/:\d+$/, '') : address,
      role,
      labels,
      isOwn: id === node,
    }));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
