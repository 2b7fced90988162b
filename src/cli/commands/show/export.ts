import { UsageFailure } from '../../../base/errors.ts';
import { exportCompose } from '../../../features/export/export.ts';
import { ANY_CONTAINERS, type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatNotCarried } from '../../../features/export/stack/stack-comments.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatJson } from '../../format/format-json.ts';

const OPTIONS = {
  stack: {
    doc: 'print a file for docker stack deploy -c, which runs them in a swarm; docksmith adopt --stack reads it',
  },
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
  { values: { stack = false, env = false, json = false }, words }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  if (env && json)
    throw new UsageFailure('cannot run "docksmith export"', { why: '--env prints a file of variables, and no JSON' });
  const { text, document, variables, notCarried } = await exportCompose(paths, { asked: words, isStack: stack });
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  if (!env) for (const one of notCarried) reporter.warning(formatNotCarried(one));
  stdout.write(env ? variables.format() : json ? formatJson(document) : text);
  return 0;
}
