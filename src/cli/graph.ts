import { UsageFailure } from '../errors.ts';
import { findNeighbourhood } from '../flow/graph/neighbourhood.ts';
import { readGraph } from '../flow/graph/read-graph.ts';
import { type CommandContext, readOptions } from './command.ts';
import { makeSheet, type Sheet } from './graph/cards.ts';
import { formatDot } from './graph/dot.ts';
import { formatMermaid } from './graph/mermaid.ts';
import { formatSvg } from './graph/svg.ts';

const FORMATS: Readonly<Record<string, (sheet: Sheet) => string>> = { svg: formatSvg, dot: formatDot, mermaid: formatMermaid };

/** `docksmith graph [--format svg|dot|mermaid] [NAME]` */
export async function runGraph(args: readonly string[], { paths, stdout }: CommandContext): Promise<number> {
  const { values: { format = 'svg' }, words: [name, another] } = readOptions('docksmith graph', args, { format: { type: 'string' } });
  const write = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (write === undefined) throw new UsageFailure('cannot run "docksmith graph"', { why: `"${format}" is no format: ${Object.keys(FORMATS).join(', ')}` });
  if (another !== undefined) throw new UsageFailure('cannot run "docksmith graph"', { why: 'it takes one name', hint: 'a record of a db is "DB KEY", in quotes' });
  const graph = await readGraph(paths);
  if (name === undefined) stdout.write(write(makeSheet(graph, 'What depends on what')));
  else {
    const { graph: near, named } = findNeighbourhood(graph, name);
    stdout.write(write(makeSheet(near, `What ${name} depends on, and what depends on it`, named)));
  }
  return 0;
}
