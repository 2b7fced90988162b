import type { Reporter } from '../flow/reporter.ts';
import type { SignalResult } from '../flow/signal-request.ts';
import { ask, type Asking, type Question, refuseJsonQuestion } from './ask.ts';
import type { CommandContext } from './command.ts';
import { ConsoleReporter } from './format/console-reporter.ts';
import { formatFailures } from './format/format-failure.ts';
import { formatJson } from './format/format-json.ts';
import { formatSignal, jsonSignal } from './format/format-signal.ts';
import { painter } from './format/terminal.ts';
import { interruptible, LINGER_MILLISECONDS } from './interruptible.ts';

/**
 * Does a change of the dbs that was shown, and all that follows; says how it went.
 * @param json what is printed of the change in front of its result; undefined: words are
 * @param more what is printed of what was found out afterwards, where all went well
 * @returns the exit code
 */
export function applyDbChange(
  { stdout, stderr }: Pick<CommandContext, 'stdout' | 'stderr'>,
  json: Readonly<Record<string, unknown>> | undefined,
  apply: (signal: AbortSignal, reporter: Reporter) => Promise<SignalResult>,
  more: () => Promise<Readonly<Record<string, unknown>>> = () => Promise.resolve({}),
): Promise<number> {
  const reporter = new ConsoleReporter({ stdout, stderr }, { json: json !== undefined });
  return interruptible(
    stderr,
    async (signal) => {
      const result = await apply(signal, reporter).finally(() => reporter.end());
      const after = result.failures.length === 0 ? await more() : {};
      if (json !== undefined) stdout.write(formatJson({ ...json, result: jsonSignal(result, undefined), ...after }));
      else {
        stderr.write(formatFailures(result.failures, stderr));
        stdout.write(formatSignal(result, painter(stdout)));
      }
      return result.failures.length === 0 ? 0 : 1;
    },
    undefined,
    LINGER_MILLISECONDS,
  );
}

/** Shows a change of the dbs, asks, and does it as `applyDbChange`. @param end printed where all went well */
export async function proposeDbChange(
  context: CommandContext,
  asking: Asking,
  question: Question,
  change: {
    /** @param isDry whether nothing is done after it */
    readonly text: (isDry: boolean) => string;
    readonly json: () => Readonly<Record<string, unknown>>;
    readonly apply: Parameters<typeof applyDbChange>[2];
    readonly end?: () => string;
  },
): Promise<number> {
  const { 'dry-run': dryRun = false, yes = false, json = false } = asking;
  refuseJsonQuestion(asking, question);
  if (!json) context.stdout.write(change.text(dryRun));
  else if (dryRun) context.stdout.write(formatJson(change.json()));
  if (dryRun) return 0;
  if (!yes && !(await ask(context, question))) return 1;
  const code = await applyDbChange(context, json ? change.json() : undefined, change.apply);
  if (code === 0 && !json) context.stdout.write(change.end?.() ?? '');
  return code;
}
