import type { ContainerInspect } from '../../engine/engine-api.ts';

/**
 * A run that lasts so long makes the engine reset the waits between its restarts: so it counts as
 * one that went well (moby, restartmanager).
 */
const RUNS_WELL_AFTER_MILLISECONDS = 10_000;
const LONGEST_MILLISECONDS = 600_000;
/** A container that needs another one may end a few times until that is there. */
export const FEW_RESTARTS = 3;

/**
 * How long a container has to run until it is believed that it does not end again, in milliseconds:
 * not at all while it never ended by itself, ten seconds after a few ends, and each further one
 * doubles it, so that also one that ends every few minutes is found out.
 * @param restarts by the engine, since somebody last started it
 */
export function steadyTime(restarts: number): number {
  return restarts === 0
    ? 0
    : Math.min(LONGEST_MILLISECONDS, RUNS_WELL_AFTER_MILLISECONDS * 2 ** Math.max(0, restarts - FEW_RESTARTS));
}

/**
 * Whether a container ends again and again: the engine is about to start it once more, or has
 * done so a moment ago.
 * @param now by the engine's clock, in milliseconds since 1970; undefined: it does not tell, and what runs is believed
 */
export function isUnsteady(
  { State, RestartCount = 0 }: Pick<ContainerInspect, 'State' | 'RestartCount'>,
  now: number | undefined,
): boolean {
  if (State.Status === 'restarting') return true;
  // the engine's clock is told in whole seconds: what was started just now may seem to begin only after it
  return (
    State.Status === 'running' &&
    RestartCount > 0 &&
    now !== undefined &&
    now - Date.parse(State.StartedAt) < steadyTime(RestartCount)
  );
}

/** What is said of it in a few words. */
export const ENDS_AGAIN = 'ends again and again';

/** `2 times` */
export function formatTimes(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
