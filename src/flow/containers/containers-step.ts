import type { Inventory } from '../../container/actual/inventory.ts';
import type { Engine } from '../../engine/engine.ts';
import { applyImage } from '../../container/apply/image-operations.ts';
import type { Operation } from '../../container/plan/operation.ts';
import type { Asked } from '../../container/plan/asked/plan-asked.ts';
import { getImage, type RunSpec } from '../../container/spec/run-spec.ts';
import { SpecCache } from '../../container/spec/spec-cache.ts';
import { Failure, UsageFailure } from '../../base/errors.ts';
import type { Plan } from '../../container/plan/plan.ts';
import { Container, CONTAINERS } from '../../model/container.ts';
import type { Paths } from '../../base/paths.ts';
import { isRunSpec, parseRenderedSpec } from '../expand.ts';
import { readFailedSpecs } from './failed-specs.ts';
import { fetchAskedImages } from './images.ts';
import { notePending } from '../interrupted-event.ts';
import { listAffectedDependants } from './interruptions.ts';
import { listInvolved, RUN_SPECS } from '../involved.ts';
import { outputsOf } from './mounted-files.ts';
import { readOrderedStarts } from './ordered-starts.ts';
import { refuseMissing } from './missing.ts';
import type { ReconcileRequest } from '../reconcile/request.ts';
import { planContainers } from './reconcile.ts';
import { readRunSpecs } from './run-specs.ts';
import type { Reporter } from '../reporter.ts';
import type { PlannedContainers, PlannedEvent, Prepared, StepPart, StepPlan } from '../step-part.ts';
import { findEngine, getEngine } from '../host-state.ts';

/** What the step does to containers. */
export interface StepRequest extends Pick<ReconcileRequest, 'removeOrphans' | 'moveData'> {
  /** none: all of them */
  readonly names: readonly string[];
  readonly isBoot?: boolean | undefined;
  /** of the step itself, whatever the event was told */
  readonly retry?: boolean | undefined;
  /** start, stop or restart those that are named, instead of bringing them to what the records say */
  readonly asked?: Asked['verb'];
}

/** Of `docksmith reconcile`. */
export function reconcileStep(request: StepRequest): StepPart {
  const { names } = request;
  return {
    look: (hostState, _event, reporter, signal) =>
      fetchAskedImages(
        hostState,
        names.length === 0 ? undefined : listInvolved(hostState.paths, hostState.snapshot, names),
        reporter,
        signal,
      ),
    prepare: async (event, reporter) => (mayComeLater(event) ? undefined : prepareContainers(event, request, reporter)),
    plan: (event) => previewContainers(event, request),
    leave: notePending,
  };
}

/** Of `docksmith start`, `stop` and `restart`. */
export function askedStep(asked: Asked['verb'], names: readonly string[]): StepPart {
  return { plan: (event) => previewContainers(event, { names, asked }) };
}

/**
 * Without an engine: that is no mistake where the hook of a package calls, or where this very event restarts
 * it with other options.
 */
function mayComeLater(event: PlannedEvent): boolean {
  const { hostState, isHook, parts } = event;
  if (hostState.engine !== undefined) return false;
  return isHook || parts.some((part) => part.restartsEngine?.(event) === true);
}

/**
 * Without an engine there is no plan, and a warning says why. What would keep the event from beginning is
 * thrown, as by the event.
 */
async function previewContainers(event: PlannedEvent, request: StepRequest): Promise<StepPlan> {
  const {
    hostState: { paths, snapshot, ledger, engine, inventory },
    expanded,
  } = event;
  const { asked, names } = request;
  if (asked !== undefined && names.length === 0)
    throw new UsageFailure(`cannot ${asked} containers`, {
      why: 'no container is named',
      hint: `db ${CONTAINERS} keys`,
    });
  try {
    const { plan } = await planRenderedContainers(
      event,
      request,
      engine ?? (await getEngine(paths, snapshot)),
      inventory,
    );
    refuseMissing(snapshot, plan, outputsOf(paths, ledger, expanded.changes));
    return {
      containers:
        asked === undefined ? plan : { ...plan, notes: [...plan.notes, ...listAffectedDependants(snapshot, plan)] },
    };
  } catch (error) {
    if (!(error instanceof Failure) || (await findEngine(paths, snapshot)) !== undefined) throw error;
    return { warnings: [`the containers cannot be planned: ${error.message}`] };
  }
}

