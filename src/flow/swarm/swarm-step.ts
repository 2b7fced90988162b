import type { StepPart } from '../step-part.ts';
import type { LeaveRequest } from './plan-membership.ts';
import { readMembershipPlan } from './update-membership.ts';

/** Of `docksmith swarm update`. */
export function swarmStep(request: LeaveRequest): StepPart {
  return {
    plan: async ({ hostState: { snapshot } }) => {
      const { operations, notes, mistakes } = await readMembershipPlan(snapshot, request);
      return { swarm: operations, warnings: [...notes, ...mistakes.map(({ message }) => message)] };
    },
  };
}
