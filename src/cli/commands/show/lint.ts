import { formatPlace } from '../../../base/errors.ts';
import type { LintFinding } from '../../../features/lint/finding.ts';
import { lintRecords } from '../../../features/lint/records.ts';
import { lintTree } from '../../../features/lint/lint.ts';
import { formatCount } from '../../../base/quantity.ts';
import { showable } from '../../../base/showable.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, NO_OPERANDS } from '../../command.ts';
import { ALL_NAMES } from '../../command-names.ts';
import { formatJson } from '../../format/format-json.ts';
import { painter, widthOf, wrapWords } from '../../format/terminal.ts';

const OPTIONS = {
  templates: { doc: 'templates, events and schemas alone, whatever the records say' },
  ...JSON_OPTION,
} as const;

/** Exit code 1 where there is a fault; notes are none. */
export const lintCommand = defineCommand({
  name: 'lint',
  doc: 'check records, templates, events and schemas for mistakes; exit code 1 where there is a fault',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: OPTIONS,
  run: runLint,
});

async function runLint(
  { values: { json = false, templates: isWithoutRecords = false } }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const { findings, templates, events } = lintTree(paths, ALL_NAMES, isWithoutRecords ? [] : await lintRecords(paths));
  const faults = findings.filter(({ level }) => level === 'fault').length;
  const notes = findings.length - faults;
  if (json) stdout.write(formatJson({ findings, faults, notes, templates, events }));
  else {
    const found =
      findings.length === 0
        ? 'nothing found'
        : [count(faults, 'fault'), count(notes, 'note')].filter((part) => part !== '').join(', ');
    stdout.write(
      `${formatLintFindings(findings, painter(stdout), widthOf(stdout))}${found} in ${templates} templates and ${events} events\n`,
    );
  }
  return faults === 0 ? 0 : 1;
}

function count(number: number, word: string): string {
  return number === 0 ? '' : formatCount(number, word);
}

/** Where and what on the first line; below it why it matters, and what to do. */
export function formatLintFindings(
  findings: readonly LintFinding[],
  paint: ReturnType<typeof painter>,
  width: number,
): string {
  const indent = '    ';
  const below = (words: string): readonly string[] =>
    wrapWords(showable(words), width - indent.length).map((line) => indent + line);
  return (
    findings
      .map(({ rule, level, at, what, why, advice }) =>
        [
          `${paint('bold', showable(formatPlace(at)))}: ${paint(level === 'fault' ? 'red' : 'yellow', level)} (${rule})`,
          ...below(what),
          ...below(why),
          ...below(`-> ${advice}`).map((line) => paint('cyan', line)),
        ]
          .map((line) => `${line}\n`)
          .join(''),
      )
      .join('\n') + (findings.length === 0 ? '' : '\n')
  );
}
