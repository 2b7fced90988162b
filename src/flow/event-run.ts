import path from 'node:path';
import { errorCode, Failure, Failures, reasonOf } from '../base/errors.ts';
import { Interrupted, listenForInterrupt, NEVER } from '../base/interrupt.ts';
import type { Paths } from '../base/paths.ts';
import { runStep } from '../event/run-step.ts';
import type { Run, RunStep } from '../event/runs.ts';
import { findRecord, type Snapshot } from '../db/snapshot.ts';
import type { Adjusted } from '../event/services.ts';
import type { ExecutableStep, Step } from '../event/steps.ts';
import { UNFINISHED_DIR } from '../files/unfinished.ts';
import { listIntents } from '../output/commit/intents.ts';
import { NO_CHANGES } from '../output/plan/change-set.ts';
import { adjustServices } from './services/adjust.ts';
import { isHook } from './event-plan.ts';
import { describeInterrupted, isEndedBySignal } from './interrupted-event.ts';
import type { Reporter } from './reporter.ts';
import type { SignalRequest, SignalResult } from './signal-request.ts';
import type { CommandStep, Prepared } from './step-part.ts';
import { readHostSnapshot } from './host-state.ts';

/** An event that was asked for and has been begun: its steps are known, and its run is recorded. */
export interface BegunEvent extends SignalRequest {
  /** in words */
  readonly command: string;
  readonly steps: readonly Step[];
  readonly known: readonly CommandStep[];
  readonly checks: readonly ExecutableStep[];
  readonly run: Run;
  /** for `DOCKSMITH_RUN` of its steps */
  readonly token: string;
}

/** What an event has put in place. */
type InstalledFiles = Pick<SignalResult, 'changes' | 'kept'>;

/** Runs the steps of one event, each when it is told to, and keeps what has become of them. */
export class EventRun {
  readonly event: BegunEvent;
  readonly paths: Paths;
  readonly reporter: Reporter;
  /** what ends the event in good order */
  readonly signal: AbortSignal;
  /** a list of what the event has changed, for its steps to read */
  readonly changedFile: string;
  installed: InstalledFiles = { changes: NO_CHANGES, kept: new Map() };
  /** the dbs that were rendered; absent: the event has no templates, or failed before them */
  snapshot: Snapshot | undefined;
  readonly steps: RunStep[] = [];
  readonly failures: Failure[] = [];
  readonly adjusted: Adjusted[] = [];
  /** services of the event for which nothing was pending */
  readonly untouched: string[] = [];
  /** those of them that none of its files can adjust: a warning says so */
  untold: readonly string[] = [];
  /** what steps have asked of the engine beforehand: none of it any more as soon as that may be otherwise */
  readonly prepared = new Map<Step, Prepared>();
  /** steps that leave the engine as it is */
  harmless: readonly Step[] = [];
  /** names of steps that the signal kept from being begun, or ended */
  readonly #left: string[] = [];
  /** no process has been given the token of this run yet */
  #isAlone = true;

  constructor(paths: Paths, event: BegunEvent, reporter: Reporter) {
    this.paths = paths;
    this.event = event;
    this.reporter = reporter;
    this.signal = event.signal ?? NEVER;
    this.changedFile = paths.file(path.posix.join(UNFINISHED_DIR, `changed-${event.run.id}`));
  }

  /**
   * Runs one step, or notes that it is left once the event was interrupted; that it failed is kept.
   * @param paths the host, or a copy of its dbs
   */
  async step(step: Step, paths = this.paths): Promise<void> {
    if (this.signal.aborted) return void this.#left.push(step.name);
    if (step.kind === 'executable') return this.#execute(step, paths);
    if (step.kind === 'services') return this.#adjust(step);
  }

  /** Lets a signal be heard. @throws Interrupted when there was one */
  listen(): Promise<void> {
    return listenForInterrupt(this.signal, `cannot complete event "${this.event.event}"`);
  }

