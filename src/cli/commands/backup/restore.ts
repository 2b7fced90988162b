import { quoteWord } from '../../../base/quote.ts';
import { formatSize } from '../../../base/quantity.ts';
import { showableLines } from '../../../base/showable.ts';
import { planRestore, type RestorePlan } from '../../../features/backup/plan-restore.ts';
import { openBackup } from '../../../features/backup/read-backup.ts';
import { restore } from '../../../features/backup/restore.ts';
import { proposeDbChange } from '../../apply-db-change.ts';
import { refuseJsonQuestion } from '../../ask.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  YES_OPTION,
} from '../../command.ts';
import { describeRecord } from '../../../flow/commit/generation-dbs.ts';
import { jsonRecord } from '../../format/format-db-change.ts';
import { formatPreview } from '../../format/format-preview.ts';
import { painter } from '../../format/terminal.ts';
import { backupFile, getBackupFile } from './backup-file.ts';
import { findPassphrase, PASSPHRASE_OPTION } from './passphrase.ts';

const OPTIONS = { ...PASSPHRASE_OPTION, ...DRY_RUN_OPTION, ...YES_OPTION, ...JSON_OPTION } as const;

export const restoreCommand = defineCommand({
  name: 'restore',
  doc: 'restore a server, an application or a container from a backup: shows the plan, asks, and runs the event',
  effect: 'asks',
  options: OPTIONS,
  operands: backupFile('restore'),
  run: runRestore,
});

async function runRestore({ values, words }: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const file = getBackupFile('restore', words);
  const { paths, commands } = context;
  const word = quoteWord(file);
  const question = { what: `restore ${word}`, hint: `docksmith restore --yes ${word}` };
  refuseJsonQuestion(values, question);
  const backup = await openBackup(file, findPassphrase(context, values['passphrase-file'], false));
  const plan = await planRestore(paths, backup, commands);
  return proposeDbChange(context, values, question, {
    text: (isDry) => formatPlan(plan, context, isDry),
    json: () => jsonPlan(plan),
    apply: (signal, reporter) => restore(paths, plan, [file], { commands, signal }, reporter),
    end: () =>
      backup.manifest.only === undefined
        ? "the other server's history and runs are in no backup: undo and rollback begin with this restore\n"
        : '',
  });
}

function formatPlan(plan: RestorePlan, { stdout }: CommandContext, isDry: boolean): string {
  const { backup, records, customs, volumes, images, change } = plan;
  const { only, host, made, notInIt } = backup.manifest;
  const lines = [
    `a backup of ${only === undefined ? host : `${only} of ${host}`}, made ${made}`,
    ...records.map((record) => `db       ${describeRecord(record)}`),
    ...[...customs.keys()].map((name) => `new      ${name}`),
    ...volumes.map((name) => `volume   ${name}`),
    ...(volumes.length === 0 ? [] : [`of volumes: ${formatSize(backup.volumeBytes)}`]),
    ...images.map(
      ({ reference, digests: [digest] }) =>
        `image    ${reference} is not here${digest === undefined ? '' : `; it was ${digest}`}`,
    ),
    ...notInIt.map((what) => `not in the backup: ${what}`),
    ...(change === undefined ? [`then signal-event ${plan.event}, with the fragments of the backup`] : []),
  ];
  return `${showableLines(lines)}${change === undefined ? '' : formatPreview(change.event, change.preview, painter(stdout), isDry)}`;
}

function jsonPlan({
  backup,
  event,
  records,
  customs,
  volumes,
  images,
}: RestorePlan): Readonly<Record<string, unknown>> {
  const { only, host, made, containers, notInIt } = backup.manifest;
  return {
    ...{ host, made, ...(only === undefined ? {} : { only }), containers, event },
    ...{ records: records.map(jsonRecord), files: [...customs.keys()], volumes, images, notInIt },
  };
}
