import type { Step } from '../event/steps.ts';

/** The actions that this program knows from inside, so that it can say and check beforehand what they will do. */
export const KNOWN_ACTIONS = { setUp: 'docksmith-set-up', ports: 'docker-ports', daemon: 'docker-daemon', filter: 'docker-filter', release: 'docker-filter-release', reconcile: 'docker-reconcile', boot: 'docker-boot', start: 'docker-start', stop: 'docker-stop', restart: 'docker-restart', images: 'docker-image-update' } as const;

/** Actions that do to containers by name what an admin wants of them. */
export const ASKED_VERBS = ['start', 'stop', 'restart'] as const;

/** Whether a step of an event runs the action, under whatever number: `S50docker-reconcile`. */
export function hasAction(steps: readonly Step[], action: string): boolean {
  return steps.some((step) => step.kind === 'executable' && step.name.slice(3) === action);
}
