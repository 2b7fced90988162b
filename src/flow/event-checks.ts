import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseMilliseconds } from '../base/quantity.ts';
import type { Snapshot } from '../db/snapshot.ts';
import { Failure, throwAll } from '../base/errors.ts';
import { formatFailedEnd, runProcess } from '../event/run-process.ts';
import { stepEnvironment } from '../event/run-step.ts';
import type { ExecutableStep } from '../event/steps.ts';
import type { ChangeSet } from '../output/plan/change-set.ts';
import { findPlace, formatRecord } from '../output/plan/check.ts';
import { NEVER, refuseInterrupted } from '../base/interrupt.ts';
import type { Paths } from '../base/paths.ts';
import type { Rendered } from '../template/rendered.ts';
import { makeUnfinished, removeUnfinished } from '../files/unfinished.ts';
import { VERIFYING } from './commit/recover.ts';
import { findCommandSteps, type CommandStep, type StepCommands } from './step-part.ts';
import type { HostState } from './host-state.ts';
import { DocksmithRecord } from '../model/docksmith-record.ts';

export interface EventChecks {
  readonly event: string;
  readonly args: readonly string[];
  readonly checks: readonly ExecutableStep[];
  /** after which one that did not end is killed, with what it started */
  readonly limitSeconds: number;
  readonly onBegin: (name: string) => void;
  /** kills a check, and the files are taken back */
  readonly signal?: AbortSignal | undefined;
}

const LIMIT_SECONDS = 60;

/** How long a check may take, by the record `docksmith`: for ever would be the lock of commits. */
export function readCheckLimit(snapshot: Snapshot): number {
  return (parseMilliseconds(new DocksmithRecord(snapshot).checkWait) ?? 0) / 1000 || LIMIT_SECONDS;
}

/** Paths without the root. */
export function listChanged({ install, remove }: ChangeSet): readonly string[] {
  return [...install.map(({ output }) => output.path), ...remove.map(({ owned }) => owned.path)];
}

/**
 * The checks that have something to look at among the files that change, for an event and a dry run alike.
 * One that fails to tell is run, and says itself what is wrong.
 */
export async function listConcerned(
  { paths, snapshot }: Pick<HostState, 'paths' | 'snapshot'>,
  changes: ChangeSet,
  {
    event,
    args,
    checks,
    commands,
  }: Pick<EventChecks, 'event' | 'args' | 'checks'> & { readonly commands: StepCommands },
): Promise<readonly ExecutableStep[]> {
  const known = await findCommandSteps(commands, checks, [event, ...args]);
  const isConcerned = ({ part }: CommandStep): boolean => {
    try {
      return part.concerns?.(paths, snapshot, changes) ?? true;
    } catch (error) {
      if (error instanceof Failure) return true;
      throw error;
    }
  };
  return checks.filter((check) => known.filter(({ step }) => step === check).every(isConcerned));
}

/**
 * Runs the executables of `checks/` as `NAME EVENT ARG…`, with the environment of a step, while
 * the files are in place and can still be taken back. What a content one prints is not shown.
 * @throws Failure(s), one per check that refuses, at the fragment whose line it names
 */
export async function runChecks(
  paths: Paths,
  changes: ChangeSet,
  { event, args, checks, limitSeconds, onBegin, signal = NEVER }: EventChecks,
): Promise<void> {
  if (checks.length === 0) return;
  const failures: Failure[] = [];
  const folder = makeUnfinished(paths, 'check');
  try {
    const changedFile = path.join(folder, 'changed');
    writeFileSync(
      changedFile,
      listChanged(changes)
        .map((file) => `${file}\n`)
        .join(''),
      { mode: 0o600 },
    );
    for (const { name, file } of checks) {
      onBegin(name);
      const said: string[] = [];
      const env = stepEnvironment(paths, { EVENT: event, DOCKSMITH_CHANGED: changedFile, [VERIFYING]: '1' });
      const why = formatFailedEnd(
        await runProcess(file, [event, ...args], env, (line) => said.push(line), limitSeconds, signal),
      );
      refuseInterrupted(signal, `cannot complete event "${event}"`);
      if (why !== undefined)
        failures.push(
          blame(
            paths,
            changes.install.map(({ output }) => output),
            said.join('\n').trim(),
            (record) => `cannot complete event "${event}": its check "${name}" refuses the files${record}`,
            why,
          ),
        );
    }
  } finally {
    removeUnfinished(paths, folder);
  }
  throwAll(failures);
}

function blame(
  paths: Paths,
  outputs: readonly Rendered[],
  said: string,
  what: (record: string) => string,
  why: string,
): Failure {
  const words = `${why}${said === '' ? '' : `\n${paths.root === '' ? said : said.replaceAll(`${paths.root}/`, '/')}`}`;
  for (const output of outputs) {
    const at = findPlace(output, [paths.file(output.path), output.path], said);
    if (at !== undefined) return new Failure(what(formatRecord(output)), { why: words, at });
  }
  return new Failure(what(''), { why: words });
}
