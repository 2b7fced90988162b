import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, Failures, reasonOf } from '../base/errors.ts';
import type { Run, RunStep } from '../event/runs.ts';
import { runStep } from '../event/run-step.ts';
import type { Adjusted } from '../event/services.ts';
import { type ExecutableStep, listSteps, type ServiceToAdjust, type Step, withServices } from '../event/steps.ts';
import { listNewState } from '../host/secret-salt.ts';
import { type ChangeSet, listEdited, NO_CHANGES, refuseObstacles } from '../output/plan/change-set.ts';
import { hearSignals, Interrupted, listenForInterrupt, NEVER, unlessInterrupted } from '../base/interrupt.ts';
import { checkOutputs } from '../output/plan/check.ts';
import { type Committed, commitChanges } from '../output/commit/commit.ts';
import { listIntents } from '../output/commit/intents.ts';
import type { Paths } from '../base/paths.ts';
import { UNFINISHED_DIR } from '../files/unfinished.ts';
import { endSetUp, isSetUpPending } from './set-up/pending-set-up.ts';
import { adjustServices, intentsOf, listRetries } from './adjust.ts';
import { readCheckLimit, runChecks } from './event-checks.ts';
import { listEdits } from './commit/edits.ts';
import { formerOptions } from './daemon/engine-fallback.ts';
import { checkFiles, isHook, planFiles } from './event-plan.ts';
import { rememberExpanded } from './expand.ts';
import { generationOf, pruneHistory } from './commit/generation-dbs.ts';
import { describeInterrupted, isEndedBySignal } from './interrupted-event.ts';
import { hintOfObstacle } from './commit/obstacle-hint.ts';
import { rememberOverrides } from './commit/overrides.ts';
import { recorded } from './recorded.ts';
import { listReads } from './rendering.ts';
import type { Reporter } from './reporter.ts';
import type { SignalRequest, SignalResult } from './signal-request.ts';
import { StagedDbs } from './commit/staged-dbs.ts';
import { findKnownSteps, type KnownStep } from './step-part.ts';
import { refuseOpenSources } from './trusted-files.ts';
import { readHostSnapshot, readWorld, type World } from './world.ts';

export type { SignalRequest, SignalResult };

/**
 * Runs one event: the steps before the templates on a copy of the dbs, then all files
 * together, or none, with what those steps changed; then the actions and services.
 * @throws Failure where the event cannot begin at all; what fails later is in the result
 */
export async function signalEvent(paths: Paths, request: SignalRequest, reporter: Reporter): Promise<SignalResult> {
  const { event, args, waitSeconds, mask } = request;
  const listed = listSteps(paths, event);
  const { checks, warnings } = listed;
  for (const warning of warnings) reporter.warning(warning);
  const { calledAs = { command: `signal-event ${event}`, args } } = request;
  const { result, run } = await recorded(
    paths,
    { ...calledAs, event: request.calledAs?.command ?? event, waitSeconds, signal: request.signal, mask },
    reporter,
    async (begun) => {
      // what is pending while a step of an event calls another one is what its parent still comes to
      const steps =
        begun.run.parent === undefined
          ? withServices(listed.steps, listRetries(paths, listServices(listed.steps)))
          : listed.steps;
      const known = await findKnownSteps(request.commands, steps, [event, ...args]);
      const done = await new Signal(paths, { ...request, ...begun, steps, known, checks }, reporter).run();
      if (done.failures.length === 0) {
        rememberOverrides(paths);
        pruneHistory(paths);
      }
      return { ...done, edited: listEdited(done.changes), pending: listIntents(paths) };
    },
    ({ changes: { install, remove }, steps, failures }) => ({
      steps,
      failures,
      installed: install.map(({ output }) => output.path),
      removed: remove.map(({ owned }) => owned.path),
    }),
  );
  return { ...result, run };
}

function listServices(steps: readonly Step[]): readonly ServiceToAdjust[] {
  return steps.flatMap((step) => (step.kind === 'services' ? step.services : []));
}

interface SignalContext extends SignalRequest {
  /** in words */
  readonly command: string;
  readonly steps: readonly Step[];
  readonly known: readonly KnownStep[];
  readonly checks: readonly ExecutableStep[];
  readonly run: Run;
  readonly token: string;
}

