import { Failure, Failures } from '../../base/errors.ts';
import { unlessInterrupted } from '../../base/interrupt.ts';
import { servicesOf, type Step, type TemplateToExpand } from '../../event/steps.ts';
import { askAhead } from '../../container/actual/inventory.ts';
import { listNewState } from '../../host/secret-salt.ts';
import { commitChanges } from '../../output/commit/commit.ts';
import { refuseObstacles } from '../../output/plan/change-set.ts';
import { checkOutputs } from '../../output/plan/check.ts';
import { intentsOf } from '../services/adjust.ts';
import { formerOptions } from '../daemon/engine-fallback.ts';
import { listConcerned, readCheckLimit, runChecks } from '../event-checks.ts';
import { checkFiles, isHook, planFiles, type PlannedFiles } from '../event-plan.ts';
import type { EventRun } from '../event-run.ts';
import { rememberExpanded } from '../expand.ts';
import { listReads } from '../rendering.ts';
import { endSetUp, isSetUpPending } from '../set-up/pending-set-up.ts';
import { bringDefaults, findShipped, NOTHING_SHIPPED, type Shipped } from '../set-up/shipped-defaults.ts';
import { refuseOpenSources } from '../trusted-files.ts';
import { readHostState, type HostState } from '../host-state.ts';
import { listEdits } from './edits.ts';
import { generationOf } from './generation-dbs.ts';
import { hintOfObstacle } from './obstacle-hint.ts';
import { StagedDbs } from './staged-dbs.ts';

/**
 * Renders the files of an event over the dbs as the steps before its templates leave them, checks them, and
 * puts them in place with those dbs: all together, or nothing. What was put in place is in `run.installed`; why some
 * files were left as they are is among `run.failures`.
 * @param before the steps before the templates: they are run on a copy of the dbs
 * @throws Failure(s), Interrupted: nothing was installed
 */
export async function installFiles(
  run: EventRun,
  before: readonly Step[],
  templates: readonly TemplateToExpand[],
): Promise<void> {
  const { paths, event, reporter } = run;
  let staged: StagedDbs | undefined;
  try {
    refuseOpenSources(paths);
    const isFirst = isSetUpPending(paths);
    // one that another event calls has them from that
    const defaults = event.run.parent === undefined ? findShipped(paths) : NOTHING_SHIPPED;
    // post-install and post-upgrade have a step that brings them
    const areDue = defaults.isNew && !isHook(event.event);
    const unchanged =
      event.changeDbs === undefined && !isFirst && !areDue ? await readUnlessChanged(run, before) : undefined;
    if (unchanged === undefined) {
      staged = new StagedDbs(paths);
      if (areDue) await bringDefaults(staged.paths, reporter);
      if (isFirst) await (await import('../set-up/setup.ts')).findOutNow(staged.paths, reporter);
      event.changeDbs?.(staged.paths);
      for (const step of before) await run.step(step, staged.paths);
    }
    await run.listen();
    reporter.progress('expanding the templates');
    const read = unchanged ?? (await readHostState(staged?.paths ?? paths, [], { isForced: event.force ?? false }));
    if (read.inventory !== undefined) await askAhead(read.inventory);
    const planned = planFiles(await lookAround(run, read), templates, event.known, event, servicesOf(event.steps));
    run.untold = planned.untold.map(({ service }) => service);
    if (planned.held !== undefined) run.failures.push(planned.held);
    await checkPlanned(run, planned);
    await run.listen();
    await commitPlanned(run, planned, read, { staged, defaults });
    if (isFirst) endSetUp(paths);
  } catch (error) {
    // what a package's hook found out and set by default is true whatever becomes of the files
    if (isHook(event.event)) staged?.commit();
    throw error;
  } finally {
    staged?.remove();
  }
}

/**
 * The world, where no step before the templates would change a db: then none is run, and no copy is made. One
 * that fails to tell is run, and says itself what is wrong.
 */
