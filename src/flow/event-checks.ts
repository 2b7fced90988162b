import { Failure, throwAll } from '../errors.ts';
import { formatFailedEnd, runProcess } from '../event/run-process.ts';
import { stepEnvironment } from '../event/run-step.ts';
import type { ExecutableStep } from '../event/steps.ts';
import type { ChangeSet } from '../output/change-set.ts';
import { findPlace, formatRecord } from '../output/check.ts';
import { VERIFYING } from '../output/transaction.ts';
import type { Paths } from '../paths.ts';
import type { Rendered } from '../template/rendered.ts';

export interface EventChecks {
  readonly event: string;
  readonly args: readonly string[];
  readonly checks: readonly ExecutableStep[];
  /** with one changed path per line, as steps get it */
  readonly changedFile: string;
  /** what lets nested calls join: `EventLock.token` */
  readonly token: string;
  readonly onBegin: (name: string) => void;
}

/**
 * Runs the executables of `checks/` as `NAME EVENT ARG…`, with the environment of a step, while
 * the files are in place and can still be taken back. What a content one prints is not shown.
 * @throws Failure(s), one per check that refuses, at the fragment whose line it names
 */
export async function runChecks(paths: Paths, { install }: ChangeSet, { event, args, checks, changedFile, token, onBegin }: EventChecks): Promise<void> {
  const failures: Failure[] = [];
  for (const { name, file } of checks) {
    onBegin(name);
    const said: string[] = [];
    const env = stepEnvironment(paths, { EVENT: event, DOCKSMITH_CHANGED: changedFile, DOCKSMITH_RUN: token, [VERIFYING]: '1' });
    const why = formatFailedEnd(await runProcess(file, [event, ...args], env, (line) => said.push(line)));
    if (why !== undefined) failures.push(blame(paths, install.map(({ output }) => output), said.join('\n').trim(), (record) => `cannot complete event "${event}": its check "${name}" refuses the files${record}`, why));
  }
  throwAll(failures);
}

function blame(paths: Paths, outputs: readonly Rendered[], said: string, what: (record: string) => string, why: string): Failure {
  const words = `${why}${said === '' ? '' : `\n${paths.root === '' ? said : said.replaceAll(`${paths.root}/`, '/')}`}`;
  for (const output of outputs) {
    const at = findPlace(output, [paths.file(output.path), output.path], said);
    if (at !== undefined) return new Failure(what(formatRecord(output)), { why: words, at });
  }
  return new Failure(what(''), { why: words });
}
