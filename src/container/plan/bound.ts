import type { Actual } from '../actual/actual.ts';
import type { DesiredContainer } from './desired.ts';
import type { Operation } from './operation.ts';
import { getStopRequest } from './stop-request.ts';
import { findSharedWith, listBound, listConditions } from '../spec/needs.ts';

/**
 * Adds what follows from what is done to others: a container that is bound to one which is
 * recreated is recreated after it, and one that has another's network is restarted after that
 * one started, since it is left with nothing but loopback. So is one that depends on another with `restart`.
 * @param wanted in the order in which they are started, so that what follows is followed too
 */
export function followBound(
  operations: readonly Operation[],
  wanted: readonly DesiredContainer[],
  actual: Actual,
): readonly Operation[] {
  const all = [...operations];
  const isDone = (name: string, verbs: readonly Operation['verb'][]): boolean =>
    all.some((operation) => operation.name === name && verbs.includes(operation.verb));
  for (const desired of wanted) {
    const container = actual.containers.get(desired.name);
    if (desired.state !== 'running' || container === undefined || isDone(desired.name, ['create', 'recreate']))
      continue;
    const { spec, name } = desired;
    const { State, Created } = container.inspect;
    const cause = listBound(spec).flatMap((target) => {
      if (isDone(target, ['create', 'recreate'])) return `${target} is recreated`;
      const made = actual.containers.get(target)?.inspect.Created;
      return made !== undefined && Date.parse(made) > Date.parse(Created) ? `${target} was created after it` : [];
    })[0];
    const place = { id: container.id, name, nameNow: container.nameNow, stop: getStopRequest(spec, container) };
    if (cause !== undefined) {
      replaceOf(all, name, { verb: 'recreate', ...place, cause, spec, wasRunning: State.Running }, wanted);
      continue;
    }
    const leader = listConditions(spec).find(
      (need) => need.restarts && isDone(need.name, ['recreate', 'restart']) && State.Running,
    );
    if (leader !== undefined && !isDone(name, ['start', 'restart'])) {
      const how = isDone(leader.name, ['recreate']) ? 'recreated' : 'restarted';
      all.push({ verb: 'restart', ...place, cause: `${leader.name}, which it depends on, is ${how}` });
      continue;
    }
    const shared = findSharedWith(spec.values['network_mode']);
    const other = shared === undefined ? undefined : actual.containers.get(shared)?.inspect.State;
    if (shared === undefined || !State.Running || isDone(name, ['start', 'restart'])) continue;
    if (isDone(shared, ['start', 'restart']))
      all.push({ verb: 'restart', ...place, cause: `${shared}, whose network it shares, is started` });
    else if (other?.Running === true && Date.parse(other.StartedAt) > Date.parse(State.StartedAt))
      all.push({ verb: 'restart', ...place, cause: `${shared}, whose network it shares, was started after it` });
  }
  return all;
}

/** In the place that is the container's among those that are started. */
function replaceOf(all: Operation[], name: string, operation: Operation, wanted: readonly DesiredContainer[]): void {
  for (let n = all.length - 1; n >= 0; n--) if (all[n]?.name === name && all[n]?.verb !== 'remove') all.splice(n, 1);
  const turn = (one: string): number => wanted.findIndex((container) => container.name === one);
  const later = all.findIndex((other) => turn(other.name) > turn(name));
  all.splice(later === -1 ? all.length : later, 0, operation);
}