/**
 * What reconciling will do once the files of the event are in place: the plan over its run specs as they
 * were rendered.
 */
export async function planRenderedContainers(
  {
    hostState: { paths, snapshot, ledger },
    expanded: { outputs, changes },
    retry,
  }: Pick<PlannedEvent, 'hostState' | 'expanded' | 'retry'>,
  { names, isBoot = false, asked, removeOrphans, moveData, retry: ofStep = false }: StepRequest,
  engine: Engine,
  inventory?: Inventory,
): Promise<Pick<PlannedContainers, 'plan' | 'specs'>> {
  const specs = new Map<string, RunSpec>(readInstalled(paths));
  for (const { owned } of changes.remove) specs.delete(owned.path.slice(RUN_SPECS.length + 1).replace(/\.yaml$/, ''));
  for (const output of outputs.filter(isRunSpec)) {
    const spec = parseRenderedSpec(paths, output);
    specs.set(spec.name, spec);
  }
  // of a record that went, or makes no container now, there may be outputs left to remove, and no container any more
  const gone = new Set(changes.remove.map(({ owned: { record } }) => record?.key));
  const involved = listInvolved(paths, snapshot, names).filter(
    (name) => !gone.has(name) || new Container(snapshot, name).isContainer,
  );
  const plan = await planContainers(paths, snapshot, engine, specs, {
    ...(asked === undefined ? {} : { asked: { verb: asked, names } }),
    names: names.length === 0 ? undefined : involved,
    outputs: outputsOf(paths, ledger, changes),
    removeOrphans,
    moveData,
    // who has data moved asks for it
    failed: retry || ofStep || moveData === true ? undefined : readFailedSpecs(paths),
    boot: isBoot ? readOrderedStarts(paths) : undefined,
    inventory,
    coming: outputs,
  });
  return { plan, specs };
}

/**
 * Sees to it before any file is touched that the containers can follow: the engine answers, no
 * name or folder is in the way, and every image is there. Images that are missing are fetched now.
 * @returns the plan, unless the engine has just been given an image
 * @throws Failure(s) for what would leave files in place that no container can follow
 */
async function prepareContainers(
  event: PlannedEvent,
  request: StepRequest,
  reporter: Reporter,
): Promise<Prepared | undefined> {
  const {
    hostState: { paths, snapshot, ledger, inventory },
    expanded,
  } = event;
  const engine = event.hostState.engine ?? (await getEngine(paths, snapshot));
  const { plan, specs } = await planRenderedContainers(event, request, engine, inventory);
  refuseMissing(snapshot, plan, outputsOf(paths, ledger, expanded.changes));
  let isAsItWas = true;
  for (const operation of plan.operations) {
    // what is there may be asked for again when it is used
    if ((operation.verb !== 'pull' && operation.verb !== 'build') || !operation.isMissing) continue;
    isAsItWas = false;
    const { verb, name: image, cause } = operation;
    reporter.progress(`${verb} ${image}`);
    try {
      await applyImage(engine, operation, (words) => reporter.progress(`${verb} ${image}: ${words}`));
    } catch (error) {
      throw error instanceof Failure ? forContainers(error, operation, plan) : error;
    }
    reporter.line('images', `${verb} ${image}: ${cause}`, 'stdout');
  }
  return isAsItWas ? { containers: { engine, snapshot, plan, specs } } : undefined;
}

function forContainers({ why, hint, cause }: Failure, { verb, name: image }: Operation, { operations }: Plan): Failure {
  const users = operations.flatMap((operation) =>
    (operation.verb === 'create' || operation.verb === 'recreate') && getImage(operation.spec) === image
      ? [`"${operation.name}"`]
      : [],
  );
  return new Failure(`cannot ${verb} image "${image}" for container ${users.join(', ')}`, {
    why: why.trim(),
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** A spec that cannot be read now will be replaced, or is an error of the event itself: the others count. */
function readInstalled(paths: Paths): ReadonlyMap<string, RunSpec> {
  return readRunSpecs(paths, undefined, new SpecCache(paths), undefined, () => undefined);
}
