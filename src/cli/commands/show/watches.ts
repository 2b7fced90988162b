import { showable, showableLine } from '../../../base/showable.ts';
import { listProblems, readWatches, type WatchesStatus, type WatchStatus } from '../../../features/watch/watches.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, NO_OPERANDS } from '../../command.ts';
import { jsonFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatAge } from '../../format/format-time.ts';
import { formatTable } from '../../format/terminal.ts';

const OPTIONS = { ...JSON_OPTION } as const;

export const watchesCommand = defineCommand({
  name: 'watches',
  doc: 'show what is watched, when its events ran, and why something failed; exit code 1 where something did',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: OPTIONS,
  run: showWatches,
});

function showWatches({ values }: Given<typeof OPTIONS>, { paths, stdout }: CommandContext): Promise<number> {
  const status = readWatches(paths);
  stdout.write(
    values.json === true
      ? formatJson({ isRunning: status.isRunning, watches: status.watches.map(toJson) })
      : formatWatches(status),
  );
  return Promise.resolve(listProblems(status).length === 0 ? 0 : 1);
}

/** The same keys for each, whatever is known of it. */
function toJson({ name, kind, what, toRun, mistakes, state }: WatchStatus): unknown {
  return {
    name,
    kind: kind ?? null,
    what,
    ...toRun,
    ran: state?.ran ?? null,
    failure: state?.failure ?? null,
    unreachable: state?.unreachable ?? null,
    failures: jsonFailures(mistakes),
  };
}

function formatWatches(status: WatchesStatus): string {
  if (status.watches.length === 0) return 'no watches\n';
  const table = formatTable([
    ['NAME', 'KIND', 'RAN', 'EVENT', 'WATCHES'],
    ...status.watches.map(({ name, kind, what, toRun, state }) => [
      showable(name),
      kind ?? '-',
      state?.ran === undefined ? 'never' : `${formatAge(state.ran)} ago`,
      showable([toRun.event, ...toRun.args].join(' ')),
      showable(what),
    ]),
  ]);
  const problems = listProblems(status);
  return problems.length === 0 ? table : `${table}\n${problems.map((words) => `${showableLine(words)}\n`).join('')}`;
}
