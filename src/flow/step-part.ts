import type { Plan } from '../container/plan/plan.ts';
import type { RunSpec } from '../container/spec/run-spec.ts';
import type { RecordOverlay } from '../db/overlay.ts';
import type { DbChange, Snapshot } from '../db/snapshot.ts';
import type { RunCommand } from '../event/call-command.ts';
import { findStepCommand, type StepCommand } from '../event/step-command.ts';
import type { ExecutableStep, Step } from '../event/steps.ts';
import type { ChangeSet } from '../output/plan/change-set.ts';
import type { Intent } from '../output/commit/intents.ts';
import type { Paths } from '../base/paths.ts';
import type { Engine } from '../engine/engine.ts';
import type { KernelRules } from '../firewall/kernel.ts';
import type { PublishedPort } from '../host/facts.ts';
import type { PlannedContent } from './content/planned-content.ts';
import type { DaemonRestart } from './daemon/daemon.ts';
import type { Expanded } from './expand.ts';
import type { Filtered } from './firewall/filter.ts';
import type { SwarmOperation } from './swarm/swarm-operation.ts';
import type { Reporter } from './reporter.ts';
import type { HostState } from './host-state.ts';

/** The commands of docksmith, for the steps of events that only call one. */
export interface StepCommands {
  /** absent: each step is a process */
  readonly run?: ((...given: [...Parameters<RunCommand>, Prepared?]) => ReturnType<RunCommand>) | undefined;
  /** what the command knows beforehand of the step that calls it; undefined where it knows nothing */
  readonly partOf: (command: StepCommand) => Promise<StepPart | undefined>;
}

/** What the engine said before the commit; believed by a step as long as nothing was done that may change it. */
export interface Prepared {
  readonly containers?: PlannedContainers;
  /** as they are read meanwhile */
  readonly kernelRules?: Promise<KernelRules>;
  readonly published?: readonly PublishedPort[];
}

/** What reconciling will do, by the files of the event as they will be installed. */
export interface PlannedContainers {
  readonly engine: Engine;
  readonly snapshot: Snapshot;
  readonly specs: ReadonlyMap<string, RunSpec>;
  readonly plan: Plan;
}

/**
 * What a command knows of a step of an event before the step is run: an event asks it before it
 * commits files, and a dry run instead of running it. Nothing in it changes the host, but that
 * images may be fetched.
 */
export interface StepPart {
  /** for a dry run: what it changes in the dbs, where it stands before the templates */
  readonly planDbs?: (host: OverlaidHost) => Promise<DbPlan>;
  /** the step does nothing but what `planDbs` says: an event need not run it where that is nothing */
  readonly changesOnlyDbs?: true;
  /** what has to be known before templates are rendered: images that a run spec depends on */
  readonly look?: (
    hostState: HostState,
    event: Pick<PlannedEvent, 'args'>,
    reporter: Reporter,
    signal: AbortSignal,
  ) => Promise<HostState>;
  /**
   * of an event and of a dry run.
   * @returns warnings
   * @throws Failure(s) for what would leave files with which the host does not go on
   */
  readonly check?: (event: PlannedEvent) => Promise<readonly string[]>;
  /**
   * of an event alone: fetches what is missing.
   * @returns what its step need not ask again; undefined where it has to, and so have all others
   * @throws Failure(s) for files that nothing could follow
   */
  readonly prepare?: (event: PlannedEvent, reporter: Reporter) => Promise<Prepared | undefined>;
  /** whether the engine is after the step as it was before; absent: nobody knows */
  readonly leavesEngine?: (event: PlannedEvent) => boolean;
  /** of a check: whether it has to look at what changes; absent: at every change */
  readonly concerns?: (paths: Paths, snapshot: Snapshot, changes: ChangeSet) => boolean;
  /** whether it restarts the engine, which then need not answer before */
  readonly restartsEngine?: (event: PlannedEvent) => boolean;
  /** of a dry run alone: what it would do */
  readonly plan?: (event: PlannedEvent) => Promise<StepPlan>;
  /** the event was interrupted before the step: what is to be noted, so that it is not forgotten */
  readonly leave?: (paths: Paths, cause: string) => void;
}

/** The host as it will be after the steps that were asked already. */
export interface OverlaidHost {
  readonly paths: Paths;
  readonly readHostState: () => Promise<HostState>;
}

export interface DbPlan {
  /** records as they would be; the facts of the host are read again with them */
  readonly overlay?: readonly RecordOverlay[];
  /** props that would be set, which tell nothing new of the host */
  readonly changes?: readonly DbChange[];
  /** `DB KEY PROP VALUE` for each value that would change */
  readonly values: readonly string[];
  readonly warnings?: readonly string[];
}

/** An event whose files are rendered, and not in place yet. */
export interface PlannedEvent {
  readonly event: string;
  readonly args: readonly string[];
  /** called by a package's installation: what cannot be done there stays pending */
  readonly isHook: boolean;
  /** what has failed is tried again */
  readonly retry: boolean;
  /** containers and images may be left behind with the engine's former storage driver */
  readonly move?: boolean;
  readonly hostState: HostState;
  readonly expanded: Expanded;
  /** adjustments that are pending once the files are in place */
  readonly intents: readonly Intent[];
  /** what its steps know of themselves */
  readonly parts: readonly StepPart[];
}

/** What a step would do. */
export interface StepPlan {
  readonly containers?: Plan | undefined;
  readonly engine?: DaemonRestart | undefined;
  readonly firewall?: readonly Filtered[];
  readonly contents?: readonly PlannedContent[];
  readonly swarm?: readonly SwarmOperation[];
  readonly warnings?: readonly string[];
}

/** A step that calls a command which knows beforehand what it will do. */
export interface CommandStep {
  readonly step: ExecutableStep;
  readonly part: StepPart;
}

/** The steps that only call a command of docksmith which has a part. */
export async function findCommandSteps(
  commands: StepCommands,
  steps: readonly Step[],
  given: readonly string[],
): Promise<readonly CommandStep[]> {
  const known: CommandStep[] = [];
  for (const step of steps) {
    const command = step.kind === 'executable' ? findStepCommand(step.file, given) : undefined;
    const part = command === undefined ? undefined : await commands.partOf(command);
    if (step.kind === 'executable' && part !== undefined) known.push({ step, part });
  }
  return known;
}
