import { Failure, throwAll, UsageFailure } from '../../../base/errors.ts';
import { quoteWord } from '../../../base/quote.ts';
import { showable } from '../../../base/showable.ts';
import { type Known, type Question, TOPICS } from '../../../features/setup/questions.ts';
import { type Checked, checkSetup } from '../../../features/setup/check.ts';
import {
  applySetup,
  ENGINE_OPTIONS,
  lookAtHost,
  type PlannedSetup,
  planSetup,
  readGiven,
  withValues,
} from '../../../features/setup/setup.ts';
import type { RecordChange } from '../../../flow/commit/generation-dbs.ts';
import type { Found } from '../../../flow/set-up/found-in-engine.ts';
import { applyDbChange } from '../../apply-db-change.ts';
import { ask, askText } from '../../ask.ts';
import { readAssignments } from '../../read-arguments.ts';
import {
  type CommandContext,
  defineCommand,
  DIFF_OPTION,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  TAKE_OVER_OPTION,
  YES_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatFailures, listFailures } from '../../format/format-failure.ts';
import { formatDbChange, jsonDbChange } from '../../format/format-db-change.ts';
import { formatFindings } from '../../format/format-findings.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatPreview } from '../../format/format-preview.ts';
import { formatTerms, isTerminal, painter, widthOf, wrapWords } from '../../format/terminal.ts';

const OPTIONS = { ...DRY_RUN_OPTION, ...DIFF_OPTION, ...TAKE_OVER_OPTION, ...YES_OPTION, ...JSON_OPTION } as const;

/** of the commands at the end, and what each is for */
const NEXT_COLUMN = 40;

export const setupCommand = defineCommand({
  name: 'setup',
  doc: 'set up this server: asks what it cannot find out, shows the plan, does what the first event does, and checks',
  effect: 'asks',
  options: OPTIONS,
  operands: { usage: '[NAME=VALUE…]', min: 0, max: Infinity, of: [[]] },
  more: () =>
    'NAME is a key of db configuration, or KEY.PROP; what is given is not asked:\n  docksmith setup DomainName=example.test docker.Daemon=foreign\n',
  run: runSetup,
});

async function runSetup({ values, words }: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const { paths, stdout, stderr, commands } = context;
  const { 'dry-run': dryRun = false, diff = false, yes = false, json = false, 'take-over': takeOver = false } = values;
  const given = readAssignments('docksmith setup', words, {
    form: 'NAME=VALUE',
    hint: 'DomainName=example.test, docker.Daemon=foreign; docksmith props lists those of configuration',
  });
  const known = lookAtHost(paths);
  const hint = (): string => formatHint(known, given);
  if (!yes && !dryRun && (json || !isTerminal(context.stdin) || !isTerminal(stdout)))
    throw new UsageFailure('cannot set up this server', {
      why: json ? '--json cannot ask' : 'there is no terminal to ask at',
      hint: hint(),
    });
  const found = await findValues(known, given, context, !yes && !dryRun);
  const planned = await planSetup(paths, found, commands, { takeOver });
  const { change, isDone } = planned;
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  for (const warning of change.preview.warnings.filter(() => dryRun || isDone)) reporter.warning(warning);
  if (!json && isDone) stdout.write('nothing to change: this server is set up\n');
  else if (!json)
    stdout.write(
      diff
        ? formatDbChange(change, context, dryRun)
        : formatPlan(change.records, formatPreview(change.event, change.preview, painter(stdout), dryRun)),
    );
  else if (dryRun) stdout.write(formatJson(jsonDbChange(change)));
  if (dryRun) return 0;
  let checked: Checked | undefined;
  const check = async (): Promise<Checked> => (checked = await checkSetup(paths));
  if (isDone) {
    await check();
    if (json) stdout.write(formatJson({ ...jsonDbChange(change), ...checked }));
  } else {
    refuseObstacles(planned);
    if (!yes && !(await ask(context, { what: 'set up this server so', hint: hint() }))) return 1;
    const code = await applyDbChange(
      context,
      json ? jsonDbChange(change) : undefined,
      (signal, told) => applySetup(paths, planned, { args: words, takeOver, commands, signal }, told),
      async () => ({ ...(await check()) }),
    );
    if (code !== 0) return code;
  }
  if (checked === undefined) return 0;
  if (!json) stdout.write(formatChecked(checked, context));
  return checked.findings.some(({ level }) => level === 'bad') ? 1 : 0;
}

