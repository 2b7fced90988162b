import { Failure } from '../../base/errors.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { isOneAddress, listNodeAddresses, withoutPort } from './node-address.ts';
import { openSwarm } from './open-swarm.ts';

/**
 * The addresses of the other nodes as this host's engine knows them: all of a manager, the managers of a worker, and
 * where they have no leader. Undefined: it is in no swarm, or does not say; a host that is to be in none is not asked.
 */
export async function readPeers(snapshot: Snapshot): Promise<readonly string[] | undefined> {
  if (new DockerRecord(snapshot).swarm === 'none') return undefined;
  try {
    const engine = await openSwarm(snapshot);
    const membership = await engine.readMembership();
    if (membership.state !== 'active') return undefined;
    const nodes = membership.isManager ? await engine.listNodes().catch(ignoreFailure) : [];
    const managers = membership.managers.map(({ address }) => withoutPort(address)).filter(isOneAddress);
    const all = new Set([...managers, ...nodes.flatMap(listNodeAddresses)]);
    return [...all].filter((address) => address !== '127.0.0.1' && address !== membership.address);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function ignoreFailure(error: unknown): [] {
  if (error instanceof Failure) return [];
  throw error;
}
