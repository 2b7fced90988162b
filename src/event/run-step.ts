import path from 'node:path';
import { Failure } from '../errors.ts';
import type { Paths } from '../paths.ts';
import { formatFailedEnd, type OnLine, runProcess } from './run-process.ts';
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
  /** for anything but exit code 0 */
  readonly failure: Failure | undefined;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs one executable of an event as `SNNname EVENT ARG…`. What goes wrong is in the result: the steps after it still run. */
export async function runStep(step: ExecutableStep, { paths, event, args, changedFile, token, mayStayPending = false, retry = false, onLine, signal }: StepContext): Promise<StepResult> {
  const env = stepEnvironment(paths, { EVENT: event, DOCKSMITH_CHANGED: changedFile, DOCKSMITH_RUN: token, ...(mayStayPending && { DOCKSMITH_MAY_STAY_PENDING: '1' }), ...(retry && { DOCKSMITH_RETRY: '1' }) });
  const result = await runProcess(step.file, [event, ...args], env, onLine, undefined, signal);
  const why = formatFailedEnd(result);
  const failure = why === undefined ? undefined : new Failure(`cannot complete step "${step.name}" of event "${event}"`, { why });
  return { name: step.name, exitCode: result.exitCode, signal: result.signal, seconds: result.seconds, failure };
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
