import type { Failure } from '../../base/errors.ts';
import type { Mask } from '../../base/mask.ts';
import type { Paths } from '../../base/paths.ts';
import type { ProgressOf } from '../../container/plan/told.ts';
import { getImage, type RunSpec } from '../../container/spec/run-spec.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { listLeft, readFailedSpecs } from '../../flow/containers/failed-specs.ts';
import { applyWithServices, rememberFailedServices } from '../../flow/swarm/apply-services.ts';
import { planSwarm } from '../../flow/swarm/plan-swarm.ts';
import { isServiceOf } from '../../flow/swarm/services-kind.ts';
import { listEnabled } from '../../model/container.ts';
import type { ImageSource } from '../../model/image-source.ts';

interface UpdateContext {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly engine: Engine;
  readonly specs: ReadonlyMap<string, RunSpec>;
  readonly images: ReadonlyMap<string, ImageSource>;
  readonly mask: Mask;
  readonly onProgress: (progress: ProgressOf) => void;
  readonly signal: AbortSignal;
}

/**
 * Brings services of these images to what this node knows them as by now: the swarm replaces their tasks, and goes back
 * by itself where one is not healthy.
 * @returns what failed
 */
export async function updateServices(
  { paths, snapshot, engine, specs, images, mask, onProgress, signal }: UpdateContext,
  references: ReadonlySet<string>,
): Promise<readonly Failure[]> {
  const names = listEnabled(snapshot)
    .filter((container) => isServiceOf(container, specs))
    .map(({ key }) => key)
    .filter((name) => {
      const spec = specs.get(name);
      return spec !== undefined && references.has(getImage(spec));
    });
  if (names.length === 0 || signal.aborted) return [];
  const request = { names, newImages: true, failed: readFailedSpecs(paths) };
  const planned = await planSwarm({ paths, snapshot, engine, specs, images }, request, []);
  if (planned?.plan === undefined) return [];
  const { services } = await applyWithServices(
    { snapshot, engine, onProgress, signal },
    { services: { first: [], operations: planned.plan.operations } },
    () => Promise.resolve({ done: [], failed: [], skipped: [] }),
  );
  rememberFailedServices(paths, services, new Date(), mask);
  return [...services.failed.map(({ failure }) => failure), ...listLeft({ left: planned.plan.left })];
}
