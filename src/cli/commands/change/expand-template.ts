import { UsageFailure } from '../../../base/errors.ts';
import { expandOne, planExpansion } from '../../../features/expand-template/expand-one.ts';
import { readSecrets } from '../../../flow/secrets.ts';
import { formatDiff } from '../../../output/plan/diff.ts';
import {
  type CommandContext,
  defineCommand,
  DIFF_OPTION,
  DRY_RUN_OPTION,
  type Given,
  TAKE_OVER_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatChanges } from '../../format/format-signal.ts';
import { hasColour, painter } from '../../format/terminal.ts';

const OPTIONS = {
  ...DRY_RUN_OPTION,
  ...DIFF_OPTION,
  stdout: { doc: 'print the text instead of installing it' },
  ...TAKE_OVER_OPTION,
  output_filename: { value: 'PATH', doc: 'install it as another file' },
} as const;

export const expandTemplateCommand = defineCommand({
  name: 'expand-template',
  isProgram: true,
  doc: 'expand the template of one output file',
  effect: 'changes',
  options: OPTIONS,
  operands: { usage: 'PATH', min: 1, max: 1, missing: { why: 'no path is given' } },
  run: runExpandTemplate,
});

async function runExpandTemplate(
  { values, words: [template = ''] }: Given<typeof OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  if (!template.startsWith('/'))
    throw new UsageFailure('cannot run "expand-template"', { why: `"${template}" is not an absolute path` });
  const request = {
    template,
    takeOver: values['take-over'] ?? false,
    ...(values.output_filename === undefined ? {} : { outputFilename: values.output_filename }),
  };
  const reporter = new ConsoleReporter({ stdout, stderr });
  if (values.stdout === true || values['dry-run'] === true) {
    const { changes, outputs, warnings } = await planExpansion(paths, request);
    for (const warning of warnings) reporter.warning(warning);
    if (values.stdout === true) for (const { content } of outputs) stdout.write(content);
    else
      stdout.write(
        `${values.diff === true ? formatDiff(changes, { colour: hasColour(stdout), ...readSecrets(paths) }) : ''}${formatChanges(changes, painter(stdout))}`,
      );
    return 0;
  }
  const { changes, warnings, kept, edits } = await expandOne(paths, request, reporter);
  for (const warning of warnings) reporter.warning(warning);
  if (values.diff === true) stdout.write(formatDiff(changes, { colour: hasColour(stdout), ...readSecrets(paths) }));
  reporter.installed(changes, kept, edits);
  return 0;
}
