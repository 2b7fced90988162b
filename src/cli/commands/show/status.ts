import { setTimeout } from 'node:timers/promises';
import { UsageFailure } from '../../../base/errors.ts';
import { readStatus } from '../../../features/status/status.ts';
import { ANY_CONTAINERS, type CommandContext, defineCommand, JSON_OPTION } from '../../command.ts';
import { breakable } from '../../breakable.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatDetails, formatStatus } from '../../format/format-status.ts';
import { isTerminal, painter, widthOf } from '../../format/terminal.ts';

const OPTIONS = {
  watch: { short: 'w', doc: 'show it again every two seconds, until Ctrl-C' },
  ...JSON_OPTION,
} as const;

const WATCH_MILLISECONDS = 2000;

export const statusCommand = defineCommand({
  name: 'status',
  doc: 'show the state of the containers and what is pending, or all details of those named; exit code 1 where the engine does not answer',
  effect: 'prints',
  operands: ANY_CONTAINERS,
  options: OPTIONS,
  run: ({ values: { watch = false, ...values }, words }, context) =>
    watch ? watchStatus(values.json ?? false, words, context) : showStatus(values.json ?? false, words, context),
});

/** On a terminal each takes the place of the one before; through a pipe they follow each other. */
async function watchStatus(json: boolean, words: readonly string[], context: CommandContext): Promise<number> {
  if (json)
    throw new UsageFailure('cannot run "docksmith status"', {
      why: '--json prints one document, and --watch has no end',
    });
  let code = 0;
  await breakable(async (signal) => {
    while (!signal.aborted) {
      if (isTerminal(context.stdout)) context.stdout.write(CLEAR);
      else context.stdout.write(`${new Date().toISOString()}\n`);
      code = await showStatus(false, words, context);
      await setTimeout(WATCH_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  });
  return code;
}

/** ECMA-48: the cursor to the first place, and all behind it erased. */
const CLEAR = '\u001b[H\u001b[J';

/** @param inDetail all that is known of those that are named; otherwise the table */
export async function showStatus(
  json: boolean,
  words: readonly string[],
  { paths, stdout, stderr }: CommandContext,
  inDetail = words.length > 0,
): Promise<number> {
  const status = await readStatus(paths, words);
  const { containers, pending, unfinished, failedOptions, deferred, leftRuns, engineFailure, swarmFailure } = status;
  const failures = [engineFailure, swarmFailure].filter((failure) => failure !== undefined);
  stderr.write(formatFailures(failures, stderr));
  if (json)
    stdout.write(
      formatJson({
        containers: containers.map(({ memory, ...container }) => ({
          ...withNulls(container),
          memory: withNulls(memory),
        })),
        pending,
        unfinished: unfinished ?? null,
        deferred: deferred ?? null,
        failedOptions: failedOptions === undefined ? null : { when: failedOptions.when, why: failedOptions.why },
        leftRuns,
        failures: jsonFailures(failures),
      }),
    );
  else
    stdout.write(
      inDetail ? formatDetails(status, painter(stdout)) : formatStatus(status, painter(stdout), widthOf(stdout)),
    );
  return failures.length === 0 ? 0 : 1;
}

/** The same keys for each, whatever is known of it. */
function withNulls(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, part]: [string, unknown]) => [key, part ?? null]));
}
