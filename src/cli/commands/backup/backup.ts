import { statSync } from 'node:fs';
import { type BackupPlan, makeBackup, planBackup, type Saved } from '../../../features/backup/backup.ts';
import { UsageFailure } from '../../../base/errors.ts';
import { formatCount, formatSize } from '../../../base/quantity.ts';
import { showableLines } from '../../../base/showable.ts';
import { type CommandContext, defineCommand, DRY_RUN_OPTION, type Given, JSON_OPTION } from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatJson } from '../../format/format-json.ts';
import { interruptible } from '../../interruptible.ts';
import { backupFile, getBackupFile } from './backup-file.ts';
import { findPassphrase, PASSPHRASE_OPTION } from './passphrase.ts';

const OPTIONS = {
  'with-volumes': {
    value: 'NAME',
    many: true,
    doc: 'with the volumes of container NAME, of application NAME/, or all; those that run are stopped meanwhile',
  },
  only: {
    value: 'NAME',
    many: true,
    doc: 'container or application NAME alone, with its volumes, to move it to another server',
  },
  ...PASSPHRASE_OPTION,
  ...DRY_RUN_OPTION,
  ...JSON_OPTION,
} as const;

export const backupCommand = defineCommand({
  name: 'backup',
  doc: 'save dbs, fragments, secrets, the list of images, and volumes into one file, secrets and volumes encrypted',
  effect: 'changes',
  options: OPTIONS,
  operands: backupFile('backup'),
  run: runBackup,
});

async function runBackup({ values, words }: Given<typeof OPTIONS>, context: CommandContext): Promise<number> {
  const { paths, stdout, stderr } = context;
  const { json = false } = values;
  const file = getBackupFile('backup', words);
  const split = (given: readonly string[] = []): readonly string[] => given.flatMap((names) => names.split(','));
  const [only, withVolumes] = [split(values.only), split(values['with-volumes'])];
  if (only.length > 0 && withVolumes.length > 0)
    throw new UsageFailure('cannot run "docksmith backup"', {
      why: '--only saves volumes already, and does not go with --with-volumes',
    });
  const request = { file, withVolumes, only };
  const plan = await planBackup(paths, request);
  if (values['dry-run'] === true) {
    stdout.write(json ? formatJson(jsonPlan(plan)) : formatPlan(plan));
    return 0;
  }
  const passphrase = await findPassphrase(context, values['passphrase-file'], true)();
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  return interruptible(stderr, async (signal) => {
    if (!json && plan.stopped.length > 0) stdout.write(`stopped meanwhile: ${plan.stopped.join(', ')}\n`);
    const saved = await makeBackup(paths, request, passphrase, reporter, signal).finally(() => reporter.end());
    const { size } = statSync(file);
    stdout.write(json ? formatJson(jsonSaved(saved, file, size)) : formatSaved(saved, file, size));
    return 0;
  });
}

function formatPlan({ containers, volumes, stopped, notInIt }: BackupPlan): string {
  return showableLines([
    `would save the records of ${formatCount(containers.length, 'container')}`,
    ...volumes.map(({ name }) => `would save volume ${name}`),
    ...(stopped.length === 0 ? [] : [`would stop meanwhile: ${stopped.join(', ')}`]),
    ...notInIt.map((what) => `not in it: ${what}`),
    'dry run, nothing was changed',
  ]);
}

function jsonPlan({ containers, images, volumes, stopped, notInIt }: BackupPlan): unknown {
  return { containers, images, volumes: volumes.map(({ name }) => name), stopped, notInIt };
}

function formatSaved({ containers, volumes, stopped, notInIt }: Saved, file: string, size: number): string {
  return showableLines([
    ...notInIt.map((what) => `not in it: ${what}`),
    ...[...stopped].map(([name, seconds]) => `${name} was stopped for ${seconds.toFixed(1)} s`),
    `saved ${formatCount(containers.length, 'container')} and ${formatCount(volumes.length, 'volume')} in ${file}, ${formatSize(size)}`,
  ]);
}

function jsonSaved({ stopped, ...saved }: Saved, file: string, size: number): unknown {
  return { file, size, ...saved, stopped: Object.fromEntries(stopped) };
}
