import { type Graph, type GraphNode, BY_SWARM } from '../../features/graph/graph.ts';

/**
 * The graph as indented lines: what nothing depends on, and below each what it is made of. What was shown before is
 * not shown in full again.
 * @param named ids: these alone, with what they are made of and what depends on them; empty: all
 */
export function formatTree({ nodes, edges }: Graph, named: ReadonlySet<string> = new Set()): string {
  const [sources, dependants] = [new Map<string, string[]>(), new Map<string, string[]>()];
  for (const { from, to } of edges) {
    sources.set(to, [...(sources.get(to) ?? []), from]);
    dependants.set(from, [...(dependants.get(from) ?? []), to]);
  }
  const all = [...nodes.keys()];
  const draw = (roots: readonly string[], below: ReadonlyMap<string, readonly string[]>): string => {
    const shown = new Set<string>();
    return roots.map((id) => (shown.has(id) ? '' : drawNode(id, '', '', { nodes, below, shown }))).join('');
  };
  if (named.size === 0)
    return draw(
      all.filter((id) => !dependants.has(id)),
      sources,
    );
  const roots = all.filter((id) => named.has(id));
  const using = draw(
    roots.filter((id) => dependants.has(id)),
    dependants,
  );
  return `${draw(roots, sources)}${using === '' ? '' : `\nDependants\n${using}`}`;
}

interface Drawing {
  readonly nodes: Graph['nodes'];
  readonly below: ReadonlyMap<string, readonly string[]>;
  /** those that were drawn with what is below them */
  readonly shown: Set<string>;
}

function drawNode(id: string, branch: string, indent: string, drawing: Drawing): string {
  const { nodes, below, shown } = drawing;
  const children = [...new Set(below.get(id) ?? [])];
  const isKnown = shown.has(id) && children.length > 0;
  shown.add(id);
  const line = `${branch}${formatName(nodes.get(id))}${isKnown ? ' …' : ''}\n`;
  return `${line}${(isKnown ? [] : children)
    .map((child, n) => {
      const isLast = n === children.length - 1;
      return drawNode(child, `${indent}${isLast ? '└─ ' : '├─ '}`, `${indent}${isLast ? '   ' : '│  '}`, drawing);
    })
    .join('')}`;
}

function formatName(node: GraphNode | undefined): string {
  if (node === undefined) return '';
  const { kind, name, group } = node;
  if (kind === 'record') return `${group} ${name}`;
  if (kind === 'output') return name;
  return `${group === BY_SWARM ? 'service of the swarm' : kind} ${name}`;
}
