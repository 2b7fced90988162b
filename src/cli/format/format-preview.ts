import { formatPlan, tellOperations } from '../../container/plan/format-plan.ts';
import type { Preview } from '../../features/dry-run/dry-run.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import type { DiffOptions } from '../../output/plan/diff.ts';
import { formatSwarmOperation, jsonSwarmOperation } from './format-swarm.ts';
import { formatFiltered } from './format-filter.ts';
import { countChanges, formatCauses, formatChanges, jsonChanges } from './format-signal.ts';
import { type painter } from './terminal.ts';

/**
 * What an event would do, for a person.
 * @param isDry whether that is all: nothing is done after it, and nobody is asked
 */
export function formatPreview(
  event: string,
  preview: Preview,
  paint: ReturnType<typeof painter>,
  isDry: boolean,
): string {
  const { changes, allocated, plan, restartsDaemon, filtered, contents, swarm, services, checks, executables } =
    preview;
  return [
    ...allocated.map((change) => `would set ${change}\n`),
    formatChanges(changes, paint),
    ...checks.map((name) => `would check the files: ${name}\n`),
    ...(restartsDaemon === undefined
      ? []
      : [
          `would restart the engine (${formatCauses(restartsDaemon.causes)})${restartsDaemon.stops.length === 0 ? '' : `, which stops ${restartsDaemon.stops.join(', ')} meanwhile`}\n`,
        ]),
    ...filtered
      .filter(({ outcome }) => outcome === 'set' || outcome === 'removed')
      .map((filter) => `${formatFiltered(filter, true)}\n`),
    ...contents.map(({ name, cause }) => `would fetch content ${name}: ${cause}\n`),
    ...swarm.map((operation) => `would ${formatSwarmOperation(operation)}\n`),
    ...(plan === undefined
      ? []
      : [
          `${paint('bold', hasServices(plan) ? 'containers and services of the swarm' : 'containers')}\n`,
          ...formatPlan(plan)
            .split('\n')
            .map((line) => `  ${line}\n`),
        ]),
    ...services.map(
      ({ service, verbs, causes }) =>
        `would ${verbs.join(', ')} ${service}${causes.length === 0 ? '' : ` (${formatCauses(causes)})`}\n`,
    ),
    ...executables.map((name) => `would run ${name}\n`),
    changes.obstacles.length === 0
      ? `${event}: ${isDry ? 'dry run, nothing was changed' : 'plan'}; ${countChanges(changes, true)}\n`
      : `${event}: ${isDry ? 'dry run' : 'plan'}; it would fail, since ${formatObstacles(changes)}\n`,
  ].join('');
}

/** Whether something is done in the swarm. */
function hasServices({ services }: NonNullable<Preview['plan']>): boolean {
  return (services?.first.length ?? 0) + (services?.operations.length ?? 0) > 0;
}

/** Only what is a plain file can be taken over. */
function formatObstacles({ obstacles }: ChangeSet): string {
  return obstacles.every(({ isFile }) => isFile)
    ? 'files that docksmith does not own are in the way (--take-over replaces them)'
    : 'something that docksmith neither follows nor replaces is in the way';
}

export function jsonPreview(
  event: string,
  {
    changes,
    plan,
    allocated,
    restartsDaemon,
    filtered,
    contents,
    swarm,
    services,
    checks,
    executables,
    warnings,
  }: Preview,
  diff: DiffOptions | undefined,
): unknown {
  return {
    event,
    dryRun: true,
    ...jsonChanges(changes, diff),
    allocated,
    warnings,
    checks,
    executables,
    services,
    filtered,
    contents,
    ...(swarm.length === 0 ? {} : { swarm: swarm.map(jsonSwarmOperation) }),
    ...(restartsDaemon === undefined ? {} : { restartsDaemon }),
    ...(plan === undefined ? {} : { plan: jsonPlan(plan) }),
  };
}

/** Operations as the plan prints them, in parts. */
export function jsonPlan(plan: NonNullable<Preview['plan']>): unknown {
  const { notes, refused = [] } = plan;
  return {
    operations: tellOperations(plan),
    notes,
    ...(refused.length === 0 ? {} : { refused: refused.map(({ message, hint }) => ({ message, hint })) }),
  };
}
