import { listRuns, type Run } from '../event/runs.ts';
import { Failure, UsageFailure } from '../errors.ts';
import { showable } from '../showable.ts';
import { type CommandContext, readOptions } from './command.ts';
import { formatJson } from './format-json.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatTable, painter } from './terminal.ts';

/** `docksmith log [-n COUNT] [RUN]` */
export async function runLog(args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { values, words: [id] } = readOptions('docksmith log', args, { json: { type: 'boolean' }, count: { type: 'string', short: 'n' } });
  const count = values.count ?? '20';
  if (!/^[1-9]\d*$/.test(count)) throw new UsageFailure('cannot run "docksmith log"', { why: `"${count}" is no count` });
  const { runs, warnings } = listRuns(paths, id === undefined ? Number(count) : undefined);
  const reporter = new ConsoleReporter({ stdout, stderr });
  for (const warning of warnings) reporter.warning(warning);
  if (id === undefined) {
    stdout.write(values.json === true ? formatJson(runs) : formatRuns(runs, painter(stdout)));
    return Promise.resolve(0);
  }
  const run = runs.find((candidate) => candidate.id === id);
  if (run === undefined) throw new Failure(`cannot show run "${id}"`, { why: 'there is no such run', hint: 'docksmith log lists them' });
  stdout.write(values.json === true ? formatJson(run) : formatRun(run));
  return Promise.resolve(0);
}

function formatRuns(runs: readonly Run[], paint: ReturnType<typeof painter>): string {
  return formatTable(runs.map(({ id, event, args, who, exitCode, installed, removed }) => [
    id, exitCode === undefined ? paint('yellow', 'ended?') : exitCode === 0 ? paint('green', 'done  ') : paint('red', 'failed'),
    showable(who.sudoUser ?? who.user), `+${installed.length} -${removed.length}`, showable([event, ...args].join(' ')),
  ]));
}

function formatRun(run: Run): string {
  const { id, event, args, who, started, ended, parent, installed, removed, steps, failures, exitCode } = run;
  return formatTable([
    ['run', id], ['event', showable([event, ...args].join(' '))], ['by', showable(who.sudoUser === undefined ? who.user : `${who.sudoUser} as ${who.user}`)],
    ['started', started], ['ended', ended ?? 'not yet, or it was killed'], ['exit code', exitCode === undefined ? '' : String(exitCode)],
    ...(parent === undefined ? [] : [['part of', parent]]),
    ...steps.map((step) => ['step', `${step.name} ${step.signal ?? `exit code ${step.exitCode ?? '?'}`} after ${step.seconds.toFixed(1)} s`]),
    ...(failures ?? []).map((failure) => ['failed', showable(failure)]),
    ...installed.map((file) => ['installed', file]), ...removed.map((file) => ['removed', file]),
  ]);
}
