import { UsageFailure } from '../../../base/errors.ts';
import { showable } from '../../../base/showable.ts';
import type { Graph } from '../../../features/graph/graph.ts';
import { findNeighbourhood } from '../../../features/graph/neighbourhood.ts';
import { readGraph } from '../../../features/graph/read-graph.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { expandContainers } from '../../expand-operands.ts';
import { formatJson } from '../../format/format-json.ts';
import { makeDiagram, type Diagram } from '../../graph/cards.ts';
import { formatDot } from '../../graph/dot.ts';
import { formatMermaid } from '../../graph/mermaid.ts';
import { formatSvg } from '../../graph/svg.ts';
import { formatTree } from '../../graph/tree.ts';
import { isTerminal } from '../../format/terminal.ts';

const DIAGRAMS: Readonly<Record<string, (diagram: Diagram) => string>> = {
  svg: formatSvg,
  dot: formatDot,
  mermaid: formatMermaid,
};

const TREE = 'tree';

const OPTIONS = {
  format: {
    value: 'FORMAT',
    choices: [TREE, ...Object.keys(DIAGRAMS)],
    doc: 'tree (text; the usual one on a terminal), svg (for a browser), dot (Graphviz) or mermaid',
  },
  ...JSON_OPTION,
} as const;

export const graphCommand = defineCommand({
  name: 'graph',
  doc: 'draw the dependencies of records, templates, outputs, services and containers; with a name (of a record: "DB KEY"; of all containers of an application: "APP/"), its dependencies and its dependants',
  effect: 'prints',
  options: OPTIONS,
  operands: { usage: '[NAME|APP/]', min: 0, max: 1, of: [['container', 'output']] },
  run: runGraph,
});

async function runGraph(
  { values: { format, json = false }, words: [name] }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  if (json && format !== undefined)
    throw new UsageFailure('cannot run "docksmith graph"', { why: '--json is a format of its own' });
  const draw = findFormat(format ?? (isTerminal(stdout) ? TREE : 'svg'));
  const graph = await readGraph(paths);
  const { graph: near, named } =
    name === undefined
      ? { graph, named: undefined }
      : findNeighbourhood(graph, ...(await expandContainers(paths, [name])));
  if (json) stdout.write(formatJson({ nodes: [...near.nodes.values()], edges: near.edges }));
  else stdout.write(draw(near, name, named));
  return 0;
}

function findFormat(format: string): (graph: Graph, name?: string, named?: ReadonlySet<string>) => string {
  if (format === TREE) return (graph, _name, named) => showable(formatTree(graph, named));
  const draw = Object.hasOwn(DIAGRAMS, format) ? DIAGRAMS[format] : undefined;
  if (draw === undefined)
    throw new UsageFailure('cannot run "docksmith graph"', {
      why: `"${format}" is no format: ${[TREE, ...Object.keys(DIAGRAMS)].join(', ')}`,
    });
  return (graph, name, named) =>
    draw(makeDiagram(graph, name === undefined ? 'Dependencies' : `Dependencies and dependants of ${name}`, named));
}
