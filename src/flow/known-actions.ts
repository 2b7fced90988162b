import type { Step } from '../event/steps.ts';

/** The actions that this program knows from inside, so that it can say and check beforehand what they will do. */
export const KNOWN_ACTIONS = { ports: 'docker-ports', daemon: 'docker-daemon', filter: 'docker-filter', reconcile: 'docker-reconcile', boot: 'docker-boot' } as const;

/** Whether a step of an event runs the action, under whatever number: `S50docker-reconcile`. */
export function hasAction(steps: readonly Step[], action: string): boolean {
  return steps.some((step) => step.kind === 'executable' && step.name.slice(3) === action);
}
