import type { Plan } from '../../container/plan/plan.ts';
import type { RecordOverlay } from '../../db/overlay.ts';
import { withChanges } from '../../db/snapshot.ts';
import { listSteps, servicesOf as servicesOfSteps, type Step, withServices } from '../../event/steps.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import type { Intent } from '../../output/commit/intents.ts';
import type { Paths } from '../../base/paths.ts';
import { isAdjustable, listRetries } from '../../flow/services/adjust.ts';
import { listForgotten } from '../../flow/services/named-services.ts';
import type { PlannedContent } from '../../flow/content/planned-content.ts';
import type { DaemonRestart } from '../../flow/daemon/daemon.ts';
import { listConcerned } from '../../flow/event-checks.ts';
import { checkFiles, type EventAsked, planFiles } from '../../flow/event-plan.ts';
import type { SwarmOperation } from '../../flow/swarm/swarm-operation.ts';
import type { Filtered } from '../../flow/firewall/filter.ts';
import { warnOfOpening } from '../firewall/open-places.ts';
import { isSetUpPending } from '../../flow/set-up/pending-set-up.ts';
import {
  type DbPlan,
  findCommandSteps,
  type CommandStep,
  type StepCommands,
  type StepPart,
} from '../../flow/step-part.ts';
import { newDefaultsStep, setUpStep } from '../../flow/set-up/db-steps.ts';
import { findShipped } from '../../flow/set-up/shipped-defaults.ts';
import { refuseOpenSources } from '../../flow/trusted-files.ts';
import { readHostState, type HostState } from '../../flow/host-state.ts';

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
  /** contents that would be asked for and fetched */
  readonly contents: readonly PlannedContent[];
  /** what would be done to this host's part in the swarm, and to its nodes */
  readonly swarm: readonly SwarmOperation[];
  /** services that would be adjusted, with why */
  readonly services: readonly {
    readonly service: string;
    readonly verbs: readonly string[];
    readonly causes: readonly string[];
  }[];
  /** executables that would look at the files in place, before they count */
  readonly checks: readonly string[];
  /** executables that would run and whose doings are not known here */
  readonly executables: readonly string[];
}

export interface PreviewRequest extends EventAsked {
  /** what its steps may call */
  readonly commands: StepCommands;
  /** records as they would be when the event is signalled */
  readonly overlay?: readonly RecordOverlay[];
}

/**
 * Says what an event would do: renders over the dbs as the steps before the templates would
 * leave them, and asks each step that is known. Changes nothing and runs no executable.
 */
export async function previewEvent(paths: Paths, request: PreviewRequest): Promise<Preview> {
  const { event, args, force = false, overlay = [], commands } = request;
  const listed = listSteps(paths, event);
  const steps = withServices(listed.steps, listRetries(paths, servicesOfSteps(listed.steps)));
  const known = await findCommandSteps(commands, steps, [event, ...args]);
  const { hostState, values, warnings } = await planDbs(paths, overlay, partsBefore(paths, known), force);
  const templates = steps.flatMap((step) => (step.kind === 'templates' ? step.templates : []));
  if (templates.length > 0) refuseOpenSources(paths);
  const planned = planFiles(hostState, templates, known, request, servicesOfSteps(listed.steps));
  const {
    expanded: { changes, warnings: ofFiles },
    held,
    intents,
  } = planned;
  const checked = await checkFiles(planned, known);
  const isChanged =
    changes.install.some(({ reasons }) => reasons.length > 0) || changes.remove.some(({ old }) => old !== undefined);
  const checks = isChanged
    ? await listConcerned(hostState, changes, { event, args, checks: listed.checks, commands })
    : [];
  const forgotten = new Set(
    listForgotten(paths, new Set(changes.remove.map(({ owned }) => owned.path))).map(({ name }) => name),
  );
  const plans = await Promise.all(known.flatMap(({ part }) => part.plan?.(planned) ?? []));
  const plan = plans.find(({ containers }) => containers !== undefined)?.containers;
  const filtered = plans.flatMap(({ firewall = [] }) => firewall);
  const said = [...plans.flatMap((one) => one.warnings ?? []), ...(await warnOfOpening(hostState, filtered, plan))];
  return {
    changes,
    warnings: [
      ...listed.warnings,
      ...warnings,
      ...ofFiles,
      ...checked,
      ...(held === undefined ? [] : [held.message]),
      ...said,
    ],
    allocated: values,
    plan,
    restartsDaemon: plans.find(({ engine }) => engine !== undefined)?.engine,
    filtered,
    contents: plans.flatMap(({ contents = [] }) => contents),
    swarm: plans.flatMap(({ swarm = [] }) => swarm),
    services: steps
      .flatMap((step) => servicesOf(step, intents, force))
      .filter(({ service }) => !forgotten.has(service) && isAdjustable(paths, hostState.snapshot, service)),
    checks: checks.map(({ name }) => name),
    executables: steps.flatMap((step) =>
      step.kind === 'executable' && !known.some((one) => one.step === step) ? [step.name] : [],
    ),
  };
}

/** What a build machine left to be found out is found out before anything else, and new defaults are applied. */
function partsBefore(paths: Paths, known: readonly CommandStep[]): readonly StepPart[] {
  const parts = known.map(({ part }) => part);
  if (parts.includes(setUpStep)) return parts;
  if (isSetUpPending(paths)) return [setUpStep, ...parts];
  return findShipped(paths).isNew ? [newDefaultsStep, ...parts] : parts;
}

/** The world with what the steps would change in the dbs. */
async function planDbs(
  paths: Paths,
  asked: readonly RecordOverlay[],
  parts: readonly StepPart[],
  isForced: boolean,
): Promise<{ readonly hostState: HostState } & Required<Pick<DbPlan, 'values' | 'warnings'>>> {
  const [values, warnings]: [string[], string[]] = [[], []];
  let overlay: readonly RecordOverlay[] = asked;
  let read: HostState | undefined;
  const readOnce = async (): Promise<HostState> => (read ??= await readHostState(paths, overlay, { isForced }));
  for (const { planDbs: plan } of parts) {
    const done = await plan?.({ paths, readHostState: readOnce });
    if (done === undefined) continue;
    values.push(...done.values);
    warnings.push(...(done.warnings ?? []));
    if (done.overlay !== undefined) [overlay, read] = [[...done.overlay, ...overlay], undefined];
    if (done.changes !== undefined) read = withProps(await readOnce(), done.changes);
  }
  return { hostState: await readOnce(), values, warnings };
}

function withProps(hostState: HostState, changes: NonNullable<DbPlan['changes']>): HostState {
  return { ...hostState, snapshot: withChanges(hostState.snapshot, changes) };
}

function servicesOf(step: Step, intents: readonly Intent[], force: boolean): Preview['services'] {
  if (step.kind !== 'services') return [];
  return step.services.flatMap(({ service, verbs, always }) => {
    const causes = intents
      .filter(({ kind, name }) => kind === 'service' && name === service)
      .flatMap((intent) => intent.causes);
    return always || force || causes.length > 0 ? [{ service, verbs, causes }] : [];
  });
}
