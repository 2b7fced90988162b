import { readStatus } from '../flow/status.ts';
import { type CommandContext, readOptions } from './command.ts';
import { formatFailures, jsonFailures } from './format-failure.ts';
import { formatJson } from './format-json.ts';
import { formatDetails, formatStatus } from './format-status.ts';
import { painter, widthOf } from './terminal.ts';

/** `docksmith status [--json] [NAME…]`: a table of all, or everything about some. Exit code 1 where the engine does not answer. */
export async function runStatus(args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { values: { json = false }, words } = readOptions('docksmith status', args, { json: { type: 'boolean' } });
  const status = await readStatus(paths, words);
  const { containers, pending, unfinished, engineFailure } = status;
  const failures = engineFailure === undefined ? [] : [engineFailure];
  stderr.write(formatFailures(failures, stderr));
  if (json) stdout.write(formatJson({ containers: containers.map(({ memory, ...container }) => ({ ...withNulls(container), memory: withNulls(memory) })), pending, unfinished: unfinished ?? null, failures: jsonFailures(failures) }));
  else stdout.write(words.length === 0 ? formatStatus(status, painter(stdout), widthOf(stdout)) : formatDetails(status, painter(stdout)));
  return failures.length === 0 ? 0 : 1;
}

/** The same keys for each, whatever is known of it. */
function withNulls(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, part]: [string, unknown]) => [key, part ?? null]));
}
