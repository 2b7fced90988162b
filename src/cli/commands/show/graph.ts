import { UsageFailure } from '../../../base/errors.ts';
import { findNeighbourhood } from '../../../features/graph/neighbourhood.ts';
import { readGraph } from '../../../features/graph/read-graph.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { makeDiagram, type Diagram } from '../../graph/cards.ts';
import { formatDot } from '../../graph/dot.ts';
import { formatMermaid } from '../../graph/mermaid.ts';
import { formatSvg } from '../../graph/svg.ts';

const FORMATS: Readonly<Record<string, (diagram: Diagram) => string>> = {
  svg: formatSvg,
  dot: formatDot,
  mermaid: formatMermaid,
};

const OPTIONS = {
  format: { value: 'FORMAT', doc: 'svg (for a browser), dot (Graphviz) or mermaid' },
  ...JSON_OPTION,
} as const;

export const graphCommand = defineCommand({
  name: 'graph',
  doc: 'draw the dependencies of records, templates, outputs, services and containers; with a name (of a record: "DB KEY"), its dependencies and its dependants',
  effect: 'prints',
  options: OPTIONS,
  operands: { usage: '[NAME]', min: 0, max: 1 },
  run: runGraph,
});

async function runGraph(
  { values: { format, json = false }, words: [name] }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  if (json && format !== undefined)
    throw new UsageFailure('cannot run "docksmith graph"', { why: '--json is a format of its own' });
  const draw = findFormat(format ?? 'svg');
  const graph = await readGraph(paths);
  const { graph: near, named } = name === undefined ? { graph, named: undefined } : findNeighbourhood(graph, name);
  if (json) stdout.write(formatJson({ nodes: [...near.nodes.values()], edges: near.edges }));
  else
    stdout.write(
      draw(makeDiagram(near, name === undefined ? 'Dependencies' : `Dependencies and dependants of ${name}`, named)),
    );
  return 0;
}

function findFormat(format: string): (diagram: Diagram) => string {
  const draw = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (draw === undefined)
    throw new UsageFailure('cannot run "docksmith graph"', {
      why: `"${format}" is no format: ${Object.keys(FORMATS).join(', ')}`,
    });
  return draw;
}
