import { type Membership, NoQuorum, type SwarmEngine } from '../../engine/swarm-engine.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { openSwarm } from './open-swarm.ts';

/**
 * The swarm that this host is a manager of by its record.
 * @throws Failure where its engine is in none or no manager; NoQuorum
 */
export async function getManagedSwarm(
  snapshot: Snapshot,
): Promise<{ readonly swarm: SwarmEngine; readonly id: string }> {
  const swarm = await openSwarm(snapshot);
  const membership = await swarm.readMembership();
  if (membership.swarm !== undefined) return { swarm, id: membership.swarm.id };
  throw describeMissing(membership, swarm.socket);
}

function describeMissing({ state, isManager, managers, error }: Membership, socket: string): Failure {
  const what = 'cannot ask the swarm for its services';
  if (isManager)
    return new NoQuorum(what, {
      why: `the swarm has no leader: too few of its ${managers.length} managers answer`,
      hint: 'docksmith swarm nodes',
    });
  return new Failure(what, {
    why:
      state === 'active'
        ? `the engine at ${socket} is a worker of its swarm`
        : `the engine at ${socket} is in no swarm${error === '' ? '' : `: ${error}`}`,
    hint: 'signal-event docker-swarm-update',
  });
}
