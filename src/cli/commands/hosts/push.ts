import { Failure } from '../../../base/errors.ts';
import { formatCount } from '../../../base/quantity.ts';
import { showable } from '../../../base/showable.ts';
import { newRun } from '../../../event/runs.ts';
import { FAILED, push, type Pushed, type PushRequest, type PushResult } from '../../../features/hosts/push.ts';
import { ask } from '../../ask.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  YES_OPTION,
} from '../../command.ts';
import { formatFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatTable, painter, widthOf, wrapWords } from '../../format/terminal.ts';
import { interruptible } from '../../interruptible.ts';
import { CONFIRM_TIMEOUT_OPTION, TAKE_OVER_OPTION } from './options.ts';
import { wordsOf } from './receive.ts';

const OPTIONS = {
  ...CONFIRM_TIMEOUT_OPTION,
  ...TAKE_OVER_OPTION,
  ...DRY_RUN_OPTION,
  ...YES_OPTION,
  ...JSON_OPTION,
} as const;

export const pushCommand = defineCommand({
  name: 'push',
  doc: 'send the dbs and fragments of this host to the others, which apply them; shows the plan of each, and asks',
  effect: 'asks',
  operands: { usage: '[HOST…]', min: 0, max: Infinity, of: [['host']] },
  options: OPTIONS,
  run: runPush,
});

const DEFAULT_SECONDS = 60;

async function runPush({ values, words: names }: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const { paths, stdout, stderr } = context;
  const { 'dry-run': dryRun = false, yes = false, json = false } = values;
  if (json && !yes && !dryRun)
    throw new Failure('cannot push', { why: '--json cannot ask', hint: 'docksmith push --yes --json' });
  const { user, sudoUser } = newRun('push', []).who;
  const request: Omit<PushRequest, 'dryRun'> = {
    names,
    takeOver: values['take-over'] ?? false,
    confirmSeconds: values['confirm-timeout'] ?? DEFAULT_SECONDS,
    who: sudoUser ?? user,
  };
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const run = (isDry: boolean): Promise<PushResult | undefined> => {
    let result: PushResult | undefined;
    let waiting = 0;
    return interruptible(stderr, async (signal) => {
      reporter.progress(isDry ? 'asking the hosts what would change' : 'sending to the hosts');
      result = await push(paths, { ...request, dryRun: isDry, signal }, ({ host, outcome }) =>
        reporter.progress(`${host}: ${outcome} (${formatCount(++waiting, 'host')} answered)`),
      ).finally(() => reporter.end());
      return 0;
    }).then(() => result);
  };
  if (dryRun || !yes) {
    const planned = await run(true);
    if (planned === undefined) return 1;
    if (json) stdout.write(formatJson(jsonPush(planned)));
    else stdout.write(formatPush(planned, context, dryRun ? 'dry run' : 'plan'));
    const isIdle = planned.hosts.every(({ outcome }) => outcome === 'up to date');
    if (dryRun || isIdle) return codeOf(planned);
    const ready = planned.hosts.filter(({ outcome }) => outcome === 'planned').length;
    if (ready === 0) return 1;
    const hint = ['docksmith push --yes', ...names].join(' ');
    if (!(await ask(context, { what: `send to ${formatCount(ready, 'host')}`, hint }))) return 1;
  }
  const result = await run(false);
  if (result === undefined) return 1;
  if (json) stdout.write(formatJson(jsonPush(result)));
  else stdout.write(formatPush(result, context, 'done'));
  return codeOf(result);
}

function codeOf({ hosts }: PushResult): number {
  return hosts.some(({ outcome }) => FAILED.includes(outcome)) ? 1 : 0;
}

function jsonPush({ revision, changes, hosts, warnings }: PushResult): unknown {
  return { revision, changes: wordsOf(changes), hosts, warnings };
}

/** A line for each host, in byte order of the names; below them what is to be said of one. */
function formatPush(
  { revision, hosts, warnings }: PushResult,
  { stdout, stderr }: CommandContext,
  shown: 'dry run' | 'plan' | 'done',
): string {
  for (const warning of warnings)
    stderr.write(`${painter(stderr)('yellow', 'docksmith: warning:')} ${showable(warning)}\n`);
  stderr.write(formatFailures([], stderr));
  const paint = painter(stdout);
  const table = formatTable(hosts.map((host) => [host.host, host.outcome, showable(summary(host))]));
  const rows = table.split('\n').slice(0, -1);
  const width = widthOf(stdout);
  const below = (text: string): readonly string[] => wrapWords(showable(text), width - 4).map((line) => `    ${line}`);
  const lines = rows.flatMap((row, n) => {
    const host = hosts[n];
    if (host === undefined) return [];
    const isBad = FAILED.includes(host.outcome);
    return [
      row.trimEnd().length > width ? `${row.slice(0, width - 1)}…` : row.trimEnd(),
      ...host.why.flatMap(below).map((line) => (isBad ? paint('red', line) : line)),
      ...host.hints.flatMap((hint) => below(`hint: ${hint}`)),
      ...(shown === 'done'
        ? []
        : [
            ...host.changes.map((words) => `    ${showable(words)}`),
            ...host.plan.map((line) => `    ${showable(line)}`),
          ]),
      ...(host.kept.length === 0 ? [] : below(`keeps what was changed there: ${host.kept.join('; ')}`)),
    ];
  });
  const end = {
    'dry run': ['dry run, nothing was changed'],
    plan: [],
    done: [`revision ${revision.slice(0, 8)}`],
  }[shown];
  return [...lines, ...end].map((line) => `${line}\n`).join('');
}

function summary({ changes }: Pushed): string {
  if (changes.length === 0) return '';
  return changes.length <= 2 ? changes.join(', ') : `${changes.slice(0, 2).join(', ')} and ${changes.length - 2} more`;
}
