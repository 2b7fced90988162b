import type { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import type { Membership, SwarmNode } from '../../engine/swarm-engine.ts';
import { hasRoutingMesh } from '../../host/routing-mesh.ts';
import { readHostSnapshot } from '../../flow/host-state.ts';
import { openSwarm } from '../../flow/swarm/open-swarm.ts';
import { planMembership } from '../../flow/swarm/plan-membership.ts';
import type { SwarmPlan } from '../../flow/swarm/swarm-operation.ts';
import { readActual } from '../../flow/swarm/update-membership.ts';
import { readWantedSwarm, type WantedSwarm } from '../../model/swarm/wanted-swarm.ts';

/** What this host is in a swarm, and what it is to be. */
export interface SwarmView {
  readonly wanted: WantedSwarm;
  readonly membership: Membership;
  /** of managers that have a leader */
  readonly nodes?: readonly SwarmNode[];
  /** why a manager does not say them */
  readonly lack?: Failure;
  readonly plan: SwarmPlan;
  /** whether published ports of the routing mesh answer on this kernel */
  readonly hasMesh: boolean;
}

/** @throws Failure where the engine does not answer */
export async function readSwarmView(paths: Paths): Promise<SwarmView> {
  const snapshot = readHostSnapshot(paths);
  const wanted = readWantedSwarm(snapshot);
  const actual = await readActual(await openSwarm(snapshot));
  const { membership, nodes, lack } = actual;
  return {
    wanted,
    membership,
    ...(nodes === undefined ? {} : { nodes }),
    ...(lack === undefined ? {} : { lack }),
    plan: planMembership(wanted, actual),
    hasMesh: hasRoutingMesh(),
  };
}
