import { UsageFailure } from '../errors.ts';
import { expandOne, planExpansion } from '../flow/expand-one.ts';
import { readSecrets } from '../flow/secrets.ts';
import { formatDiff } from '../output/diff.ts';
import { type CommandContext, readOptions } from './command.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatChanges } from './format-signal.ts';
import { hasColour, painter } from './terminal.ts';

const OPTIONS = {
  'dry-run': { type: 'boolean' }, diff: { type: 'boolean' }, stdout: { type: 'boolean' }, 'take-over': { type: 'boolean' }, output_filename: { type: 'string' },
} as const;

/** `expand-template [OPTION…] PATH` */
export async function runExpandTemplate(args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { values, words: [template, more] } = readOptions('expand-template', args, OPTIONS);
  if (template === undefined || more !== undefined || !template.startsWith('/')) {
    throw new UsageFailure('cannot run "expand-template"', { why: template === undefined ? 'no path is given' : more === undefined ? `"${template}" is not an absolute path` : 'it takes one path', hint: 'expand-template --help tells how it is used' });
  }
  const request = { template, takeOver: values['take-over'] ?? false, ...(values.output_filename === undefined ? {} : { outputFilename: values.output_filename }) };
  const reporter = new ConsoleReporter({ stdout, stderr });
  if (values.stdout === true || values['dry-run'] === true) {
    const { changes, outputs, warnings } = await planExpansion(paths, request);
    for (const warning of warnings) reporter.warning(warning);
    if (values.stdout === true) for (const { content } of outputs) stdout.write(content);
    else stdout.write(`${values.diff === true ? formatDiff(changes, { colour: hasColour(stdout), ...readSecrets(paths) }) : ''}${formatChanges(changes, painter(stdout))}`);
    return 0;
  }
  const { changes, warnings, kept, edits } = await expandOne(paths, request, reporter);
  for (const warning of warnings) reporter.warning(warning);
  if (values.diff === true) stdout.write(formatDiff(changes, { colour: hasColour(stdout), ...readSecrets(paths) }));
  reporter.installed(changes, kept, edits);
  return 0;
}
