import type { Actual, ActualContainer } from '../actual/actual.ts';
import type { Condition } from '../../model/links/parse-links.ts';
import type { Desired } from './desired.ts';
import { listConditions } from '../spec/needs.ts';
import { isCreatedOnly } from '../spec/names.ts';
import { isAtWork } from './asked/jobs.ts';
import { isStarting, type Operation } from './operation.ts';
import type { Plan } from './plan.ts';
import { getStopRequest } from './stop-request.ts';

/** What was started longer after what it needs was not started along with it. */
const TOGETHER_MILLISECONDS = 60_000;

/** So long an engine may take to end its containers when it is shut down. */
const SHUTDOWN_MILLISECONDS = 60_000;

/** Names a start of a container: another start of the same has another one. */
export function formatStart(id: string, startedAt: string): string {
  return `${id} ${startedAt}`;
}

/**
 * Adds restarts for containers that an engine has started along with what they need, or
 * before it, when it came up: it knows of no order. And starts of those that the engine does not start
 * by itself and that ended with it. Pure.
 * @param ordered starts that were made in order, by name
 */
export function withBootOrder(
  plan: Plan,
  desired: Desired,
  actual: Actual,
  ordered: ReadonlyMap<string, string>,
): Plan {
  const { containers } = desired;
  const operations = [...plan.operations, ...listEndedWithEngine(plan, desired, actual, ordered)];
  for (const desired of containers) {
    if (desired.state !== 'running') continue;
    const container = actual.containers.get(desired.name);
    if (container?.inspect.State.Running !== true || isStarted(operations, desired.name)) continue;
    // one that was begun just now is not begun again
    if (isAtWork(desired.spec, container)) continue;
    const {
      id,
      name,
      nameNow,
      inspect: {
        State: { StartedAt },
      },
    } = container;
    if (ordered.get(name) === formatStart(id, StartedAt)) continue;
    const need = listConditions(desired.spec).find(
      ({ name: other, condition }) =>
        isStarted(operations, other) ||
        wasLate(actual.containers.get(other), container, condition === 'started' ? 0 : TOGETHER_MILLISECONDS),
    );
    if (need === undefined) continue;
    operations.push({
      verb: 'restart',
      id,
      name,
      nameNow,
      stop: getStopRequest(desired.spec, container),
      cause: `was started before ${need.name} ${DONE[need.condition]}`,
    });
  }
  const turn = (operation: Operation): number =>
    isStarting(operation) ? containers.findIndex(({ name }) => name === operation.name) : -1;
  return { ...plan, operations: operations.toSorted((a, b) => turn(a) - turn(b)) };
}

function isStarted(operations: readonly Operation[], name: string): boolean {
  return operations.some((operation) => operation.name === name && isStarting(operation));
}

const DONE: Readonly<Record<Condition, string>> = {
  started: 'was started',
  healthy: 'was healthy',
  completed: 'had completed',
};

/**
 * One that is not started again by the engine, and ended well, may have completed, or was stopped with the engine: it
 * ran on after the event that has started it, and ended when the last ones did.
 */
function listEndedWithEngine(
  plan: Plan,
  { containers, awaited }: Desired,
  actual: Actual,
  ordered: ReadonlyMap<string, string>,
): readonly Operation[] {
  const ends = [...actual.containers.values()].map(({ inspect }) => Date.parse(inspect.State.FinishedAt ?? ''));
  const last = Math.max(...ends.filter((end) => !Number.isNaN(end)));
  return containers.flatMap((desired): readonly Operation[] => {
    const container = actual.containers.get(desired.name);
    if (desired.state !== 'running' || container === undefined || plan.left?.has(desired.name) === true) return [];
    const { id, name, nameNow, inspect } = container;
    const { Status, StartedAt, FinishedAt = '' } = inspect.State;
    const hasEnded =
      Status === 'exited' &&
      ordered.get(name) === formatStart(id, StartedAt) &&
      Date.parse(FinishedAt) > last - SHUTDOWN_MILLISECONDS;
    return hasEnded &&
      !isCreatedOnly(desired.spec.ownLabels) &&
      awaited?.has(name) !== true &&
      !isStarted(plan.operations, name)
      ? [{ verb: 'start', id, name, nameNow, cause: 'ended with the engine', paused: false }]
      : [];
  });
}

function wasLate(need: ActualContainer | undefined, { inspect }: ActualContainer, together: number): boolean {
  if (need?.inspect.State.Running !== true) return false;
  const [started, neededAt] = [inspect.State.StartedAt, need.inspect.State.StartedAt].map((time) => Date.parse(time));
  return started !== undefined && neededAt !== undefined && started < neededAt + together;
}