class Signal {
  readonly #paths: Paths;
  readonly #context: SignalContext;
  readonly #reporter: Reporter;
  readonly #changedFile: string;
  readonly #steps: RunStep[] = [];
  readonly #failures: Failure[] = [];
  readonly #adjusted: Adjusted[] = [];
  readonly #untouched: string[] = [];
  readonly #signal: AbortSignal;
  readonly #left: string[] = [];
  #changes = NO_CHANGES;
  /** no process has been given the token of this run yet */
  #isAlone = true;
  #kept: Committed['kept'] = new Map();

  constructor(paths: Paths, context: SignalContext, reporter: Reporter) {
    this.#paths = paths;
    this.#context = context;
    this.#reporter = reporter;
    this.#signal = context.signal ?? NEVER;
    this.#changedFile = paths.file(path.posix.join(UNFINISHED_DIR, `changed-${context.run.id}`));
  }

  async run(): Promise<{
    steps: readonly RunStep[];
    changes: ChangeSet;
    kept: Committed['kept'];
    failures: readonly Failure[];
    adjusted: readonly Adjusted[];
    untouched: readonly string[];
  }> {
    const { steps } = this.#context;
    const at = steps.findIndex(({ kind }) => kind === 'templates');
    const templates = steps[at];
    try {
      writeFileSync(this.#changedFile, '', { mode: 0o600 });
      const isDone = templates?.kind !== 'templates' || (await this.#expand(steps.slice(0, at), templates));
      for (const step of isDone ? steps.slice(at + 1) : []) await this.#step(step, this.#paths);
      await hearSignals();
      if (isDone) this.#endInterrupted();
    } finally {
      rmSync(this.#changedFile, { force: true });
    }
    return {
      steps: this.#steps,
      changes: this.#changes,
      kept: this.#kept,
      failures: this.#failures,
      adjusted: this.#adjusted,
      untouched: this.#untouched,
    };
  }

  /** @returns false when nothing was installed because something is wrong; nothing else may be done then */
  async #expand(before: readonly Step[], { templates }: Extract<Step, { kind: 'templates' }>): Promise<boolean> {
    const { force = false, changeDbs, known } = this.#context;
    let staged: StagedDbs | undefined;
    try {
      refuseOpenSources(this.#paths);
      const isFirst = isSetUpPending(this.#paths);
      staged = before.length === 0 && changeDbs === undefined && !isFirst ? undefined : new StagedDbs(this.#paths);
      if (isFirst && staged !== undefined)
        await (await import('./set-up/setup.ts')).findOutNow(staged.paths, this.#reporter);
      if (staged !== undefined) changeDbs?.(staged.paths);
      for (const step of before) await this.#step(step, staged?.paths ?? this.#paths);
      await this.#listen();
      this.#reporter.progress('expanding the templates');
      const read = await readWorld(staged?.paths ?? this.#paths, [], { isForced: force });
      let world = read;
      for (const { part } of known)
        world = (await part.look?.(world, this.#context, this.#reporter, this.#signal)) ?? world;
      const planned = planFiles(world, templates, known, this.#context);
      const { expanded, held } = planned;
      if (held !== undefined) this.#failures.push(held);
      const { changes, warnings } = expanded;
      for (const warning of warnings) this.#reporter.warning(warning);
      refuseObstacles(changes, hintOfObstacle);
      await this.#listen();
      await checkOutputs(this.#paths, changes, readCheckLimit(world.snapshot), this.#signal);
      for (const warning of await checkFiles(planned, known)) this.#reporter.warning(warning);
      for (const { part } of known)
        await unlessInterrupted(
          this.#signal,
          'cannot plan',
          part.prepare?.(planned, this.#reporter) ?? Promise.resolve(),
        );
      await this.#listen();
      const { command } = this.#context;
      const intents = intentsOf(changes.install, changes.remove, new Date(), listServices(this.#context.steps));
      const edits = listEdits(this.#paths, world.ledger, changes);
      const { kept } = await commitChanges(this.#paths, changes, {
        ledger: world.ledger,
        command,
        intents,
        state: new Map([...listNewState(this.#paths), ...formerOptions(this.#paths, changes)]),
        companion: staged?.companion(),
        verify: () => this.#verify(world, changes),
        generation: generationOf(read.snapshot, this.#context.run, listReads(expanded.done)),
      });
      rememberExpanded(expanded);
      if (isFirst) endSetUp(this.#paths);
      this.#changes = changes;
      this.#kept = kept;
      this.#reporter.installed(changes, kept, edits);
      this.#tellChanged(changes);
      return true;
    } catch (error) {
      this.#fail(error);
      // what a package's hook found out and set by default is true whatever becomes of the files
      if (isHook(this.#context.event)) staged?.commit();
      return false;
    } finally {
      staged?.remove();
    }
  }

  async #verify({ snapshot }: World, changes: ChangeSet): Promise<void> {
    await runChecks(this.#paths, changes, {
      ...this.#context,
      limitSeconds: readCheckLimit(snapshot),
      signal: this.#signal,
      onBegin: (name) => this.#reporter.progress(name),
    });
  }

  #tellChanged({ install, remove }: ChangeSet): void {
    const changed = [...install.map(({ output }) => output.path), ...remove.map(({ owned }) => owned.path)];
    writeFileSync(this.#changedFile, changed.map((file) => `${file}\n`).join(''));
  }

  #listen(): Promise<void> {
    return listenForInterrupt(this.#signal, `cannot complete event "${this.#context.event}"`);
  }

  /** What was committed stays, and the next event does the rest. */
  #endInterrupted(): void {
    if (!this.#signal.aborted) return;
    for (const { step, part } of this.#context.known)
      if (this.#left.includes(step.name)) part.leave?.(this.#paths, `${this.#context.event} was interrupted`);
    this.#failures.push(describeInterrupted(this.#context.event, this.#signal, this.#left));
  }

  async #step(step: Step, paths: Paths): Promise<void> {
    if (this.#signal.aborted) return void this.#left.push(step.name);
    if (step.kind === 'executable') return this.#execute(step, paths);
    if (step.kind === 'services') return this.#adjust(step);
  }

  async #execute(step: ExecutableStep, paths: Paths): Promise<void> {
    const {
      event,
      args,
      token,
      retry = false,
      commands: { run },
    } = this.#context;
    this.#reporter.progress(step.name);
    const { name, exitCode, signal, seconds, wasProcess, failure } = await runStep(step, {
      paths,
      event,
      args,
      token,
      changedFile: this.#changedFile,
      mayStayPending: isHook(event),
      retry,
      runCommand: run,
      isAlone: this.#isAlone,
      signal: this.#signal,
      onLine: (line, stream) => this.#reporter.line(step.name, line, stream),
    });
    if (wasProcess) this.#isAlone = false;
    this.#steps.push({
      name,
      seconds,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (isEndedBySignal({ exitCode, signal }, this.#signal)) this.#left.push(name);
    else if (failure !== undefined) this.#failures.push(failure);
  }

  async #adjust({ name, services }: Extract<Step, { kind: 'services' }>): Promise<void> {
    const began = performance.now();
    const snapshot = readHostSnapshot(this.#paths);
    const wanted = this.#context.force === true ? services.map((service) => ({ ...service, always: true })) : services;
    const { adjusted, failures } = await adjustServices(
      this.#paths,
      snapshot,
      wanted,
      name,
      this.#reporter,
      this.#signal,
    );
    const mayPend = isHook(this.#context.event);
    if (mayPend) for (const failure of failures) this.#reporter.warning(`${failure.message}; it stays pending`);
    else this.#failures.push(...failures);
    this.#adjusted.push(...adjusted);
    const touched = new Set([
      ...adjusted.map(({ service }) => service),
      ...listIntents(this.#paths).map((intent) => intent.name),
    ]);
    this.#untouched.push(...services.map(({ service }) => service).filter((service) => !touched.has(service)));
    this.#steps.push({
      name,
      seconds: (performance.now() - began) / 1000,
      exitCode: failures.length === 0 || mayPend ? 0 : 1,
    });
  }

  #fail(error: unknown): void {
    if (error instanceof Interrupted)
      this.#failures.push(describeInterrupted(this.#context.event, this.#signal, undefined));
    else if (error instanceof Failures) this.#failures.push(...error.failures);
    else if (error instanceof Failure) this.#failures.push(error);
    else if (errorCode(error) !== undefined)
      this.#failures.push(
        new Failure(`cannot run event "${this.#context.event}"`, {
          why: error instanceof Error ? error.message : reasonOf(error),
          cause: error,
        }),
      );
    else throw error;
  }
}
