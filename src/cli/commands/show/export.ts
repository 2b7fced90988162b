import { UsageFailure } from '../../../base/errors.ts';
import { exportCompose } from '../../../features/export/export.ts';
import { ANY_CONTAINERS, type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';

const OPTIONS = {
  env: { doc: 'print the variables that stand for secrets in the file, with their values, for a file .env beside it' },
  ...JSON_OPTION,
} as const;

export const exportCommand = defineCommand({
  name: 'export',
  doc: 'print a Compose file of containers, as their records are; docksmith adopt -f makes the same records of it',
  effect: 'prints',
  // what it prints are values of records, and with --env secrets that somebody asks for
  unmasked: true,
  operands: ANY_CONTAINERS,
  options: OPTIONS,
  run: runExport,
});

async function runExport(
  { values: { env = false, json = false }, words }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  if (env && json)
    throw new UsageFailure('cannot run "docksmith export"', { why: '--env prints a file of variables, and no JSON' });
  const { text, document, variables } = await exportCompose(paths, words);
  stdout.write(env ? variables.format() : json ? formatJson(document) : text);
  return 0;
}
