import { Failure, throwAll } from '../../../base/errors.ts';
import type { Actual, ActualContainer } from '../../actual/actual.ts';
import { ENDS_AGAIN } from '../../actual/steady.ts';
import { decide } from '../decide.ts';
import type { Desired } from '../desired.ts';
import { isNeverStarted } from '../../spec/names.ts';
import { listAtWork, planRuns } from './jobs.ts';
import { isStarting, type Operation, refer } from '../operation.ts';
import { listUnknown, type Plan, planReconcile } from '../plan.ts';
import { getStopRequest } from '../stop-request.ts';
import type { FailedSpecs } from '../skip-failed-specs.ts';

/** Operations that an admin asks for; those of the records come first, so that a start creates a missing container. */
export interface Asked {
  readonly verb: 'start' | 'stop' | 'restart';
  readonly names: readonly string[];
}

/**
 * The plan of `docker-container-start|stop|restart NAME…`. Throws for names that are not there, and for
 * starting what is disabled.
 */
export function planAsked(desired: Desired, actual: Actual, { verb, names }: Asked, failed?: FailedSpecs): Plan {
  const ours = [...actual.containers.values()].filter(({ name, nameNow }) => names.includes(name) && name === nameNow);
  if (verb === 'stop') {
    throwAll(listUnknown(desired, actual, names));
    throwAll(names.flatMap((name) => actual.misnamed?.get(name) ?? []));
    return {
      operations: [...(actual.renames ?? []), ...names.flatMap((name) => planStop(desired, actual, name))],
      notes: [],
    };
  }
  const disabled = desired.containers.filter(({ name, state }) => state === 'stopped' && names.includes(name));
  throwAll([
    ...desired.containers
      .filter(
        (container) =>
          container.state === 'running' && names.includes(container.name) && isNeverStarted(container.spec.ownLabels),
      )
      .map(
        ({ name }) =>
          new Failure(`cannot ${verb} container "${name}"`, {
            why: 'its Role is data: it is there for its volumes, and never runs',
          }),
      ),
    ...disabled.map(
      ({ name }) =>
        new Failure(`cannot ${verb} container "${name}"`, {
          why: 'its record is disabled',
          hint: `db docker_containers setprop ${name} status enabled`,
        }),
    ),
  ]);
  // who asks for a start asks for another try; a restart is one of what is there
  const plan = planReconcile(desired, actual, {
    names,
    failed: verb === 'restart' ? failed : undefined,
    endJobs: verb === 'restart',
  });
  const isStarted = (name: string): boolean =>
    plan.operations.some((operation) => operation.name === name && isStarting(operation));
  const runs = planRuns(names, plan.operations);
  const rest = ours
    .filter(({ name }) => !isStarted(name) && !runs.some((run) => run.name === name))
    .flatMap((container): readonly Operation[] => {
      // one that has finished its work is not started by an update, but by an admin it is
      if (!container.inspect.State.Running)
        return [{ verb: 'start', ...refer(container), cause: 'asked for', paused: false }];
      return verb === 'restart'
        ? [{ verb, ...refer(container), cause: 'asked for', stop: findStop(desired, container) }]
        : [];
    });
  // each after those that it needs, however they were named
  const turn = ({ name }: Operation): number => desired.containers.findIndex((container) => container.name === name);
  const isRestarted = (name: string): boolean => rest.some((operation) => operation.name === name);
  const left = new Map([...(plan.left ?? [])].filter(([name, why]) => why !== ENDS_AGAIN || !isRestarted(name)));
  return {
    ...plan,
    left,
    unsteady: (plan.unsteady ?? []).filter(({ name }) => !isRestarted(name)),
    notes: [...plan.notes, ...(verb === 'start' ? listAtWork(names, desired.containers, actual) : [])],
    operations: [...plan.operations, ...rest.toSorted((a, b) => turn(a) - turn(b)), ...runs],
  };
}

/** What an interrupted recreate has put aside serves in its place, and goes only when the new one is healthy. */
function planStop(desired: Desired, actual: Actual, name: string): readonly Operation[] {
  return decide({ name, state: 'stopped' }, actual).flatMap((operation): readonly Operation[] => {
    const container =
      'id' in operation ? [...actual.containers.values()].find(({ id }) => id === operation.id) : undefined;
    if (operation.verb === 'remove' && container !== undefined && container.nameNow !== name) return [];
    return [
      operation.verb === 'stop' && container !== undefined
        ? { ...operation, cause: 'asked for', stop: findStop(desired, container) }
        : operation,
    ];
  });
}

function findStop(desired: Desired, container: ActualContainer): ReturnType<typeof getStopRequest> {
  const wanted = desired.containers.find(({ name }) => name === container.name);
  return getStopRequest(wanted?.state === 'running' ? wanted.spec : undefined, container);
}
