import { isAtWork } from '../../../event/event-holder.ts';
import { listRuns, type Run } from '../../../event/runs.ts';
import { Failure } from '../../../base/errors.ts';
import { isInterruption } from '../../../base/interrupt.ts';
import type { Paths } from '../../../base/paths.ts';
import { showable } from '../../../base/showable.ts';
import { type CommandContext, COUNT_OPTION, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatTable, painter } from '../../format/terminal.ts';

const OPTIONS = { ...COUNT_OPTION, ...JSON_OPTION } as const;

export const runsCommand = defineCommand({
  name: 'runs',
  doc: 'show the runs of events, or one of them whole',
  effect: 'prints',
  operands: { usage: '[RUN]', min: 0, max: 1, of: [[]] },
  options: OPTIONS,
  run: showRuns,
});

function showRuns(
  { values, words: [id] }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const { runs, warnings } = listRuns(paths, id === undefined ? (values.count ?? 20) : undefined);
  const reporter = new ConsoleReporter({ stdout, stderr });
  for (const warning of warnings) reporter.warning(warning);
  if (id === undefined) {
    stdout.write(values.json === true ? formatJson(runs) : formatRuns(paths, runs, painter(stdout)));
    return Promise.resolve(0);
  }
  const run = runs.find((candidate) => candidate.id === id);
  if (run === undefined)
    throw new Failure(`cannot show run "${id}"`, { why: 'there is no such run', hint: 'docksmith runs lists them' });
  stdout.write(values.json === true ? formatJson(run) : formatRun(run, isAtWork(paths, run)));
  return Promise.resolve(0);
}

function formatRuns(paths: Paths, runs: readonly Run[], paint: ReturnType<typeof painter>): string {
  return formatTable(
    runs.map((run) => {
      const { id, event, args, who, exitCode, installed, removed } = run;
      return [
        id,
        exitCode === undefined
          ? isAtWork(paths, run)
            ? paint('cyan', 'running')
            : paint('yellow', 'killed')
          : exitCode === 0
            ? paint('green', 'done  ')
            : isInterruption(exitCode)
              ? paint('yellow', 'interrupted')
              : paint('red', 'failed'),
        showable(who.sudoUser ?? who.user),
        `+${installed.length} -${removed.length}`,
        showable([event, ...args].join(' ')),
      ];
    }),
  );
}

function formatRun(run: Run, isRunning: boolean): string {
  const { id, event, args, who, started, ended, parent, installed, removed, steps, failures, exitCode } = run;
  return formatTable([
    ['run', id],
    ['event', showable([event, ...args].join(' '))],
    ['by', showable(who.sudoUser === undefined ? who.user : `${who.sudoUser} as ${who.user}`)],
    ['started', started],
    ['ended', ended ?? (isRunning ? 'not yet' : 'killed')],
    ['exit code', exitCode === undefined ? '' : String(exitCode)],
    ...(parent === undefined ? [] : [['part of', parent]]),
    ...steps.map((step) => [
      'step',
      `${step.name} ${step.signal ?? `exit code ${step.exitCode ?? '?'}`} after ${step.seconds.toFixed(1)} s`,
    ]),
    ...(failures ?? []).map((failure) => ['failed', showable(failure)]),
    ...installed.map((file) => ['installed', file]),
    ...removed.map((file) => ['removed', file]),
  ]);
}
