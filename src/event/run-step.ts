import path from 'node:path';
import { Failure } from '../base/errors.ts';
import type { Paths } from '../base/paths.ts';
import { callCommand, type RunCommand } from './call-command.ts';
import { aloneToken } from './event-lock.ts';
import { formatFailedEnd, type OnLine, type ProcessResult, runProcess } from './run-process.ts';
import { findStepCommand } from './step-command.ts';
import type { ExecutableStep } from './steps.ts';

export interface StepContext {
  readonly paths: Paths;
  readonly event: string;
  readonly args: readonly string[];
  /** file with one changed path per line, without the root; its own name is with the root, to be opened */
  readonly changedFile: string;
  /** what lets nested calls join: `EventLock.token` */
  readonly token: string;
  /** what cannot be applied (no engine, no service manager) stays pending, and that is no failure */
  readonly mayStayPending?: boolean;
  /** what has failed before is tried again */
  readonly retry?: boolean;
  /** for steps that only call docksmith; absent: each is a process */
  readonly runCommand?: RunCommand | undefined;
  /** no step before was a process, so that nobody else can have the token */
  readonly isAlone?: boolean;
  /** a line of the step's output, without its newline and without the step's name */
  readonly onLine: OnLine;
  /** passed on to the step */
  readonly signal?: AbortSignal | undefined;
}

export interface StepResult {
  readonly name: string;
  /** undefined: it never started, or a signal ended it */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly seconds: number;
  /** it was a process, which may have left others behind */
  readonly wasProcess: boolean;
  /** for anything but exit code 0 */
  readonly failure: Failure | undefined;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs one executable of an event as `SNNname EVENT ARG…`. What goes wrong is in the result: the steps after
 * it still run.
 */
export async function runStep(
  step: ExecutableStep,
  {
    paths,
    event,
    args,
    changedFile,
    token,
    mayStayPending = false,
    retry = false,
    runCommand,
    isAlone = false,
    onLine,
    signal,
  }: StepContext,
): Promise<StepResult> {
  const env = stepEnvironment(paths, {
    EVENT: event,
    DOCKSMITH_CHANGED: changedFile,
    DOCKSMITH_RUN: isAlone ? aloneToken(token) : token,
    ...(mayStayPending && { DOCKSMITH_MAY_STAY_PENDING: '1' }),
    ...(retry && { DOCKSMITH_RETRY: '1' }),
  });
  const result = await runExecutable(step.file, [event, ...args], { paths, env, runCommand, onLine, signal });
  const why = formatFailedEnd(result);
  const failure =
    why === undefined ? undefined : new Failure(`cannot complete step "${step.name}" of event "${event}"`, { why });
  return {
    name: step.name,
    exitCode: result.exitCode,
    signal: result.signal,
    seconds: result.seconds,
    wasProcess: result.wasHere !== true,
    failure,
  };
}

export interface Surroundings {
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  readonly runCommand: RunCommand | undefined;
  readonly onLine: OnLine;
  /** a command that is called here hears it by itself */
  readonly signal: AbortSignal | undefined;
}

/** Runs a step: as the command of docksmith that it calls, where it does nothing else, or else as a process. */
async function runExecutable(
  file: string,
  args: readonly string[],
  { paths, env, runCommand, onLine, signal }: Surroundings,
): Promise<ProcessResult> {
  const command = runCommand === undefined ? undefined : findStepCommand(file, args);
  if (runCommand !== undefined && command !== undefined) {
    const began = performance.now();
    const exitCode = await callCommand(runCommand, command, paths, env, onLine);
    if (exitCode !== undefined)
      return {
        exitCode,
        signal: undefined,
        notStarted: undefined,
        wasHere: true,
        seconds: (performance.now() - began) / 1000,
      };
  }
  return runProcess(file, args, env, onLine, undefined, signal);
}

/** This program's own commands come first in the PATH of a step, run by the node that runs this. */
export function stepEnvironment(paths: Paths, more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...more,
    PATH: `${path.join(paths.packageDir, 'bin/path')}:${process.env['PATH'] ?? DEFAULT_PATH}`,
    // while an event prepares its files, the dbs of its steps are a copy
    DBPATH: paths.dbDir,
    DOCKSMITH_ROOT: paths.root === '' ? '/' : paths.root,
    DOCKSMITH_NODE: process.execPath,
  };
}
