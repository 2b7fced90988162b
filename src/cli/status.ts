import { readStatus } from '../flow/status.ts';
import { type CommandContext, formatJson, readOptions } from './command.ts';
import { formatDetails, formatStatus } from './format-status.ts';
import { painter, widthOf } from './terminal.ts';

/** `docksmith status [--json] [NAME…]`: a table of all, or everything about some. */
export async function runStatus(args: readonly string[], { paths, stdout }: CommandContext): Promise<number> {
  const { values: { json = false }, words } = readOptions('docksmith status', args, { json: { type: 'boolean' } });
  const status = await readStatus(paths, words);
  if (json) stdout.write(formatJson({ ...status, containers: status.containers.map(({ memory, ...container }) => ({ ...withNulls(container), memory: withNulls(memory) })) }));
  else stdout.write(words.length === 0 ? formatStatus(status, painter(stdout), widthOf(stdout)) : formatDetails(status, painter(stdout)));
  return 0;
}

/** The same keys for each, whatever is known of it. */
function withNulls(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, part]: [string, unknown]) => [key, part ?? null]));
}
