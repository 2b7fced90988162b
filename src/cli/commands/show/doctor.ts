import { examineHost } from '../../../features/doctor/doctor.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, NO_OPERANDS } from '../../command.ts';
import { formatFindings } from '../../format/format-findings.ts';
import { formatJson } from '../../format/format-json.ts';
import { painter, widthOf } from '../../format/terminal.ts';

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
