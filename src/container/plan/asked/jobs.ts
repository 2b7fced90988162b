import type { Actual, ActualContainer } from '../../actual/actual.ts';
import { isJob } from '../../spec/names.ts';
import type { RunSpec } from '../../spec/run-spec.ts';
import type { DesiredContainer } from '../desired.ts';
import type { Operation } from '../operation.ts';

/**
 * Whether a job is in the middle of its run. What the engine starts again for ever was a service when it was
 * started, and has no end to wait for.
 */
export function isAtWork(spec: RunSpec, { inspect: { State, HostConfig } }: ActualContainer): boolean {
  const isUp = State.Running || State.Status === 'restarting' || State.Status === 'paused';
  return isUp && isJob(spec.ownLabels) && !['always', 'unless-stopped'].includes(HostConfig.RestartPolicy?.Name ?? '');
}

/** Half a backup is worse than one made by yesterday's record: a job that runs is not taken down for a change. */
export function leaveAtWork(
  operations: readonly Operation[],
  wanted: readonly DesiredContainer[],
  actual: Actual,
): { readonly operations: readonly Operation[]; readonly notes: readonly string[] } {
  const isLeft = ({ name, verb }: Operation): boolean => {
    const desired = wanted.find((container) => container.name === name);
    const container = actual.containers.get(name);
    return (
      (verb === 'recreate' || verb === 'restart') &&
      desired?.state === 'running' &&
      container !== undefined &&
      isAtWork(desired.spec, container)
    );
  };
  return {
    operations: operations.filter((operation) => !isLeft(operation)),
    notes: operations
      .filter(isLeft)
      .map(
        ({ name, verb, cause }) =>
          `${name} runs, and is a job: ${verb === 'recreate' ? 'recreated after it, by the next event or start' : 'not restarted'}: ${cause}`,
      ),
  };
}

/** The runs that are asked for of jobs whose containers are made first. */
export function planRuns(names: readonly string[], operations: readonly Operation[]): readonly Operation[] {
  return operations.flatMap((operation): readonly Operation[] => {
    const { name, verb } = operation;
    const isMade = verb === 'create' || verb === 'recreate';
    return isMade && names.includes(name) && isJob(operation.spec.ownLabels)
      ? // the engine takes a name as well, and this one has no id yet
        [{ verb: 'start', id: name, name, nameNow: name, cause: 'asked for', paused: false }]
      : [];
  });
}

/** Of those that are asked for, jobs that run already. */
export function listAtWork(
  names: readonly string[],
  wanted: readonly DesiredContainer[],
  actual: Actual,
): readonly string[] {
  return wanted.flatMap((desired) => {
    const container = actual.containers.get(desired.name);
    const isTwice =
      names.includes(desired.name) &&
      desired.state === 'running' &&
      container !== undefined &&
      isAtWork(desired.spec, container);
    return isTwice ? [`${desired.name} runs already: it is a job, and never runs twice at once`] : [];
  });
}
