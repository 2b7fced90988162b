import { getImage, type RunSpec } from '../container/run-spec.ts';
import type { Engine } from '../container/engine.ts';
import { applyImage } from '../container/image-operations.ts';
import { SpecCache } from '../container/spec-cache.ts';
import type { Operation } from '../container/operation.ts';
import type { Asked, Plan } from '../container/plan.ts';
import { getDb } from '../db/snapshot.ts';
import { Failure } from '../errors.ts';
import { CONTAINERS } from '../model/container.ts';
import type { Paths } from '../paths.ts';
import { type Expanded, isRunSpec, parseRenderedSpec } from './expand.ts';
import { readFailedSpecs } from './failed-specs.ts';
import { listInvolved, RUN_SPECS } from './involved.ts';
import { outputsOf } from './mounted-files.ts';
import { readOrderedStarts } from './ordered-starts.ts';
import { planContainers, readRunSpecs, refuseMissing } from './reconcile.ts';
import type { Reporter } from './reporter.ts';
import { getEngine, type World } from './world.ts';

export interface EventPlanRequest {
  readonly args: readonly string[];
  /** run specs that have failed are tried again */
  readonly retry?: boolean;
  readonly isBoot?: boolean;
  /** start, stop or restart those that `args` name, instead of bringing them to what the records say */
  readonly asked?: Asked['verb'] | undefined;
}

/** What reconciling will do once the files of an event are in place: the plan over its run specs as they were rendered. */
export function planEventContainers({ paths, snapshot, ledger }: World, engine: Engine, { outputs, changes }: Pick<Expanded, 'outputs' | 'changes'>, { args, retry = false, isBoot = false, asked }: EventPlanRequest): Promise<Plan> {
  const specs = new Map<string, RunSpec>(readInstalled(paths));
  for (const { owned } of changes.remove) specs.delete(owned.path.slice(RUN_SPECS.length + 1).replace(/\.yaml$/, ''));
  for (const output of outputs.filter(isRunSpec)) {
    const spec = parseRenderedSpec(paths, output);
    specs.set(spec.name, spec);
  }
  // of a record that went there may be outputs left to remove, and no container any more
  const gone = new Set(changes.remove.map(({ owned: { record } }) => record?.key));
  const names = listInvolved(paths, snapshot, args).filter((name) => getDb(snapshot, CONTAINERS).has(name) || !gone.has(name));
  return planContainers(snapshot, engine, specs, { ...(asked === undefined ? {} : { asked: { verb: asked, names: args } }), names: args.length === 0 ? undefined : names, outputs: outputsOf(paths, ledger, changes), failed: retry ? undefined : readFailedSpecs(paths), boot: isBoot ? readOrderedStarts(paths) : undefined });
}

/**
 * Sees to it before any file is touched that the containers can follow: the engine answers, no
 * name or folder is in the way, and every image is there. Images that are missing are fetched now.
 * @throws Failure(s) for what would leave files in place that no container can follow
 */
export async function prepareContainers(world: World, expanded: Pick<Expanded, 'outputs' | 'changes'>, request: EventPlanRequest, reporter: Reporter): Promise<void> {
  const engine = await getEngine(world.paths, world.snapshot);
  const plan = await planEventContainers(world, engine, expanded, request);
  refuseMissing(world.snapshot, plan, outputsOf(world.paths, world.ledger, expanded.changes));
  for (const operation of plan.operations) {
    // what is there may be asked for again when it is used
    if ((operation.verb !== 'pull' && operation.verb !== 'build') || !operation.isMissing) continue;
    const { verb, name: image, cause } = operation;
    reporter.progress(`${verb} ${image}`);
    try {
      await applyImage(engine, operation, (words) => reporter.progress(`${verb} ${image}: ${words}`));
    } catch (error) {
      throw error instanceof Failure ? forContainers(error, operation, plan) : error;
    }
    reporter.line('images', `${verb} ${image}: ${cause}`, 'stdout');
  }
}

function forContainers({ why, hint, cause }: Failure, { verb, name: image }: Operation, { operations }: Plan): Failure {
  const users = operations.flatMap((operation) => ((operation.verb === 'create' || operation.verb === 'recreate') && getImage(operation.spec) === image ? [`"${operation.name}"`] : []));
  return new Failure(`cannot ${verb} image "${image}" for container ${users.join(', ')}`, { why: why.trim(), ...(hint === undefined ? {} : { hint }), cause });
}

/** A spec that cannot be read now will be replaced, or is an error of the event itself. */
function readInstalled(paths: Paths): ReadonlyMap<string, RunSpec> {
  try {
    return readRunSpecs(paths, undefined, new SpecCache(paths));
  } catch {
    return new Map();
  }
}
