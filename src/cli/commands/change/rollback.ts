import { UsageFailure } from '../../../base/errors.ts';
import { planRollback, planUndo, rollBack, type RollbackPlan } from '../../../features/history/rollback.ts';
import { showableLines } from '../../../base/showable.ts';
import { proposeDbChange } from '../../apply-db-change.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  NO_OPERANDS,
  YES_OPTION,
} from '../../command.ts';
import { formatDbChange, jsonDbChange } from '../../format/format-db-change.ts';
import { formatJson } from '../../format/format-json.ts';

const COMMAND = 'docksmith rollback';
const OPTIONS = { ...DRY_RUN_OPTION, ...YES_OPTION, ...JSON_OPTION } as const;

const MISSING = { why: 'it takes the number of one generation', hint: 'docksmith history lists them' } as const;

export const rollbackCommand = defineCommand({
  name: 'rollback',
  doc: 'restore the records of an earlier commit, and regenerate; shows the changes, and asks',
  effect: 'asks',
  options: OPTIONS,
  operands: { usage: 'GENERATION', min: 1, max: 1, of: [[]], missing: MISSING },
  run: runRollback,
});

export const undoCommand = defineCommand({
  name: 'undo',
  doc: 'take back what was changed in the dbs since the last commit, or else that commit; a second undo takes back the first',
  effect: 'asks',
  options: OPTIONS,
  operands: NO_OPERANDS,
  run: async (given, context) =>
    goBack(given, context, await planUndo(context.paths, context.commands), 'docksmith undo --yes'),
});

async function runRollback(given: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const [word = ''] = given.words;
  if (!/^\d{1,15}$/.test(word)) throw new UsageFailure(`cannot run "${COMMAND}"`, MISSING);
  const plan = await planRollback(context.paths, Number(word), context.commands);
  return goBack(given, context, plan, `${COMMAND} --yes ${word}`);
}

/** @param hint what does it without asking */
async function goBack(
  { values }: Given<typeof OPTIONS>,
  context: CommandContext,
  plan: RollbackPlan,
  hint: string,
): Promise<number> {
  const { paths, stdout, commands } = context;
  const word = String(plan.generation.number);
  const others = formatOthers(plan);
  if (plan.records.length === 0 && plan.preview.changes.install.length + plan.preview.changes.remove.length === 0) {
    const text =
      others === ''
        ? `the dbs and files are as generation ${word} left them\n`
        : `the dbs are as generation ${word} left them, and there is nothing to regenerate\n${others}`;
    stdout.write(values.json === true ? formatJson(jsonPlan(plan)) : text);
    return 0;
  }
  return proposeDbChange(
    context,
    values,
    { what: `go back to generation ${word}`, hint },
    {
      text: (isDry) => `${formatDbChange(plan, context, isDry)}${others}`,
      json: () => jsonPlan(plan),
      apply: (signal, reporter) => rollBack(paths, plan.generation, { commands, signal }, reporter),
    },
  );
}

function jsonPlan(plan: RollbackPlan): Readonly<Record<string, unknown>> {
  const { generation, differing, notWritten, more, lacking } = plan;
  return { generation: generation.number, ...jsonDbChange(plan), differing, notWritten, more, lacking };
}

/** What will not be as it was then, each file with why. */
function formatOthers({ differing, notWritten, more, lacking }: RollbackPlan): string {
  return showableLines([
    ...differing.map(
      (file) => `will differ from then, since its fragments, the host or docksmith's version changed: ${file}`,
    ),
    ...notWritten.map(
      ({ path, events }) =>
        `will differ from then, since docker-update does not write it${events.length === 0 ? '' : ` (signal-event ${events.join(', ')} does)`}: ${path}`,
    ),
    ...more.map((file) => `will be there, and was not then: ${file}`),
    ...lacking.map((file) => `will not be there, and was then: ${file}`),
  ]);
}
