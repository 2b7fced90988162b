import path from 'node:path';
import {
  BY_ENGINE,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type NodeKind,
  BY_SWARM,
} from '../../features/graph/graph.ts';
import { compareBytes } from '../../base/layers.ts';
import { classifyContainers } from './classes.ts';

/** A line of a card: one thing, or several that are alike. */
export interface Row {
  readonly id: string;
  readonly label: string;
  /** full names of all that it stands for */
  readonly names: readonly string[];
  readonly isNamed: boolean;
}

/** A db with its records, a template with its outputs, a service, the containers, or the services of the swarm. */
export interface Card {
  readonly id: string;
  readonly kind: NodeKind;
  /** 0 records, 1 templates and outputs, 2 services and containers */
  readonly column: 0 | 1 | 2;
  readonly title: string;
  /** what holds for all of its rows */
  readonly note: string;
  /** none: the card is one thing itself */
  readonly rows: readonly Row[];
  readonly isNamed: boolean;
}

/** An end of a line: a card as a whole, or a row of it. */
export interface End {
  readonly card: string;
  readonly row?: string;
}
export interface Line {
  readonly kind: GraphEdge['kind'];
  readonly from: End;
  readonly to: End;
}

/** A graph as it is shown: few enough things for one screen. */
export interface Diagram {
  readonly title: string;
  readonly cards: readonly Card[];
  readonly lines: readonly Line[];
}

/** With more rows than this in a card, containers that depend alike are one row. */
export const MOST_ROWS = 30;
/** What a row has room for. */
const MOST_CHARACTERS = 42;
/** With more lines than this between two cards, they are one. */
const MOST_LINES = 24;

/**
 * Groups a graph into cards. Whole, lines lead from the records of `configuration` and from
 * other dbs as such to templates; the neighbourhood of a name is shown record by record.
 * @param named ids of what the graph is the neighbourhood of; empty: the whole
 */
export function makeDiagram(graph: Graph, title: string, named: ReadonlySet<string> = new Set()): Diagram {
  const making = new Set(graph.edges.flatMap(({ kind, from }) => (kind === 'makes' ? [from] : [])));
  const cardOf = (node: GraphNode): string =>
    node.kind === 'template' && !making.has(node.id) ? IDLE : nameCard(node);
  const grouped = new Map<string, GraphNode[]>();
  for (const node of graph.nodes.values()) grouped.set(cardOf(node), [...(grouped.get(cardOf(node)) ?? []), node]);
  const isLarge = [...grouped.values()].some((nodes) => nodes.filter(({ of }) => of !== undefined).length > MOST_ROWS);
  const classes = isLarge ? classifyContainers(graph) : undefined;
  const rowOf = new Map<string, string>();
  const cards = [...grouped].map(([id, nodes]) => makeCard(id, nodes, classes, named, rowOf));
  return { title, cards, lines: makeLines(graph, cards, { cardOf, rowOf, isWhole: named.size === 0 }) };
}

/** Templates that make nothing now stand together. */
const IDLE = 'template without an output now';

function nameCard({ kind, group }: GraphNode): string {
  return kind === 'record'
    ? `db ${group}`
    : kind === 'template' || kind === 'output'
      ? `template ${group}`
      : kind === 'service'
        ? `service ${group}`
        : group;
}

function makeCard(
  id: string,
  nodes: readonly GraphNode[],
  classes: ReadonlyMap<string, string> | undefined,
  named: ReadonlySet<string>,
  rowOf: Map<string, string>,
): Card {
  const [first] = nodes;
  const kind =
    id === BY_ENGINE || id === BY_SWARM
      ? 'container'
      : id.startsWith('db ')
        ? 'record'
        : id.startsWith('service ')
          ? 'service'
          : 'template';
  const title = id.replace(/^(db|template|service) /, '');
  const isNamed = nodes.some((node) => named.has(node.id) && (node.kind === 'template' || node.kind === 'service'));
  const things = nodes.filter((node) => id === IDLE || (node.kind !== 'template' && node.kind !== 'service'));
  // a file that is called as its template is that card
  const isOne = kind === 'template' && id !== IDLE && things.length === 1 && things[0]?.name === first?.group;
  const folders = new Set(things.map(({ name }) => path.posix.dirname(name)));
  const folder =
    kind === 'template' && id !== IDLE && things.length > 1 && folders.size === 1 ? [...folders][0] : undefined;
  const column = kind === 'record' ? 0 : kind === 'template' ? 1 : 2;
  const note = folder === undefined ? '' : `in ${folder}`;
  if (isOne || things.length === 0)
    return { id, kind, column, title, note, rows: [], isNamed: isNamed || things.some((node) => named.has(node.id)) };
  const isLong = things.length > MOST_ROWS;
  const merged = new Map<string, GraphNode[]>();
  for (const node of things) {
    const key = named.has(node.id)
      ? node.id
      : node.of !== undefined && classes !== undefined
        ? `class ${classes.get(node.of) ?? node.of}`
        : isLong
          ? 'all'
          : node.id;
    merged.set(key, [...(merged.get(key) ?? []), node]);
    rowOf.set(node.id, `${id}/${key}`);
  }
  const shortName = (name: string): string => (folder === undefined ? name : path.posix.basename(name));
  const rows = [...merged].map(
    ([key, group]): Row => ({
      id: `${id}/${key}`,
      label: formatNames(group.map(({ name }) => shortName(name))),
      names: group.map(({ name }) => name),
      isNamed: group.some((node) => named.has(node.id)),
    }),
  );
  return { id, kind, column, title, note, rows, isNamed };
}

