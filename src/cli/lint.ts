import { formatPlace } from '../errors.ts';
import type { LintFinding } from '../flow/lint/finding.ts';
import { lintTree } from '../flow/lint.ts';
import { showable } from '../showable.ts';
import { type CommandContext, readOptions } from './command.ts';
import { formatJson } from './format-json.ts';
import { painter, widthOf, wrapWords } from './terminal.ts';

/**
 * `docksmith lint [--json]`: exit code 1 where there is a fault; notes are none.
 * @param commands of docksmith, which a schema may name as readers of a prop
 */
export async function runLint(args: readonly string[], { paths, stdout }: CommandContext, commands: readonly string[]): Promise<number> {
  const { values: { json = false } } = readOptions('docksmith lint', args, { json: { type: 'boolean' } });
  const { findings, templates, events } = lintTree(paths, commands);
  const faults = findings.filter(({ level }) => level === 'fault').length;
  const notes = findings.length - faults;
  if (json) stdout.write(formatJson({ findings, faults, notes, templates, events }));
  else {
    const found = findings.length === 0 ? 'nothing found' : [count(faults, 'fault'), count(notes, 'note')].filter((part) => part !== '').join(', ');
    stdout.write(`${formatLintFindings(findings, painter(stdout), widthOf(stdout))}${found} in ${templates} templates and ${events} events\n`);
  }
  return Promise.resolve(faults === 0 ? 0 : 1);
}

function count(number: number, word: string): string {
  return number === 0 ? '' : `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** Where and what on the first line; below it why it matters, and what to do. */
export function formatLintFindings(findings: readonly LintFinding[], paint: ReturnType<typeof painter>, width: number): string {
  const indent = '    ';
  const below = (words: string): readonly string[] => wrapWords(showable(words), width - indent.length).map((line) => indent + line);
  return findings.map(({ rule, level, at, what, why, advice }) => [
    `${paint('bold', showable(formatPlace(at)))}: ${paint(level === 'fault' ? 'red' : 'yellow', level)} (${rule})`,
    ...below(what), ...below(why), ...below(`-> ${advice}`).map((line) => paint('cyan', line)),
  ].map((line) => `${line}\n`).join('')).join('\n') + (findings.length === 0 ? '' : '\n');
}
