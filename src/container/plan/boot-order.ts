import type { Actual, ActualContainer } from '../actual/actual.ts';
import type { Desired } from './desired.ts';
import { listSpecNeeds } from '../spec/needs.ts';
import { isAtWork } from './asked/jobs.ts';
import { isStarting, type Operation } from './operation.ts';
import type { Plan } from './plan.ts';
import { getStopRequest } from './stop-request.ts';

/** Whoever was started longer after what it needs was not started along with it. */
const TOGETHER_MILLISECONDS = 60_000;

/** Names a start of a container: another start of the same has another one. */
export function formatStart(id: string, startedAt: string): string {
  return `${id} ${startedAt}`;
}

/**
 * Adds restarts for containers that an engine has started along with what they need, or
 * before it, when it came up: it knows of no order. Pure.
 * @param ordered starts that were made when what is needed was healthy, by name
 */
export function withBootOrder(
  plan: Plan,
  { containers }: Desired,
  actual: Actual,
  ordered: ReadonlyMap<string, string>,
): Plan {
  const operations = [...plan.operations];
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
    const need = listSpecNeeds(desired.spec).find(
      (other) => isStarted(operations, other) || wasLate(actual.containers.get(other), container),
    );
    if (need === undefined) continue;
    operations.push({
      verb: 'restart',
      id,
      name,
      nameNow,
      stop: getStopRequest(desired.spec, container),
      cause: `was started before ${need} was healthy`,
    });
  }
  const turn = (operation: Operation): number =>
    isStarting(operation) ? containers.findIndex(({ name }) => name === operation.name) : -1;
  return { ...plan, operations: operations.toSorted((a, b) => turn(a) - turn(b)) };
}

function isStarted(operations: readonly Operation[], name: string): boolean {
  return operations.some((operation) => operation.name === name && isStarting(operation));
}

function wasLate(need: ActualContainer | undefined, { inspect }: ActualContainer): boolean {
  if (need?.inspect.State.Running !== true) return false;
  const [started, neededAt] = [inspect.State.StartedAt, need.inspect.State.StartedAt].map((time) => Date.parse(time));
  return started !== undefined && neededAt !== undefined && started < neededAt + TOGETHER_MILLISECONDS;
}
