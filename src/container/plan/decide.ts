import { Failure } from '../../base/errors.ts';
import type { Actual, ActualContainer } from '../actual/actual.ts';
import { makeUpdateBody } from '../spec/create-body.ts';
import { decideNetworks } from './decide-networks.ts';
import type { DesiredContainer } from './desired.ts';
import {
  type Difference,
  formatDifference,
  listAcceptedDifferences,
  listRecreating,
  listUpdating,
} from '../actual/difference.ts';
import { isCreatedOnly, isJob, REPLACED_SUFFIX } from '../spec/names.ts';
import { isAtWork } from './asked/jobs.ts';
import { type Operation, refer } from './operation.ts';
import { formatBytes } from '../../base/quantity.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { getStopRequest } from './stop-request.ts';

/**
 * The operations for one container, in order; throws a `Failure` where nothing may be done.
 * @param isAwaited whether others wait for it to complete
 */
export function decide(desired: DesiredContainer, actual: Actual, isAwaited = false): readonly Operation[] {
  const { name } = desired;
  const container = actual.containers.get(name);
  const aside = actual.containers.get(`${name}${REPLACED_SUFFIX}`);
  if (desired.state === 'stopped') return decideStopped(container, aside);

  // somebody else's is never ours to change, whatever else there is to do
  if (actual.foreign.has(name)) throw foreign(name);
  const { spec } = desired;

  // the old one is set aside until the new one runs: without a new one, the recreate was interrupted
  if (aside !== undefined && !isTakenOver(container)) {
    return [
      {
        verb: 'recreate',
        ...refer(aside),
        cause: 'was interrupted before',
        spec,
        stop: getStopRequest(spec, aside),
        // an interrupted recreate may have stopped it
        wasRunning: true,
        ...(container === undefined ? {} : { unfinished: container.id }),
      },
    ];
  }
  const removal: readonly Operation[] =
    aside === undefined
      ? []
      : [
          {
            verb: 'remove',
            ...refer(aside),
            name: aside.nameNow,
            cause: `replaced by ${name}`,
            stop: {},
            ...(container === undefined ? {} : { successor: { id: container.id, name } }),
          },
        ];

  if (container === undefined) return [{ verb: 'create', name, cause: 'not there', spec }];
  return [...removal, ...decideExisting(spec, container, actual, isAwaited)];
}

function decideExisting(
  spec: RunSpec,
  container: ActualContainer,
  actual: Actual,
  isAwaited: boolean,
): readonly Operation[] {
  const { Status: status } = container.inspect.State;
  const stop = getStopRequest(spec, container);
  // as if it was gone already: nothing else can be done to it any more
  if (status === 'removing')
    return [
      { verb: 'remove', ...refer(container), cause: 'the engine is removing it', stop },
      { verb: 'create', name: spec.name, cause: 'not there', spec },
    ];
  const { update, recreate } = listUpdating(spec, container, actual.limitsSwap);

  // what cannot be changed on the living container brings the rest along
  const recreating = [...listRecreating(spec, container), ...recreate];
  if (recreating.length > 0) {
    const cause = formatCause([
      ...recreating,
      ...update,
      ...listAcceptedDifferences(spec, container, actual.limitsSwap),
    ]);
    return [{ verb: 'recreate', ...refer(container), cause, spec, stop, wasRunning: isUp(container) }];
  }

  // the engine can do nothing more with it
  if (status === 'dead')
    return [{ verb: 'recreate', ...refer(container), cause: 'dead', spec, stop, wasRunning: false }];

  const operations: Operation[] = [...decideNetworks(spec, container, actual)];
  if (update.length > 0) {
    checkMemory(update, container);
    const limits = makeUpdateBody(
      spec,
      update.map(({ key }) => key.name),
    );
    operations.push({ verb: 'update', ...refer(container), cause: formatCause(update), limits });
  }
  if (isCreatedOnly(spec.ownLabels)) {
    const cause = `its Role is ${isJob(spec.ownLabels) ? 'job' : 'data'}`;
    return isUp(container) && !isAtWork(spec, container)
      ? [...operations, { verb: 'stop', ...refer(container), cause, stop }]
      : operations;
  }
  const cause = findStartCause(spec, container, isAwaited);
  if (cause !== undefined) operations.push({ verb: 'start', ...refer(container), cause, paused: status === 'paused' });
  // the engine waits longer and longer between its own tries
  if (status === 'restarting')
    operations.push({
      verb: 'restart',
      ...refer(container),
      cause: `ended with exit code ${container.inspect.State.ExitCode}`,
      stop,
    });
  return operations;
}

function findStartCause(
  spec: RunSpec,
  { inspect: { State } }: ActualContainer,
  isAwaited: boolean,
): string | undefined {
  if (State.Status === 'paused') return 'paused';
  if (State.Running || State.Status === 'restarting') return undefined;
  if (State.Status === 'created') return 'never started';
  // it has done what it was there for
  if (State.ExitCode === 0 && (isAwaited || (spec.values['restart'] ?? 'no') === 'no')) return undefined;
  return 'stopped';
}

/** A disabled one is stopped and keeps its name, whatever a recreate was about to do. */
function decideStopped(
  container: ActualContainer | undefined,
  aside: ActualContainer | undefined,
): readonly Operation[] {
  const operations: Operation[] = [];
  const kept = aside === undefined || isTakenOver(container) ? container : aside;
  for (const other of [container, aside]) {
    if (other === undefined || other === kept) continue;
    const cause = other === aside ? `replaced by ${other.name}` : 'was never put into use';
    operations.push({ verb: 'remove', ...refer(other), name: other.nameNow, cause, stop: {} });
  }
  if (kept === undefined) return operations;
  if (isUp(kept) || kept.name !== kept.nameNow)
    operations.push({ verb: 'stop', ...refer(kept), cause: 'disabled', stop: getStopRequest(undefined, kept) });
  return operations;
}

function isUp({ inspect: { State } }: ActualContainer): boolean {
  return State.Running || State.Status === 'restarting' || State.Status === 'paused';
}

/** A successor counts once it runs, or has done its work. */
function isTakenOver(container: ActualContainer | undefined): boolean {
  if (container === undefined) return false;
  const {
    State: { Running, Status, ExitCode },
    HostConfig: { RestartPolicy },
  } = container.inspect;
  // one that is to run for ever has not done its work: an interrupted recreate has stopped it
  return (
    Running ||
    (Status === 'exited' && ExitCode === 0 && !['always', 'unless-stopped'].includes(RestartPolicy?.Name ?? ''))
  );
}

/** The kernel would kill something in the container to get below the limit. */
function checkMemory(update: readonly Difference[], { name, memoryUse }: ActualContainer): void {
  const limit = update.find(({ key }) => key.name === 'mem_limit')?.to;
  if (typeof limit !== 'number' || memoryUse === undefined || memoryUse <= limit) return;
  const megabytes = Math.ceil(memoryUse / 1024 ** 2);
  throw new Failure(`cannot update container "${name}"`, {
    why: `a memory limit of ${formatBytes(limit)} is below the ${megabytes}m that it uses now`,
    hint: 'stop it first, or raise the limit',
  });
}

function foreign(name: string): Failure {
  return new Failure(`cannot use the name "${name}" for a container`, {
    why: 'a container of that name exists that docksmith does not own',
    hint: `rename it (docker rename ${name} NEW-NAME) or give the record another key`,
  });
}

function formatCause(differences: readonly Difference[]): string {
  return differences.map(formatDifference).join(', ');
}