/** As many as fit, and how many they are where that is not all. */
function formatNames(names: readonly string[]): string {
  const all = names.join(', ');
  if (names.length === 1 || all.length <= MOST_CHARACTERS) return all;
  const more = (count: number): string => `${names.length}: ${names.slice(0, count).join(', ')}, …`;
  let count = 1;
  while (more(count + 1).length <= MOST_CHARACTERS) count++;
  return more(count);
}

interface Places {
  readonly cardOf: (node: GraphNode) => string;
  /** node -> row; none: the node is a card */
  readonly rowOf: ReadonlyMap<string, string>;
  readonly isWhole: boolean;
}

function makeLines(
  { nodes, edges }: Graph,
  cards: readonly Card[],
  { cardOf, rowOf, isWhole }: Places,
): readonly Line[] {
  const byId = new Map(cards.map((card) => [card.id, card]));
  const pairs = new Map<
    string,
    {
      kind: GraphEdge['kind'];
      from: Card;
      to: Card;
      ends: Map<string, readonly [string | undefined, string | undefined]>;
    }
  >();
  for (const { kind, from, to } of edges) {
    const [source, target] = [nodes.get(from), nodes.get(to)];
    if (kind === 'makes' || source === undefined || target === undefined) continue;
    const [fromCard, toCard] = [byId.get(cardOf(source)), byId.get(cardOf(target))];
    if (fromCard === undefined || toCard === undefined) continue;
    const id = `${kind} ${fromCard.id}\n${toCard.id}`;
    const pair = pairs.get(id) ?? {
      kind,
      from: fromCard,
      to: toCard,
      ends: new Map<string, readonly [string | undefined, string | undefined]>(),
    };
    const ends = [rowOf.get(from), isWhole && kind === 'reads' ? undefined : rowOf.get(to)] as const;
    pairs.set(id, { ...pair, ends: pair.ends.set(ends.join('\n'), ends) });
  }
  return [...pairs.values()].flatMap(({ kind, from, to, ends }) => {
    const line = (fromRow: string | undefined, toRow: string | undefined): Line => ({
      kind,
      from: { card: from.id, ...(fromRow === undefined ? {} : { row: fromRow }) },
      to: { card: to.id, ...(toRow === undefined ? {} : { row: toRow }) },
    });
    const list = [...ends.values()].filter(([a, b]) => kind !== 'needs' || a !== b);
    if (kind === 'tells' || (isWhole && kind === 'reads' && from.id !== 'db configuration'))
      return list.length === 0 ? [] : [line(undefined, undefined)];
    return kind === 'reads' ? summarise(list, from, to).map(([a, b]) => line(a, b)) : list.map(([a, b]) => line(a, b));
  });
}

/** What all rows of a card have in common is one line of the card. */
function summarise(
  ends: readonly (readonly [string | undefined, string | undefined])[],
  from: Card,
  to: Card,
): readonly (readonly [string | undefined, string | undefined])[] {
  const sources = [...new Set(ends.map(([a]) => a))].sort((a = '', b = '') => compareBytes(a, b));
  const targetsOf = (source: string | undefined): readonly (string | undefined)[] =>
    ends.flatMap(([a, b]) => (a === source ? [b] : []));
  const isAll = (targets: readonly (string | undefined)[]): boolean =>
    to.rows.length > 1 && targets.length === to.rows.length;
  if (
    from.rows.length > 1 &&
    sources.length === from.rows.length &&
    sources.every((source) => isAll(targetsOf(source)) || to.rows.length <= 1)
  )
    return [[undefined, to.rows.length === 1 ? to.rows[0]?.id : undefined]];
  const lines = sources.flatMap((source): readonly (readonly [string | undefined, string | undefined])[] =>
    isAll(targetsOf(source)) ? [[source, undefined]] : targetsOf(source).map((target) => [source, target] as const),
  );
  return lines.length > MOST_LINES ? [[undefined, undefined]] : lines;
}
