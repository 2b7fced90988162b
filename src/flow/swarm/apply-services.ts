import type { Mask } from '../../base/mask.ts';
import { NEVER } from '../../base/interrupt.ts';
import type { Paths } from '../../base/paths.ts';
import { applyServices } from '../../container/service/apply/apply-services.ts';
import type { ServicesApplied } from '../../container/service/apply/services-context.ts';
import { isRollout, type ServiceOperation } from '../../container/service/service-operation.ts';
import { healthTimes } from '../../container/spec/health-request.ts';
import { Unhealthy } from '../../container/apply/unhealthy.ts';
import type { AppliedOf, ProgressOf } from '../../container/plan/told.ts';
import type { Plan } from '../../container/plan/plan.ts';
import { type FailedSpec, type FailedSpecs, getSpecDigest } from '../../container/plan/skip-failed-specs.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { EngineGone } from '../../engine/engine-gone.ts';
import type { Engine } from '../../engine/engine.ts';
import { readFailedSpecs, writeFailedSpecs } from '../containers/failed-specs.ts';
import { openSwarm } from './open-swarm.ts';

const NOTHING: ServicesApplied = { done: [], failed: [], skipped: [] };

interface ApplyContext {
  readonly snapshot: Snapshot;
  readonly engine: Engine;
  readonly onProgress: (progress: ProgressOf) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Carries out what a plan says of services: what has to be done first, containers of this host by `applyContainers`,
 * and then the rest.
 */
export async function applyWithServices<Applied extends AppliedOf>(
  { snapshot, engine, onProgress, signal = NEVER }: ApplyContext,
  { services }: Pick<Plan, 'services'>,
  applyContainers: () => Promise<Applied>,
): Promise<{ readonly containers: Applied; readonly services: ServicesApplied }> {
  const run = async (operations: readonly ServiceOperation[], isGone: boolean): Promise<ServicesApplied> => {
    if (operations.length === 0) return NOTHING;
    if (isGone) return { ...NOTHING, skipped: operations };
    const swarm = await openSwarm(snapshot);
    return applyServices(operations, { swarm, engine, times: healthTimes(snapshot), onProgress, signal });
  };
  const first = await run(services?.first ?? [], false);
  const containers = await applyContainers();
  const isGone = containers.failed.some(({ failure }) => failure instanceof EngineGone);
  const rest = await run(services?.operations ?? [], isGone);
  return {
    containers,
    services: {
      done: [...first.done, ...rest.done],
      failed: [...first.failed, ...rest.failed],
      skipped: [...first.skipped, ...rest.skipped],
    },
  };
}

/** Writes down which services failed as they are wanted, and forgets those that run by now. */
export function rememberFailedServices(paths: Paths, { done, failed }: ServicesApplied, now: Date, mask: Mask): void {
  if (done.length + failed.length === 0) return;
  const before: FailedSpecs = readFailedSpecs(paths);
  const all = new Map<string, FailedSpec>(before);
  for (const operation of done) if (isRollout(operation)) all.delete(operation.name);
  for (const { operation, failure } of failed)
    if (isRollout(operation) && failure instanceof Unhealthy)
      all.set(operation.name, {
        digest: operation.digest,
        runSpec: getSpecDigest(operation.spec),
        when: now.toISOString(),
        why: mask(failure.reason),
      });
  writeFailedSpecs(paths, all);
}
