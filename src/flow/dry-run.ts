import type { Plan } from '../container/plan.ts';
import type { RecordOverlay } from '../db/overlay.ts';
import { withChanges } from '../db/snapshot.ts';
import { Failure, UsageFailure } from '../errors.ts';
import { listSteps, type Step, withServices } from '../event/steps.ts';
import { allocatePorts } from '../model/allocate-ports.ts';
import { type ChangeSet, NO_CHANGES } from '../output/change-set.ts';
import { type Intent, listIntents } from '../output/intents.ts';
import type { Paths } from '../paths.ts';
import { intentsOf, isAdjustable, listRetries } from './adjust.ts';
import { daemonRestart, type DaemonRestart } from './daemon.ts';
import { holdBackFailed } from './engine-fallback.ts';
import { checkEngineOptions } from './engine-options.ts';
import { type EventPlanRequest, planEventContainers } from './event-plan.ts';
import { type Expanded, expandTemplates, requestsOf } from './expand.ts';
import { applyFilter, type Filtered, type FilterTexts, isFilterFile, readFilterFiles } from './filter.ts';
import { listBereft } from './interruptions.ts';
import { ASKED_VERBS, hasAction, KNOWN_ACTIONS } from './known-actions.ts';
import { warnOfOpening } from './open-places.ts';
import { outputsOf } from './mounted-files.ts';
import { refuseMissing } from './reconcile.ts';
import { isSetUpPending } from './pending-set-up.ts';
import type { SignalRequest } from './signal.ts';
import { planSetUp } from './setup.ts';
import { planImageFetches } from './update-images.ts';
import { refuseOpenSources } from './trusted-files.ts';
import { findEngine, getEngine, type World, readWorld } from './world.ts';

/** What an event would do. */
export interface Preview {
  readonly changes: ChangeSet;
  readonly warnings: readonly string[];
  /** db changes that a step before the templates would make */
  readonly allocated: readonly string[];
  /** undefined where the event has no such step, or no engine answers */
  readonly plan: Plan | undefined;
  readonly restartsDaemon: DaemonRestart | undefined;
  /** what would be done to the packet filter; empty where the event has no such step */
  readonly filtered: readonly Filtered[];
  /** services that would be adjusted, with why */
  readonly services: readonly { readonly service: string; readonly verbs: readonly string[]; readonly causes: readonly string[] }[];
  /** executables that would look at the files in place, before they count */
  readonly checks: readonly string[];
  /** executables that would run and whose doings are not known here */
  readonly executables: readonly string[];
}

export interface PreviewRequest extends SignalRequest {
  /** records as they would be when the event is signalled */
  readonly overlay?: readonly RecordOverlay[];
}

const NOTHING: Expanded = { changes: NO_CHANGES, outputs: [], warnings: [], listReads: () => [], remember: () => undefined };

/**
 * Says what an event would do: renders over the dbs with the ports that would be allocated,
 * and plans. Changes nothing and runs no executable.
 */
