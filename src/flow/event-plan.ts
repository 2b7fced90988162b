import { getImage, type RunSpec } from '../container/run-spec.ts';
import type { Engine } from '../container/engine.ts';
import type { Plan } from '../container/plan.ts';
import { Failure } from '../errors.ts';
import type { Paths } from '../paths.ts';
import { type Expanded, isRunSpec, parseRenderedSpec, RUN_SPECS } from './expand.ts';
import { planContainers, readRunSpecs, refuseMissing } from './reconcile.ts';
import type { Reporter } from './reporter.ts';
import { getEngine, type World } from './world.ts';

/** What reconciling will do once the files of an event are in place: the plan over its run specs as they were rendered. */
export function planEventContainers({ paths, snapshot }: World, engine: Engine, { outputs, changes }: Pick<Expanded, 'outputs' | 'changes'>, args: readonly string[]): Promise<Plan> {
  const specs = new Map<string, RunSpec>(readInstalled(paths));
  for (const { owned } of changes.remove) specs.delete(owned.path.slice(RUN_SPECS.length + 1).replace(/\.yaml$/, ''));
  for (const output of outputs.filter(isRunSpec)) {
    const spec = parseRenderedSpec(output);
    specs.set(spec.name, spec);
  }
  return planContainers(snapshot, engine, specs, { names: args.length === 0 ? undefined : args });
}

/**
 * Sees to it before any file is touched that the containers can follow: the engine answers, no
 * name or folder is in the way, and every image is there. Images that are missing are pulled now.
 * @throws Failure(s) for what would leave files in place that no container can follow
 */
export async function prepareContainers(world: World, expanded: Pick<Expanded, 'outputs' | 'changes'>, args: readonly string[], reporter: Reporter): Promise<void> {
  const engine = await getEngine(world.snapshot);
  const plan = await planEventContainers(world, engine, expanded, args);
  refuseMissing(world.snapshot, plan);
  for (const { verb, name: image, cause } of plan.operations) {
    if (verb !== 'pull') continue;
    reporter.progress(`pull ${image}`);
    try {
      await engine.pullImage(image, (words) => reporter.progress(`pull ${image}: ${words}`));
    } catch (error) {
      throw error instanceof Failure ? forContainers(error, image, plan) : error;
    }
    reporter.line('images', `pull ${image}: ${cause}`, 'stdout');
  }
}

function forContainers({ why, hint, cause }: Failure, image: string, { operations }: Plan): Failure {
  const users = operations.flatMap((operation) => ((operation.verb === 'create' || operation.verb === 'recreate') && getImage(operation.spec) === image ? [`"${operation.name}"`] : []));
  return new Failure(`cannot pull image "${image}" for container ${users.join(', ')}`, { why: why.trim(), ...(hint === undefined ? {} : { hint }), cause });
}

/** A spec that cannot be read now will be replaced, or is an error of the event itself. */
function readInstalled(paths: Paths): ReadonlyMap<string, RunSpec> {
  try {
    return readRunSpecs(paths);
  } catch {
    return new Map();
  }
}
