import { formatPlan } from '../container/format-plan.ts';
import { UsageFailure } from '../errors.ts';
import { showable } from '../showable.ts';
import { adopt, type Adoption } from '../flow/adopt.ts';
import type { NewRecord } from '../flow/adopt/records.ts';
import type { LeftOut } from '../flow/adopt/subject.ts';
import { quoteWord } from '../flow/adopt/quote.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, WAIT_OPTION } from './command.ts';
import { formatJson } from './format-json.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { jsonPlan } from './format-preview.ts';
import { widthOf, wrapWords } from './terminal.ts';

const OPTIONS = {
  file: { short: 'f', value: 'FILE', doc: 'take the services of a Compose file, as they run or as it describes them' }, project: { short: 'p', value: 'NAME', doc: 'the name under which Compose runs it' },
  'dry-run': { doc: 'show the records as db commands, and change nothing at all' }, ...WAIT_OPTION, ...JSON_OPTION,
} as const;

export const adoptCommand = defineCommand({
  name: 'adopt', doc: 'write records of containers that others made, or that a Compose file describes, and touch none', effect: 'changes', options: OPTIONS,
  operands: { usage: 'CONTAINER… | -f FILE [SERVICE…]', min: 0, max: Infinity }, run: runAdopt,
});

async function runAdopt({ values: { 'dry-run': dryRun = false, file, project, json = false, wait }, words }: Given<typeof OPTIONS>, { paths, stdout, stderr }: CommandContext): Promise<number> {
  if (file === undefined && words.length === 0) throw new UsageFailure('cannot run "docksmith adopt"', { why: 'no container is named', hint: 'docker ps lists them; -f docker-compose.yml takes what a Compose file describes' });
  if (file === undefined && project !== undefined) throw new UsageFailure('cannot run "docksmith adopt"', { why: '--project goes with a Compose file', hint: '-f docker-compose.yml' });
  const reporter = new ConsoleReporter({ stdout, stderr }, { json });
  const source = file === undefined ? { kind: 'containers', names: words } as const : { kind: 'compose', file, project, services: words } as const;
  const adoption = await adopt(paths, { source, dryRun, command: ['docksmith adopt', ...(file === undefined ? [] : ['-f', file]), ...words].join(' '), waitSeconds: wait }, reporter);
  for (const warning of adoption.warnings) reporter.warning(warning);
  if (json) stdout.write(formatJson(jsonAdoption(adoption, dryRun)));
  else stdout.write(formatAdoption(adoption, dryRun, widthOf(stdout)));
  return 0;
}

function formatAdoption({ subjects, records, leftOut, plan }: Adoption, dryRun: boolean, width: number): string {
  const names = subjects.map(({ name, there, enabled }) => `${name}${there === undefined ? ' (not there yet)' : enabled ? '' : ' (does not run: its record is disabled)'}`);
  return [
    ...(dryRun ? records.map((record) => `${formatRecord(record)}\n`) : [...wrapWords(`adopted ${names.join(', ')}`, width), ...records.map(({ db, key }) => `new record ${db} ${key}`)].map((line) => `${showable(line)}\n`)),
    ...(leftOut.length === 0 ? [] : [`${dryRun ? '# ' : ''}the db does not say\n`, ...leftOut.map((one) => formatLeftOut(one, dryRun ? '# ' : '', width))]),
    `${dryRun ? '# ' : ''}the plan with ${records.length === 1 ? 'it' : 'them'}\n`,
    ...formatPlan(plan).split('\n').flatMap((line) => wrapWords(line, width - 4)).map((line) => `${dryRun ? '# ' : ''}  ${showable(line)}\n`),
    ...(dryRun ? ['# dry run, nothing was changed\n'] : []),
  ].join('');
}

/** As a command that can be pasted: a prop to a line. */
function formatRecord({ db, key, type, props }: NewRecord): string {
  return [`db ${db} set ${quoteWord(key)} ${quoteWord(type)}`, ...[...props].map(([prop, value]) => `  ${quoteWord(prop)} ${quoteWord(value)}`)].join(' \\\n');
}

function formatLeftOut({ name, key, value, why }: LeftOut, prefix: string, width: number): string {
  const [first = '', ...more] = wrapWords(showable(`${name} ${key}: ${value}`), width - prefix.length - 4);
  const below = wrapWords(showable(why), width - prefix.length - 6);
  return [`${prefix}  ${first}`, ...more.map((line) => `${prefix}    ${line}`), ...below.map((line) => `${prefix}      ${line}`)].map((line) => `${line}\n`).join('');
}

function jsonAdoption({ subjects, records, leftOut, plan, warnings }: Adoption, dryRun: boolean): unknown {
  return {
    dryRun,
    containers: subjects.map(({ name, there, enabled }) => ({ name, id: there?.id ?? null, enabled })),
    records: records.map(({ db, key, type, props }) => ({ db, key, type, props: Object.fromEntries(props) })),
    leftOut, plan: jsonPlan(plan), warnings,
  };
}
