import { readStatus } from '../../../features/status/status.ts';
import { ANY_NAMES, type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatDetails, formatStatus } from '../../format/format-status.ts';
import { painter, widthOf } from '../../format/terminal.ts';

export const statusCommand = defineCommand({
  name: 'status',
  doc: 'show the state of the containers and what is pending, or all details of those named; exit code 1 where the engine does not answer',
  effect: 'prints',
  operands: ANY_NAMES,
  options: JSON_OPTION,
  run: runStatus,
});

async function runStatus(
  { values: { json = false }, words }: Given<typeof JSON_OPTION>,
  { paths, stdout, stderr }: CommandContext,
): Promise<number> {
  const status = await readStatus(paths, words);
  const { containers, pending, unfinished, failedOptions, deferred, engineFailure } = status;
  const failures = engineFailure === undefined ? [] : [engineFailure];
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
        failures: jsonFailures(failures),
      }),
    );
  else
    stdout.write(
      words.length === 0
        ? formatStatus(status, painter(stdout), widthOf(stdout))
        : formatDetails(status, painter(stdout)),
    );
  return failures.length === 0 ? 0 : 1;
}

/** The same keys for each, whatever is known of it. */
function withNulls(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, part]: [string, unknown]) => [key, part ?? null]));
}
