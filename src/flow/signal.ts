import { rmSync, writeFileSync } from 'node:fs';
import { hearSignals } from '../base/interrupt.ts';
import type { Paths } from '../base/paths.ts';
import { listSteps, servicesOf, type Step, type TemplatesStep, withServices } from '../event/steps.ts';
import { listIntents } from '../output/commit/intents.ts';
import { listEdited } from '../output/plan/change-set.ts';
import { isHook } from './event-plan.ts';
import { listRetries } from './services/adjust.ts';
import { dropForgotten } from './services/named-services.ts';
import { bringNewDefaults } from './set-up/shipped-defaults.ts';
import { pruneHistory } from './commit/generation-dbs.ts';
import { installFiles } from './commit/install-files.ts';
import { rememberOverrides } from './commit/overrides.ts';
import { listChanged } from './event-checks.ts';
import { EventRun } from './event-run.ts';
import { type Begun, runRecorded } from './run-recorded.ts';
import type { Reporter } from './reporter.ts';
import type { SignalRequest, SignalResult } from './signal-request.ts';
import { findCommandSteps } from './step-part.ts';

/**
 * Runs one event: the steps before the templates on a copy of the dbs, then all files
 * together, or none, with what those steps changed; then the actions and services.
 * @throws Failure where the event cannot begin at all; what fails later is in the result
 */
export async function signalEvent(paths: Paths, request: SignalRequest, reporter: Reporter): Promise<SignalResult> {
  const { event, args, waitSeconds, mask } = request;
  const listed = listSteps(paths, event);
  for (const warning of listed.warnings) reporter.warning(warning);
  const { calledAs = { command: `signal-event ${event}`, args } } = request;
  const { result, run } = await runRecorded(
    paths,
    { ...calledAs, event: request.calledAs?.command ?? event, waitSeconds, signal: request.signal, mask },
    reporter,
    (begun) =>
      request.around === undefined
        ? runListed(paths, request, begun, listed, reporter)
        : // what comes before may bring steps of its own
          request.around(() => runListed(paths, request, begun, listSteps(paths, event), reporter)),
    ({ changes: { install, remove }, steps, failures }) => ({
      steps,
      failures,
      installed: install.map(({ output }) => output.path),
      removed: remove.map(({ owned }) => owned.path),
    }),
  );
  return { ...result, run };
}

async function runListed(
  paths: Paths,
  request: SignalRequest,
  begun: Begun,
  listed: ReturnType<typeof listSteps>,
  reporter: Reporter,
): Promise<Omit<SignalResult, 'run'> & Pick<EventRun, 'steps'>> {
  const { checks } = listed;
  // what is pending while a step of an event calls another event is still done by its parent
  const steps =
    begun.run.parent === undefined
      ? withServices(listed.steps, listRetries(paths, servicesOf(listed.steps)))
      : listed.steps;
  const known = await findCommandSteps(request.commands, steps, [request.event, ...request.args]);
  const done = new EventRun(paths, { ...request, ...begun, steps, known, checks }, reporter);
  const isInstalled = await runSteps(done);
  const { installed, failures, adjusted, untouched } = done;
  if (failures.length === 0) {
    rememberOverrides(paths);
    pruneHistory(paths, done.snapshot);
  }
  const [edited, pending] = [listEdited(installed.changes), listIntents(paths)];
  return { ...installed, isInstalled, steps: done.steps, failures, adjusted, untouched, edited, pending };
}

/**
 * Those before the templates, all files, and what follows once the files are in place.
 * @returns false where they are not
 */
async function runSteps(run: EventRun): Promise<boolean> {
  const { steps } = run.event;
  const at = steps.findIndex(({ kind }) => kind === 'templates');
  const templates = steps[at];
  try {
    writeFileSync(run.changedFile, '', { mode: 0o600 });
    const isInstalled =
      templates?.kind === 'templates' ? await install(run, steps.slice(0, at), templates) : await begin(run);
    if (isInstalled) for (const warning of dropForgotten(run.paths)) run.reporter.warning(warning);
    // without its files nothing else may be done
    for (const step of isInstalled ? steps.slice(at + 1) : []) await run.step(step);
    await hearSignals();
    if (isInstalled) run.endInterrupted();
    return isInstalled;
  } finally {
    rmSync(run.changedFile, { force: true });
  }
}

/** Of an event without files. @returns false when it failed */
async function begin(run: EventRun): Promise<boolean> {
  try {
    // post-install and post-upgrade have a step for that, and one that another event calls has them from that
    if (!isHook(run.event.event) && run.event.run.parent === undefined) await bringNewDefaults(run.paths, run.reporter);
    return true;
  } catch (error) {
    run.fail(error);
    return false;
  }
}

/** Installs the files of an event. @returns false when it failed: why is among the failures of the run */
async function install(run: EventRun, before: readonly Step[], { templates }: TemplatesStep): Promise<boolean> {
  try {
    await installFiles(run, before, templates);
    const changed = listChanged(run.installed.changes);
    writeFileSync(run.changedFile, changed.map((file) => `${file}\n`).join(''));
    return true;
  } catch (error) {
    run.fail(error);
    return false;
  }
}
