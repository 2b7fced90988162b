import { Failure, throwAll } from '../../base/errors.ts';
import { findNearest } from '../../base/nearest.ts';
import type { Graph, GraphNode } from './graph.ts';

/**
 * The part of a graph that has to do with names (a record's key, a container, a service, the
 * path of a template or an output): what bears them, all that depends on that, and all that it
 * depends on.
 * @throws Failures for names that nothing bears, with the nearest
 */
export function findNeighbourhood(
  graph: Graph,
  ...names: readonly string[]
): { readonly graph: Graph; readonly named: ReadonlySet<string> } {
  const bear = (name: string): readonly GraphNode[] =>
    [...graph.nodes.values()].filter((node) => node.name === name || node.of === name || node.id === `record ${name}`);
  throwAll(names.filter((name) => bear(name).length === 0).map((name) => notThere(graph, name)));
  const bearing = names.flatMap(bear);
  const named = new Set(bearing.map(({ id }) => id));
  const down = follow(
    named,
    graph.edges.map(({ from, to }) => [from, to]),
  );
  const up = follow(
    named,
    graph.edges.map(({ from, to }) => [to, from]),
  );
  // templates of outputs that are shown, though nothing leads over them
  const makers = graph.edges.flatMap(({ kind, from, to }) =>
    kind === 'makes' && (down.has(to) || up.has(to)) ? [from] : [],
  );
  const shown = new Set([...down, ...up, ...makers]);
  const isInside = (from: string, to: string): boolean =>
    (down.has(from) && down.has(to)) || (up.has(from) && up.has(to));
  return {
    graph: {
      nodes: new Map([...graph.nodes].filter(([id]) => shown.has(id))),
      edges: graph.edges.filter(({ kind, from, to }) => (kind === 'makes' ? shown.has(to) : isInside(from, to))),
    },
    named,
  };
}

function notThere(graph: Graph, name: string): Failure {
  const nearest = findNearest(
    name,
    [...graph.nodes.values()].map((node) => node.name),
  );
  return new Failure(`cannot find "${name}" in the graph`, {
    why: 'no record that a template reads, template, output, service or container is called so',
    ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }),
  });
}

function follow(start: ReadonlySet<string>, ways: readonly (readonly [string, string])[]): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const [from, to] of ways) next.set(from, [...(next.get(from) ?? []), to]);
  const reached = new Set(start);
  for (const id of reached) for (const to of next.get(id) ?? []) reached.add(to);
  return reached;
}