  /** Keeps why nothing was installed. @throws what is no failure of the event, but a mistake in the program */
  fail(error: unknown): void {
    const { event } = this.event;
    if (error instanceof Interrupted) this.failures.push(describeInterrupted(event, this.signal, undefined));
    else if (error instanceof Failures) this.failures.push(...error.failures);
    else if (error instanceof Failure) this.failures.push(error);
    else if (errorCode(error) !== undefined)
      this.failures.push(
        new Failure(`cannot run event "${event}"`, {
          why: error instanceof Error ? error.message : reasonOf(error),
          cause: error,
        }),
      );
    else throw error;
  }

  /** If a signal came: what was committed stays, and the next event does the rest. */
  endInterrupted(): void {
    if (!this.signal.aborted) return;
    const { event, known } = this.event;
    for (const { step, part } of known)
      if (this.#left.includes(step.name)) part.leave?.(this.paths, `${event} was interrupted`);
    this.failures.push(describeInterrupted(event, this.signal, this.#left));
  }

  async #execute(step: ExecutableStep, paths: Paths): Promise<void> {
    const {
      event,
      args,
      token,
      retry = false,
      commands: { run },
    } = this.event;
    this.reporter.progress(step.name);
    const { name, exitCode, signal, seconds, wasProcess, failure } = await runStep(step, {
      paths,
      event,
      args,
      token,
      changedFile: this.changedFile,
      mayStayPending: isHook(event),
      retry,
      runCommand: run && ((command, at, onLine) => run(command, at, onLine, this.prepared.get(step))),
      isAlone: this.#isAlone,
      signal: this.signal,
      onLine: (line, stream) => this.reporter.line(step.name, line, stream),
    });
    if (wasProcess) this.#isAlone = false;
    if (wasProcess || !this.harmless.includes(step)) this.prepared.clear();
    this.steps.push({
      name,
      seconds,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (isEndedBySignal({ exitCode, signal }, this.signal)) this.#left.push(name);
    else if (failure !== undefined) this.failures.push(failure);
  }

  async #adjust({ name, services }: Extract<Step, { kind: 'services' }>): Promise<void> {
    const { event, force = false } = this.event;
    const began = performance.now();
    const { adjusted, failures } = await adjustServices(
      this.paths,
      () => readHostSnapshot(this.paths),
      force ? services.map((service) => ({ ...service, always: true })) : services,
      name,
      this.reporter,
      this.signal,
    );
    const mayPend = isHook(event);
    if (mayPend) for (const failure of failures) this.reporter.warning(`${failure.message}; it stays pending`);
    else this.failures.push(...failures);
    this.adjusted.push(...adjusted);
    if (adjusted.length + failures.length > 0) this.prepared.clear();
    if (adjusted.some(({ service, outcome }) => service === 'httpd' && outcome === 'done')) await this.#askApache();
    const touched = new Set([
      ...adjusted.map(({ service }) => service),
      ...listIntents(this.paths).map((intent) => intent.name),
    ]);
    const asked = services.flatMap(({ service, from }) => (from === undefined ? [] : [service]));
    // a host without the service is not told that it was left alone
    const isHere = (service: string): boolean =>
      this.snapshot === undefined || findRecord(this.snapshot, 'configuration', service) !== undefined;
    this.untouched.push(
      ...asked.filter((service) => !touched.has(service) && !this.untold.includes(service) && isHere(service)),
    );
    this.steps.push({
      name,
      seconds: (performance.now() - began) / 1000,
      exitCode: failures.length === 0 || mayPend ? 0 : 1,
    });
  }

  /** It has just been told to read its files: whether the sites of containers are among them. */
  async #askApache(): Promise<void> {
    const { warnOfStrangeUrls } = await import('./loaded/vhosts.ts');
    this.reporter.progress('asking Apache for the sites of containers');
    for (const warning of await warnOfStrangeUrls(this.paths)) this.reporter.warning(warning);
  }
}