/** Nobody is asked whether to do what cannot be done. */
function refuseObstacles({ change: { preview } }: PlannedSetup): void {
  const { obstacles } = preview.changes;
  throwAll(
    obstacles.map(
      ({ output, what }) =>
        new Failure(`cannot install "${output.path}"`, {
          why: what,
          hint: `--take-over replaces it, and keeps it in history${output.path === ENGINE_OPTIONS ? '; docker.Daemon=foreign leaves it to you' : ''}`,
        }),
    ),
  );
}

/** The command that does not ask, with what would be asked. */
function formatHint(known: Known, given: ReadonlyMap<string, string>): string {
  const typed = [...given].map(([name, value]) => `${name}=${value}`);
  const usual = TOPICS.flatMap(({ values, ask: find }) => {
    const question = values.some((name) => given.has(name)) ? undefined : find(known);
    return question === undefined
      ? []
      : question
          .read(question.usual)
          .filter(({ db, value }) => db === 'configuration' && value !== '')
          .map(({ key, prop, value }) => `${key}${prop === undefined ? '' : `.${prop}`}=${value}`);
  });
  return ['docksmith setup --yes', ...[...typed, ...usual].map(quoteWord)].join(' ');
}

/** What was given, and what is answered, or usual, for the rest. */
async function findValues(
  known: Known,
  given: ReadonlyMap<string, string>,
  context: CommandContext,
  mayAsk: boolean,
): Promise<readonly Found[]> {
  const found: Found[] = [...readGiven(known, given)];
  let now = withValues(known, found);
  for (const { values, ask: find } of TOPICS) {
    const question = values.some((name) => given.has(name)) ? undefined : find(now);
    if (question === undefined) continue;
    const answered = mayAsk ? await answer(question, now, context) : question.read(question.usual);
    found.push(...answered);
    now = withValues(now, answered);
  }
  return found;
}

/** Asks until the answer is one. */
async function answer(question: Question, known: Known, context: CommandContext): Promise<readonly Found[]> {
  const { stdout, stderr } = context;
  for (const line of wrapWords(question.why, widthOf(stdout))) stdout.write(`${line}\n`);
  for (;;) {
    const typed = await askText(context, question.what, question.usual);
    try {
      const found = question.read(typed);
      withValues(known, found);
      return found;
    } catch (error) {
      const failures = listFailures(error);
      // what is wrong in the dbs has to be corrected there, or by another answer
      if (failures === undefined || typed === question.usual) throw error;
      stderr.write(formatFailures(failures, stderr));
    }
  }
}

/** The doctor's findings but those that are well, and what to do next. */
function formatChecked({ findings, next }: Checked, { stdout }: CommandContext): string {
  const width = widthOf(stdout);
  const attention = findings.filter(({ level }) => level !== 'ok');
  return [
    attention.length === 0
      ? 'docksmith doctor finds nothing to fix\n'
      : formatFindings(attention, painter(stdout), width),
    'next\n',
    formatTerms(
      next.map(([command, words]) => [`  ${command}`, words]),
      width,
      NEXT_COLUMN,
    ),
  ].join('');
}

/** A plan as of any event, with the values that it begins with. */
function formatPlan(records: readonly RecordChange[], preview: string): string {
  return `${records
    .flatMap(listValues)
    .map((line) => `set      ${showable(line)}\n`)
    .join('')}${preview}`;
}

function listValues({ db, key, before, after, props }: RecordChange): readonly string[] {
  return [
    ...(before?.type === after?.type ? [] : [`${db} ${key} ${after?.type ?? ''}`]),
    ...props.filter((prop) => prop !== 'type').map((prop) => `${db} ${key} ${prop} ${after?.props.get(prop) ?? ''}`),
  ];
}
