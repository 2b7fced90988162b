import { UsageFailure } from '../../../base/errors.ts';
import { expandOne, planExpansion } from '../../../features/expand-template/expand-one.ts';
import { readSecrets } from '../../../flow/secrets.ts';
import type { ChangeSet } from '../../../output/plan/change-set.ts';
import { formatDiff } from '../../../output/plan/diff.ts';
import {
  type CommandContext,
  defineCommand,
  DIFF_OPTION,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  TAKE_OVER_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatChanges, jsonChanges } from '../../format/format-signal.ts';
import { hasColour, painter } from '../../format/terminal.ts';

const OPTIONS = {
  ...DRY_RUN_OPTION,
  ...DIFF_OPTION,
  stdout: { doc: 'print the text instead of installing it' },
  ...TAKE_OVER_OPTION,
  output_filename: { value: 'PATH', of: ['file'], doc: 'install it as another file' },
  ...JSON_OPTION,
} as const;

export const expandTemplateCommand = defineCommand({
  name: 'expand-template',
  isProgram: true,
  doc: 'expand the template of one output file',
  effect: 'changes',
  options: OPTIONS,
  operands: { usage: 'PATH', min: 1, max: 1, of: [['template']], missing: { why: 'no path is given' } },
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
  const { json = false, diff = false } = values;
  if (json && values.stdout === true)
    throw new UsageFailure('cannot run "expand-template"', { why: '--json and --stdout exclude each other' });
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const shownDiff = { colour: !json && hasColour(stdout), ...(diff ? readSecrets(paths) : {}) };
  const jsonOf = (changes: ChangeSet, more: Readonly<Record<string, unknown>>): string =>
    formatJson({ ...more, ...jsonChanges(changes, diff ? shownDiff : undefined) });
  if (values.stdout === true || values['dry-run'] === true) {
    const { changes, outputs, warnings } = await planExpansion(paths, request);
    for (const warning of warnings) reporter.warning(warning);
    if (values.stdout === true) for (const { content } of outputs) stdout.write(content);
    else
      stdout.write(
        json
          ? jsonOf(changes, { dryRun: true, warnings })
          : `${diff ? formatDiff(changes, shownDiff) : ''}${formatChanges(changes, painter(stdout))}`,
      );
    return 0;
  }
  const { changes, warnings, kept, edits } = await expandOne(paths, request, reporter);
  for (const warning of warnings) reporter.warning(warning);
  if (diff && !json) stdout.write(formatDiff(changes, shownDiff));
  reporter.installed(changes, kept, edits);
  if (json) stdout.write(jsonOf(changes, { kept: Object.fromEntries(kept), warnings }));
  return 0;
}