export async function previewEvent(paths: Paths, { event, args, takeOver = false, force = false, retry = false, overlay = [] }: PreviewRequest): Promise<Preview> {
  const listed = listSteps(paths, event);
  const { warnings } = listed;
  const steps = withServices(listed.steps, listRetries(paths, listed.steps.flatMap((step) => (step.kind === 'services' ? step.services : []))));
  const names = steps.flatMap((step) => (step.kind === 'executable' ? [step.name] : []));
  const has = (action: string): boolean => hasAction(steps, action);
  const setUp = has(KNOWN_ACTIONS.setUp) || isSetUpPending(paths) ? await planSetUp(paths) : undefined;
  const real = await readWorld(paths, [...setUp?.overlay ?? [], ...overlay], { isForced: force });
  const allocated = has(KNOWN_ACTIONS.ports) ? allocatePorts(real.snapshot, real.facts) : [];
  const world: World = { ...real, snapshot: withChanges(real.snapshot, allocated) };
  const templates = steps.flatMap((step) => (step.kind === 'templates' ? step.templates : []));
  if (templates.length > 0) refuseOpenSources(paths);
  const requests = requestsOf(templates, args);
  const { expanded, failure: held } = holdBackFailed(paths, requests.length === 0 ? NOTHING : expandTemplates(world, requests, { takeOver, isForced: force }), retry);
  const { changes } = expanded;
  const options = has(KNOWN_ACTIONS.daemon) ? await checkEngineOptions(world, changes) : [];
  const intents = [...listIntents(paths), ...intentsOf(changes.install, changes.remove, new Date())];
  const known: readonly string[] = Object.values(KNOWN_ACTIONS);
  const unknowns: string[] = [];
  const isBoot = has(KNOWN_ACTIONS.boot);
  const reconciles = isBoot || has(KNOWN_ACTIONS.reconcile);
  const asked = reconciles ? undefined : ASKED_VERBS.find((verb) => has(KNOWN_ACTIONS[verb]));
  const ofContainers = reconciles || asked !== undefined ? await planOf(world, expanded, { args, retry, isBoot, asked }, (unknown) => unknowns.push(unknown)) : undefined;
  const plan = ofContainers ?? (has(KNOWN_ACTIONS.images) ? planImageFetches(paths, world.snapshot, args) : undefined);
  const filtered = has(KNOWN_ACTIONS.filter) ? (await applyFilter(paths, { dryRun: true, keepFor: 'nobody', texts: textsAfter(readFilterFiles(paths), changes) })).filtered : [];
  return {
    changes,
    warnings: [...warnings, ...setUp?.warnings ?? [], ...expanded.warnings, ...options, ...(held === undefined ? [] : [held.message]), ...unknowns, ...await warnOfOpening(world, filtered, plan)],
    allocated: [...setUp?.values ?? [], ...allocated.map(({ db, key, prop, value }) => `${db} ${key} ${prop} ${value}`)],
    plan,
    restartsDaemon: has(KNOWN_ACTIONS.daemon) ? await daemonRestart(paths, world.snapshot, intents) : undefined,
    filtered,
    services: steps.flatMap((step) => servicesOf(step, intents, force)).filter(({ service }) => isAdjustable(paths, world.snapshot, service)),
    checks: changes.install.some(({ reasons }) => reasons.length > 0) || changes.remove.some(({ old }) => old !== undefined) ? listed.checks.map(({ name }) => name) : [],
    executables: names.filter((name) => !known.includes(name.slice(3))),
  };
}

/** Without an engine there is no plan, and a warning says why. What would keep the event from beginning is thrown, as by the event. */
async function planOf(world: World, expanded: Expanded, request: EventPlanRequest, warn: (warning: string) => void): Promise<Plan | undefined> {
  if (request.asked !== undefined && request.args.length === 0) throw new UsageFailure(`cannot ${request.asked} containers`, { why: 'no container is named', hint: 'db docker_containers keys' });
  try {
    const plan = await planEventContainers(world, await getEngine(world.paths, world.snapshot), expanded, request);
    refuseMissing(world.snapshot, plan, outputsOf(world.paths, world.ledger, expanded.changes));
    return request.asked === undefined ? plan : { ...plan, notes: [...plan.notes, ...listBereft(world.snapshot, plan)] };
  } catch (error) {
    if (!(error instanceof Failure) || await findEngine(world.paths, world.snapshot) !== undefined) throw error;
    warn(`what becomes of the containers is not known: ${error.message}`);
    return undefined;
  }
}

/** The files of the packet filter as the event would leave them. */
function textsAfter(before: FilterTexts, { install, remove }: ChangeSet): FilterTexts {
  const texts = new Map(before);
  for (const { owned } of remove) texts.delete(owned.path);
  for (const { output } of install) if (isFilterFile(output.path)) texts.set(output.path, output.content.toString());
  return texts;
}

function servicesOf(step: Step, intents: readonly Intent[], force: boolean): Preview['services'] {
  if (step.kind !== 'services') return [];
  return step.services.flatMap(({ service, verbs, always }) => {
    const causes = intents.filter(({ kind, name }) => kind === 'service' && name === service).flatMap((intent) => intent.causes);
    return always || force || causes.length > 0 ? [{ service, verbs, causes }] : [];
  });
}
