import { createInterface } from 'node:readline/promises';
import { Failure, UsageFailure } from '../errors.ts';
import { planRollback, rollBack, type RollbackPlan } from '../flow/rollback.ts';
import { readSecrets } from '../flow/secrets.ts';
import { formatDiff } from '../output/diff.ts';
import { showable } from '../showable.ts';
import { type CommandContext, readOptions } from './command.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatFailures } from './format-failure.ts';
import { formatPreview } from './format-preview.ts';
import { formatSignal } from './format-signal.ts';
import { describeRecord } from './history.ts';
import { hasColour, isTerminal, painter } from './terminal.ts';

const COMMAND = 'docksmith rollback';
const OPTIONS = { 'dry-run': { type: 'boolean' }, yes: { type: 'boolean' } } as const;

/** `docksmith rollback [--dry-run|--yes] GENERATION`: shows what would be other, and asks. */
export async function runRollback(args: readonly string[], context: CommandContext): Promise<number> {
  const { values: { 'dry-run': dryRun = false, yes = false }, words: [word, ...rest] } = readOptions(COMMAND, args, OPTIONS);
  if (word === undefined || rest.length > 0 || !/^\d+$/.test(word)) throw new UsageFailure(`cannot run "${COMMAND}"`, { why: 'it takes the number of one generation', hint: 'docksmith history lists them' });
  const { paths, stdin, stdout, stderr } = context;
  const plan = await planRollback(paths, Number(word));
  const isNothing = plan.records.length === 0 && plan.preview.changes.install.length + plan.preview.changes.remove.length === 0;
  stdout.write(isNothing ? `the dbs and files are as generation ${word} left them\n` : formatPlan(plan, context));
  if (dryRun || isNothing) return 0;
  if (!yes) {
    if (!isTerminal(stdin) || !isTerminal(stdout)) throw new Failure(`cannot go back to generation ${word}`, { why: 'there is no terminal to ask at', hint: `${COMMAND} --yes ${word}` });
    const question = createInterface({ input: stdin, output: stdout });
    const answer = await question.question(`go back to generation ${word}? [y/N] `);
    question.close();
    if (!/^y(es)?$/i.test(answer.trim())) { stdout.write('nothing was changed\n'); return 1; }
  }
  const reporter = new ConsoleReporter({ stdout, stderr });
  const result = await rollBack(paths, plan.generation, reporter).finally(() => reporter.end());
  stderr.write(formatFailures(result.failures, stderr));
  stdout.write(formatSignal(result, painter(stdout)));
  return result.failures.length === 0 ? 0 : 1;
}

function formatPlan({ records, preview, differing, mask }: RollbackPlan, { paths, stdout }: CommandContext): string {
  return [
    // what is installed may hold a secret that is neither of then nor of now
    formatDiff(preview.changes, { colour: hasColour(stdout), mask, isSecret: readSecrets(paths).isSecret }),
    ...records.map((record) => `db       ${showable(describeRecord(record))}\n`),
    formatPreview('docker-update', preview, painter(stdout)),
    ...differing.map((file) => `will not be as it was then, since its fragments or the host are other ones now: ${showable(file)}\n`),
  ].join('');
}
