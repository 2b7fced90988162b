import type { Plan } from '../container/plan.ts';
import type { RunSpec } from '../container/run-spec.ts';
import { withChanges } from '../db/snapshot.ts';
import { listSteps, type Step } from '../event/steps.ts';
import { allocatePorts } from '../model/allocate-ports.ts';
import type { ChangeSet } from '../output/change-set.ts';
import { type Intent, listIntents } from '../output/intents.ts';
import type { Paths } from '../paths.ts';
import { intentsOf } from './adjust.ts';
import { daemonRestart, type DaemonRestart } from './daemon.ts';
import { type Expanded, expandTemplates, isRunSpec, parseRenderedSpec, requestsOf, RUN_SPECS } from './expand.ts';
import { planContainers, readRunSpecs } from './reconcile.ts';
import type { SignalRequest } from './signal.ts';
import { findEngine, type World, readWorld } from './world.ts';

/** What an event would do. */
export interface Preview {
  readonly changes: ChangeSet;
  readonly warnings: readonly string[];
  /** db changes that a step before the templates would make */
  readonly allocated: readonly string[];
  /** undefined where the event has no such step, or no engine answers */
  readonly plan: Plan | undefined;
  readonly restartsDaemon: DaemonRestart | undefined;
  /** services that would be adjusted, with why */
  readonly services: readonly { readonly service: string; readonly verbs: readonly string[]; readonly causes: readonly string[] }[];
  /** executables that would run and whose doings are not known here */
  readonly executables: readonly string[];
}

const NOTHING: Expanded = { changes: { install: [], remove: [], unchanged: [], obstacles: [] }, outputs: [], warnings: [] };

/** Which of an event's executables this program knows from inside, so that it can say what they would do. */
const KNOWN = { ports: 'docker-ports', daemon: 'docker-daemon', reconcile: 'docker-reconcile' } as const;

/**
 * Says what an event would do: renders over the dbs with the ports that would be allocated,
 * and plans. Changes nothing and runs no executable.
 */
export async function previewEvent(paths: Paths, { event, args, takeOver = false, force = false }: SignalRequest): Promise<Preview> {
  const { steps, warnings } = listSteps(paths, event);
  const names = steps.flatMap((step) => (step.kind === 'executable' ? [step.name] : []));
  const has = (action: string): boolean => names.some((name) => name.slice(3) === action);
  const real = await readWorld(paths);
  const allocated = has(KNOWN.ports) ? allocatePorts(real.snapshot, real.facts) : [];
  const world: World = { ...real, snapshot: withChanges(real.snapshot, allocated) };
  const templates = steps.flatMap((step) => (step.kind === 'templates' ? step.templates : []));
  const requests = requestsOf(templates, args);
  const expanded = requests.length === 0 ? NOTHING : expandTemplates(world, requests, { takeOver });
  const { changes } = expanded;
  const intents = [...listIntents(paths), ...intentsOf(changes.install, changes.remove, new Date())];
  const knownNames: readonly string[] = Object.values(KNOWN);
  return {
    changes,
    warnings: [...warnings, ...expanded.warnings],
    allocated: allocated.map(({ db, key, prop, value }) => `${db} ${key} ${prop} ${value}`),
    plan: has(KNOWN.reconcile) ? await planOf(world, expanded, args) : undefined,
    restartsDaemon: has(KNOWN.daemon) ? await daemonRestart(world.snapshot, intents) : undefined,
    services: steps.flatMap((step) => servicesOf(step, intents, force)),
    executables: names.filter((name) => !knownNames.includes(name.slice(3))),
  };
}

async function planOf(world: World, { outputs, changes }: Expanded, args: readonly string[]): Promise<Plan | undefined> {
  const engine = await findEngine(world.snapshot);
  if (engine === undefined) return undefined;
  const specs = new Map<string, RunSpec>(readInstalled(world.paths));
  for (const { owned } of changes.remove) specs.delete(owned.path.slice(RUN_SPECS.length + 1).replace(/\.yaml$/, ''));
  for (const output of outputs.filter(isRunSpec)) {
    const spec = parseRenderedSpec(output);
    specs.set(spec.name, spec);
  }
  return planContainers(world.snapshot, engine, specs, { names: args.length === 0 ? undefined : args });
}

/** A spec that cannot be read now will be replaced, or is an error of the event itself. */
function readInstalled(paths: Paths): ReadonlyMap<string, RunSpec> {
  try {
    return readRunSpecs(paths);
  } catch {
    return new Map();
  }
}

function servicesOf(step: Step, intents: readonly Intent[], force: boolean): Preview['services'] {
  if (step.kind !== 'services') return [];
  return step.services.flatMap(({ service, verbs, always }) => {
    const causes = intents.filter(({ kind, name }) => kind === 'service' && name === service).flatMap((intent) => intent.causes);
    return always || force || causes.length > 0 ? [{ service, verbs, causes }] : [];
  });
}
