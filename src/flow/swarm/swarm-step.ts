import { throwAll } from '../../base/errors.ts';
import { readWantedSwarm } from '../../model/swarm/wanted-swarm.ts';
import type { StepPart } from '../step-part.ts';
import type { LeaveRequest } from './plan-membership.ts';
import { readMembershipPlan } from './update-membership.ts';

/** Of `docksmith swarm update`. */
export function swarmStep(request: LeaveRequest): StepPart {
  return {
    // what depends on the engine is for the step: another one may have to restart it before
    check: ({ hostState: { snapshot } }) => {
      throwAll(readWantedSwarm(snapshot).refused);
      return Promise.resolve([]);
    },
    plan: async ({ hostState: { snapshot } }) => {
      const { operations, notes, mistakes } = await readMembershipPlan(snapshot, request);
      return { swarm: operations, warnings: [...notes, ...mistakes.map(({ message }) => message)] };
    },
  };
}
