import { examineHost } from '../../../features/doctor/doctor.ts';
import { showable } from '../../../base/showable.ts';
import type { Finding } from '../../../features/doctor/finding.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, NO_OPERANDS } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { painter, widthOf, wrapWords } from '../../format/terminal.ts';

const STYLES = { ok: 'green', warn: 'yellow', bad: 'red' } as const;
const LEVELS = ['ok', 'warn', 'bad'] as const;

export const doctorCommand = defineCommand({
  name: 'doctor',
  doc: 'check all that containers depend on, and say what to do; exit code 1 where something is bad',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: JSON_OPTION,
  run: runDoctor,
});

async function runDoctor(
  { values: { json = false } }: Given<typeof JSON_OPTION>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const findings = await examineHost(paths);
  const counts = LEVELS.map((level) => findings.filter((finding) => finding.level === level).length);
  const [ok = 0, warn = 0, bad = 0] = counts;
  if (json) stdout.write(formatJson({ findings, ok, warn, bad }));
  else
    stdout.write(
      `${formatFindings(findings, painter(stdout), widthOf(stdout))}\n${bad} bad, ${warn} ${warn === 1 ? 'warning' : 'warnings'}, ${ok} ok\n`,
    );
  return bad === 0 ? 0 : 1;
}

/** A line or more of each, what to do below it. */
export function formatFindings(findings: readonly Finding[], paint: ReturnType<typeof painter>, width: number): string {
  const widest = Math.max(0, ...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(4 + 2 + widest + 2);
  return findings
    .map(({ check, level, words, advice }) => {
      const [first = '', ...more] = wrapWords(showable(words), width - indent.length);
      const below = advice === undefined ? [] : wrapWords(`-> ${showable(advice)}`, width - indent.length);
      return [
        `${paint(STYLES[level], level.padEnd(4))}  ${check.padEnd(widest)}  ${first}`,
        ...more.map((line) => indent + line),
        ...below.map((line) => indent + paint('cyan', line)),
      ]
        .map((line) => `${line}\n`)
        .join('');
    })
    .join('');
}
