import { Interrupted, isInterruption } from '../base/interrupt.ts';
import type { StepResult } from '../event/run-step.ts';
import { addIntents } from '../output/commit/intents.ts';
import type { Paths } from '../base/paths.ts';

/** Pending until all containers were reconciled. */
export const ALL_CONTAINERS = { kind: 'container', name: 'all' } as const;

/** Notes that containers are still to be brought to what the records say. */
export function notePending(paths: Paths, cause: string): void {
  addIntents(paths, [{ ...ALL_CONTAINERS, verbs: ['reconcile'], causes: [cause], since: new Date().toISOString() }]);
}

/** Whether the step ended since the signal reached it too; it has said itself what it left. */
export function isEndedBySignal(
  { exitCode, signal: endedBy }: Pick<StepResult, 'exitCode' | 'signal'>,
  signal: AbortSignal,
): boolean {
  return signal.aborted && (isInterruption(exitCode) || endedBy !== undefined);
}

/** @param left names of the steps that were not begun; undefined: nothing was installed */
export function describeInterrupted(
  event: string,
  signal: AbortSignal,
  left: readonly string[] | undefined,
): Interrupted {
  return new Interrupted(
    `cannot complete event "${event}"`,
    signal,
    left === undefined
      ? 'nothing was changed'
      : left.length === 0
        ? 'all of its steps were begun'
        : `not done: ${left.join(', ')}`,
  );
}
