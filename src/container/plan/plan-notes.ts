import type { Actual, ActualContainer } from '../actual/actual.ts';
import { formatDifference, listAcceptedDifferences } from '../actual/difference.ts';
import { FEW_RESTARTS, formatTimes, isUnsteady } from '../actual/steady.ts';
import { getImage } from '../spec/run-spec.ts';
import type { DesiredContainer } from './desired.ts';
import { isStarting, type Operation } from './operation.ts';

/** Those that run right now, and will not for long; a container that is started again is looked at after that. */
export function listUnsteady(
  wanted: readonly DesiredContainer[],
  { containers, now }: Actual,
  operations: readonly Operation[],
): readonly ActualContainer[] {
  return wanted.flatMap(({ name, state }) => {
    const container = containers.get(name);
    const isLeft =
      state === 'running' &&
      container !== undefined &&
      !operations.some((operation) => operation.name === name && isStarting(operation));
    return isLeft && isUnsteady(container.inspect, now) ? [container] : [];
  });
}

export function describeUnsteady({ name, inspect: { RestartCount = 0 } }: ActualContainer): string {
  return `${name} ended ${formatTimes(RestartCount)} by itself, the last time just now; docksmith logs -n 20 ${name}`;
}

/** A container that may only have waited for another one is watched a little longer. */
export function hasEndedOften({ inspect: { RestartCount = 0 } }: ActualContainer): boolean {
  return RestartCount > FEW_RESTARTS;
}

/** What an adopted container keeps although its record says otherwise. */
export function describeKept(
  desired: DesiredContainer,
  actual: Actual,
  operations: readonly Operation[],
): readonly string[] {
  const container = actual.containers.get(desired.name);
  if (
    desired.state === 'stopped' ||
    container === undefined ||
    operations.some(({ name, verb }) => name === desired.name && verb === 'recreate')
  )
    return [];
  const kept = listAcceptedDifferences(desired.spec, container, actual.limitsSwap);
  return kept.length === 0
    ? []
    : [
        `${desired.name} was adopted, and stays as it was until it is recreated: ${kept.map(formatDifference).join(', ')}`,
      ];
}

/** A tag may mean another image by now: that is no reason to recreate a container, and worth knowing. */
export function describeImage(
  desired: DesiredContainer,
  actual: Actual,
  operations: readonly Operation[],
): readonly string[] {
  const container = actual.containers.get(desired.name);
  if (
    desired.state === 'stopped' ||
    container === undefined ||
    operations.some(({ name, verb }) => name === desired.name && (verb === 'recreate' || verb === 'create'))
  )
    return [];
  const reference = getImage(desired.spec);
  const id = actual.images.get(reference);
  return id === undefined || id === container.inspect.Image
    ? []
    : [
        `${desired.name} runs an older image than ${reference} is now; signal-event docker-image-update ${desired.name}`,
      ];
}