async function readUnlessChanged(
  { paths, event: { commands, known, force = false }, steps }: EventRun,
  before: readonly Step[],
): Promise<HostState | undefined> {
  const parts = before.map((step) => known.find((one) => one.step === step)?.part);
  if (parts.some((part) => part?.changesOnlyDbs !== true || commands.run === undefined)) return undefined;
  const began = performance.now();
  try {
    const hostState = await readHostState(paths, [], { isForced: force });
    for (const part of parts) {
      const plan = await part?.planDbs?.({ paths, readHostState: () => Promise.resolve(hostState) });
      if ((plan?.values.length ?? 0) > 0) return undefined;
    }
    const seconds = (performance.now() - began) / 1000;
    steps.push(...before.map(({ name }) => ({ name, seconds, exitCode: 0 })));
    return hostState;
  } catch (error) {
    if (error instanceof Failure || error instanceof Failures) return undefined;
    throw error;
  }
}

/** The world with what the steps of the event have to know of it before templates are rendered. */
async function lookAround({ event, reporter, signal }: EventRun, read: HostState): Promise<HostState> {
  let hostState = read;
  for (const { part } of event.known) hostState = (await part.look?.(hostState, event, reporter, signal)) ?? hostState;
  return hostState;
}

/** @throws Failure(s), Interrupted for what must keep the files from being put in place */
async function checkPlanned(run: EventRun, planned: PlannedFiles): Promise<void> {
  const { paths, event, reporter, signal } = run;
  const { changes, warnings } = planned.expanded;
  for (const warning of warnings) reporter.warning(warning);
  refuseObstacles(changes, hintOfObstacle);
  await run.listen();
  await checkOutputs(paths, changes, readCheckLimit(planned.hostState.snapshot), signal);
  for (const warning of await checkFiles(planned, event.known)) reporter.warning(warning);
  await prepare(run, planned);
}

async function prepare(run: EventRun, planned: PlannedFiles): Promise<void> {
  const { event, reporter, signal, prepared } = run;
  run.harmless = event.known.flatMap(({ step, part }) => (part.leavesEngine?.(planned) === true ? [step] : []));
  for (const { step, part } of event.known) {
    if (part.prepare === undefined) continue;
    const found = await unlessInterrupted(signal, 'cannot plan', part.prepare(planned, reporter));
    if (found === undefined) prepared.clear();
    else prepared.set(step, found);
  }
}

/**
 * Files, dbs, intents and a generation in one transaction; the checks of the event are run while it can still be
 * rolled back.
 * @param read the world before its images were looked at: its dbs are those of the generation
 * @throws Failure(s), Interrupted: nothing was installed
 */
async function commitPlanned(
  run: EventRun,
  { hostState, expanded }: PlannedFiles,
  read: HostState,
  { staged, defaults }: { readonly staged: StagedDbs | undefined; readonly defaults: Shipped },
): Promise<void> {
  const { paths, event, reporter, signal } = run;
  const { changes } = expanded;
  const edits = listEdits(paths, hostState.ledger, changes);
  const { kept } = await commitChanges(paths, changes, {
    ledger: hostState.ledger,
    command: event.command,
    intents: intentsOf(changes.install, changes.remove, new Date(), servicesOf(event.steps)),
    state: new Map([
      ...listNewState(paths),
      ...formerOptions(paths, changes),
      ...defaults.state,
      ...(event.state ?? []),
    ]),
    attached: staged?.attached(),
    verify: async () => {
      const checks = await listConcerned({ paths, snapshot: hostState.snapshot }, changes, event);
      if (checks.length > 0) run.prepared.clear();
      const limitSeconds = readCheckLimit(hostState.snapshot);
      await runChecks(paths, changes, {
        ...event,
        checks,
        limitSeconds,
        signal,
        onBegin: (name) => reporter.progress(name),
      });
    },
    generation: generationOf(read.snapshot, event.run, listReads(expanded.done)),
  });
  rememberExpanded(expanded);
  run.installed = { changes, kept };
  run.snapshot = hostState.snapshot;
  reporter.installed(changes, kept, edits);
}
