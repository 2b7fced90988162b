import { type DbRecord, isSameRecord } from '../../../db/record.ts';
import { applyEdit, type Edited, findRecordToEdit, planEdit, readKindOf } from '../../../features/edit/edit.ts';
import type { DbChange } from '../../../features/dry-run/db-change.ts';
import { CONTAINERS } from '../../../model/container.ts';
import { quoteWord } from '../../../base/quote.ts';
import { proposeDbChange } from '../../apply-db-change.ts';
import { confirm, refuseJsonQuestion } from '../../ask.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  YES_OPTION,
} from '../../command.ts';
import { editText } from '../../editor.ts';
import { formatFailures, listFailures } from '../../format/format-failure.ts';
import { formatDbChange, jsonDbChange } from '../../format/format-db-change.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatForm, parseForm } from '../../format/record-form.ts';
import { isTerminal } from '../../format/terminal.ts';

const OPTIONS = { ...DRY_RUN_OPTION, ...YES_OPTION, ...JSON_OPTION } as const;

export const editCommand = defineCommand({
  name: 'edit',
  doc: 'edit a record in $EDITOR: it is checked, its plan is shown, and docker-update does it; of db docker_containers unless another is named',
  effect: 'asks',
  options: OPTIONS,
  operands: {
    usage: '[DB] KEY',
    min: 1,
    max: 2,
    of: [['container', 'db'], ['key']],
    missing: { why: 'no record is named', hint: 'docksmith edit wiki' },
  },
  run: runEdit,
});

async function runEdit({ values, words }: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const { paths, stdout, commands } = context;
  const [db, key] = words[1] === undefined ? [CONTAINERS, words[0] ?? ''] : [words[0] ?? '', words[1]];
  const question = { what: `change ${db} ${key} so`, hint: `docksmith edit --yes ${words.map(quoteWord).join(' ')}` };
  refuseJsonQuestion(values, question);
  const edited = findRecordToEdit(paths, db, key);
  const taken = await editUntilRight(edited, context);
  if (taken === undefined) {
    stdout.write(values.json === true ? formatJson({ records: [] }) : 'nothing was changed\n');
    return 0;
  }
  const { after, change } = taken;
  return proposeDbChange(context, values, question, {
    text: (isDry) => formatDbChange(change, context, isDry),
    json: () => jsonDbChange(change),
    apply: (signal, reporter) => applyEdit(paths, edited, after, { commands, signal }, reporter),
  });
}

/** @returns undefined where the record is left as it is */
async function editUntilRight(
  edited: Edited,
  context: CommandContext,
): Promise<{ readonly after: DbRecord; readonly change: DbChange } | undefined> {
  const { paths, stdin, stdout, stderr, commands } = context;
  const { db, key, before } = edited;
  let text = formatForm(`${db} ${key}`, before, readKindOf(paths, edited));
  for (;;) {
    text = await editText(`${db}.${key.replace(/[^\w.-]/g, '_')}`, text);
    try {
      const after = { key, ...parseForm(text, 'the form') };
      if (isSameRecord(before, after)) return undefined;
      return { after, change: await planEdit(paths, edited, after, commands) };
    } catch (error) {
      const failures = listFailures(error);
      if (failures === undefined || !isTerminal(stdin) || !isTerminal(stdout)) throw error;
      stderr.write(formatFailures(failures, stderr));
      if (!(await confirm(context, 'edit again'))) return undefined;
    }
  }
}
