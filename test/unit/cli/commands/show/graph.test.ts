import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeDiagram, MOST_ROWS, type Diagram } from '../../../../../src/cli/graph/cards.ts';
import { formatDot } from '../../../../../src/cli/graph/dot.ts';
import { layOut, type PlacedCard, type Picture } from '../../../../../src/cli/graph/layout.ts';
import { formatMermaid } from '../../../../../src/cli/graph/mermaid.ts';
import { formatTree } from '../../../../../src/cli/graph/tree.ts';
import { formatSvg } from '../../../../../src/cli/graph/svg.ts';
import type { Snapshot } from '../../../../../src/db/snapshot.ts';
import type { Graph } from '../../../../../src/features/graph/graph.ts';
import { findNeighbourhood } from '../../../../../src/features/graph/neighbourhood.ts';
import { buildGraph } from '../../../../../src/features/graph/read-graph.ts';
import { findPaths } from '../../../../../src/base/paths.ts';
import { CODE_POINTS } from '../../../../support/code-points.ts';
import { serverWith } from '../../../../support/containers.ts';
import { render } from '../../../../support/render.ts';

const SHIPPED = findPaths({ DOCKSMITH_ROOT: '/nowhere' });
const TEMPLATES = [
  '/etc/docker/daemon.json',
  '/etc/sysconfig/docker',
  '/etc/docksmith/containers',
  '/etc/docksmith/filter/docker-user.v6',
  '/etc/httpd/docksmith/default',
  '/etc/httpd/docksmith/primary',
  '/etc/httpd/docksmith/vhost',
];

function graphOf(snapshot: Snapshot): Graph {
  return buildGraph(
    { snapshot },
    TEMPLATES.map((template) => render({ template }, { snapshot, paths: SHIPPED })),
  );
}

type Props = Readonly<Record<string, string>>;
/** A server with so many containers: plain ones, some behind Apache, some that need another. */
function serverOf(count: number): Snapshot {
  const name = (n: number): string => `box${String(n).padStart(3, '0')}`;
  const props = (n: number): Props =>
    [
      { TCPPort: String(9000 + n) },
      { SubDomain: 'enabled', WebPort: '80', WebHostPort: String(47_000 + n) },
      { Interlinked: `${name(n - 1)}:db` },
      {},
    ][n % 4] ?? {};
  return serverWith(
    Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), { Image: 'busybox:1', ...props(n) }])),
  );
}

const servers = new Map<number, Graph>();
/** The graph of such a server, made once. */
function graphWith(count: number): Graph {
  const graph = servers.get(count) ?? graphOf(serverOf(count));
  servers.set(count, graph);
  return graph;
}

const LINKED = graphOf(
  serverWith({
    wiki: { Image: 'wiki', Interlinked: 'wikidb:db', SubDomain: 'enabled', WebPort: '80', WebHostPort: '47000' },
    wikidb: { Image: 'mariadb:11' },
    git: { Image: 'gitea:1' },
  }),
);
const ends = (graph: Graph, kind: string): readonly string[] =>
  graph.edges
    .filter((edge) => edge.kind === kind)
    .map(({ from, to }) => `${from} -> ${to}`)
    .sort();

describe('the graph', () => {
  it('leads from records over templates and outputs to services and containers', () => {
    expect(ends(LINKED, 'runs')).toEqual(
      ['git', 'wiki', 'wikidb'].map((name) => `output /etc/docksmith/containers/${name}.yaml -> container ${name}`),
    );
    expect(ends(LINKED, 'needs')).toEqual(['container wikidb -> container wiki']);
    expect(ends(LINKED, 'tells')).toContain('output /etc/httpd/conf.d/zz-docksmith-2-wiki.conf -> service httpd');
    expect(ends(LINKED, 'makes')).toContain(
      'template /etc/httpd/docksmith/vhost -> output /etc/httpd/conf.d/zz-docksmith-2-wiki.conf',
    );
    const reads = ends(LINKED, 'reads');
    expect(reads).toContain('record docker_images wiki -> output /etc/docksmith/containers/wiki.yaml');
    expect(reads).toContain('record configuration DomainName -> output /etc/httpd/conf.d/zz-docksmith-2-wiki.conf');
    expect(reads).not.toContain('record docker_containers git -> output /etc/docksmith/containers/wiki.yaml');
    // of networks no single record is looked up
    expect(reads).toContain('record networks 192.168.1.0 -> output /etc/httpd/conf.d/zz-docksmith-2-wiki.conf');
    // nothing is given by it now, and it would be if these were other
    expect(ends(graphOf(serverWith({})), 'reads')).toContain(
      'record configuration docker -> template /etc/docksmith/filter/docker-user.v6',
    );
  });

  it('has services of a swarm beside containers', () => {
    const graph = graphOf(serverWith({ shop: { Image: 'shop', Replicas: '3' }, git: { Image: 'gitea:1' } }));
    expect(ends(graph, 'runs')).toContain('output /etc/docksmith/containers/shop.yaml -> container shop');
    expect(formatTree(graph)).toMatch(
      /^container git\n└─ \/etc\/docksmith\/containers\/git\.yaml\n[^]*\nservice of the swarm shop\n└─ \/etc\/docksmith\/containers\/shop\.yaml\n/,
    );
    const cards = makeDiagram(graph, 'all').cards.filter(({ kind }) => kind === 'container');
    expect(cards.map(({ title, rows }) => [title, ...rows.map(({ label }) => label)])).toEqual([
      ['containers', 'git'],
      ['services of the swarm', 'shop'],
    ]);
  });

  it('has no values in it, secret or not', () => {
    const snapshot = serverWith({ wiki: { Image: 'wiki', Env: 'PASSWORD=hunter2' } });
    expect(JSON.stringify([...graphOf(snapshot).nodes.values()])).not.toContain('hunter2');
    for (const format of [formatSvg, formatDot, formatMermaid])
      expect(format(makeDiagram(graphOf(snapshot), 'all'))).not.toMatch(/hunter2|PASSWORD/);
  });
});

describe('the neighbourhood of a name', () => {
  const near = (name: string): readonly string[] => [...findNeighbourhood(LINKED, name).graph.nodes.keys()];

  it('is what it depends on and what depends on it, and nothing else', () => {
    expect(near('wikidb')).toEqual(
      expect.arrayContaining([
        'record docker_containers wikidb',
        'output /etc/docksmith/containers/wikidb.yaml',
        'container wikidb',
        'container wiki',
        'record configuration docker',
      ]),
    );
    expect(near('wikidb')).not.toEqual(expect.arrayContaining(['container git']));
    expect(near('docker').filter((id) => id.startsWith('service'))).toEqual(['service docker']);
    expect(near('docker_images wiki')).toEqual([
      'container wiki',
      'output /etc/docksmith/containers/wiki.yaml',
      'record docker_images wiki',
      'template /etc/docksmith/containers',
    ]);
    expect(near('/etc/httpd/docksmith/vhost')).toContain('service httpd');
    expect(near('/etc/docker/daemon.json')).toEqual(
      expect.arrayContaining(['record networks 192.168.1.0', 'service docker']),
    );
  });

  it('is refused for a name that nothing bears, with the nearest one', () => {
    expect(() => findNeighbourhood(LINKED, 'wikidbb')).toThrow(
      expect.objectContaining({ hint: 'did you mean "wikidb"?' }),
    );
  });
});

const boxesOverlap = (a: PlacedCard, b: PlacedCard): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
function expectWellLaidOut(picture: Picture): void {
  for (const [n, card] of picture.cards.entries()) {
    expect(
      picture.cards
        .slice(n + 1)
        .filter((other) => boxesOverlap(card, other))
        .map(({ id }) => `${card.id} over ${id}`),
    ).toEqual([]);
    expect(card.x + card.width).toBeLessThanOrEqual(picture.width);
    expect(card.y + card.height).toBeLessThanOrEqual(picture.bottom);
  }
  for (const { kind, from, to, x1, y1, x2, y2 } of picture.lines) {
    const [source, target] = [from, to].map((end) => picture.cards.find(({ id }) => id === end.card));
    // from a card to one of the next column: nothing lies between them
    expect(kind === 'needs' ? 0 : (target?.column ?? 0) - (source?.column ?? 0)).toBe(kind === 'needs' ? 0 : 1);
    for (const [card, y] of [
      [source, y1],
      [target, y2],
    ] as const)
      expect(y > (card?.y ?? 0) && y < (card?.y ?? 0) + (card?.height ?? 0), `${kind} ${from.card} -> ${to.card}`).toBe(
        true,
      );
    expect([x1, y1, x2, y2].every(Number.isFinite)).toBe(true);
  }
}

describe('a picture', () => {
  it.each([0, 1, 3, 20, 30, 100])('of %d containers fits a screen, and nothing lies over anything else', (count) => {
    const picture = layOut(makeDiagram(graphWith(count), 'all'));
    expectWellLaidOut(picture);
    expect(picture.width).toBeLessThan(1600);
    expect(picture.bottom).toBeLessThan(1200);
  });

  it.each(['box002', 'docker', 'httpd', 'LocalIP', '/etc/httpd/docksmith/vhost'])(
    'of the neighbourhood of %s among 100 does, too',
    (name) => {
      const { graph, named } = findNeighbourhood(graphWith(100), name);
      const diagram = makeDiagram(graph, name, named);
      expectWellLaidOut(layOut(diagram));
      expect(diagram.cards.some(({ isNamed, rows }) => isNamed || rows.some((row) => row.isNamed))).toBe(true);
    },
  );

  it('shows containers one by one while they are few, and those that depend alike as one when they are many', () => {
    const rowsOf = (count: number): readonly string[] =>
      makeDiagram(graphWith(count), 'all')
        .cards.find(({ id }) => id === 'containers')
        ?.rows.map(({ label }) => label) ?? [];
    expect(rowsOf(MOST_ROWS)).toHaveLength(MOST_ROWS);
    expect(rowsOf(100)).toEqual([
      '50: box000, box003, box004, box007, …',
      '25: box001, box005, box009, box013, …',
      '25: box002, box006, box010, box014, …',
    ]);
    const many = makeDiagram(graphWith(100), 'all');
    expect(
      many.cards.flatMap(({ id, rows }) => (id === 'containers' ? rows.flatMap(({ names }) => names) : [])),
    ).toHaveLength(100);
    expect(many.lines.filter(({ kind }) => kind === 'needs')).toHaveLength(1);
  });
});

/** A sheet with the text in every place that has one. */
const sheetWith = (text: string): Diagram => ({
  title: text,
  cards: [
    {
      id: 'a',
      kind: 'record',
      column: 0,
      title: text,
      note: text,
      isNamed: false,
      rows: [{ id: 'a/1', label: text, names: [text, text], isNamed: true }],
    },
    { id: 'b', kind: 'template', column: 1, title: text, note: '', isNamed: true, rows: [] },
  ],
  lines: [{ kind: 'reads', from: { card: 'a', row: 'a/1' }, to: { card: 'b' } }],
});
const HOSTILE = [
  '</text><script>alert(1)</script>',
  '"]; evil["',
  'a"b\'c&d<e>f',
  '#quot; end',
  'x\u0000\u001b[31m',
  '`**bold**`',
  '\\" ] -> x',
  ']]> --> <!--',
  '\ud800',
  'end',
  '%% comment',
  'click x "javascript:1"',
];

describe('no text gets out of its place', () => {
  /** Each tag with its attributes, and no text: what a picture is made of. */
  const skeleton = (svg: string): string =>
    svg.replaceAll(/>[^<]*</g, '><').replaceAll(/(viewBox|width|height|x|y|d|transform)="[^"]*"/g, '');
  const wellFormed =
    /^(<[a-z][A-Za-z]*( [A-Za-z:-]+="[^"<]*")*\/?>|<\/[a-z][A-Za-z]*>|[^<>&\u0000-\u0008\u000b-\u001f\ufffe\uffff]|&(amp|lt|gt|quot|#39);)*$/u;

  it.each(HOSTILE)('of a picture: %j', (text) => {
    const svg = formatSvg(sheetWith(text));
    expect(svg).toMatch(wellFormed);
    expect(skeleton(svg)).toBe(skeleton(formatSvg(sheetWith('plain'))));
  });

  it.each(HOSTILE)('of Mermaid: %j', (text) => {
    // https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
    expect(
      formatMermaid(sheetWith(text))
        .split('\n')
        .slice(3)
        .map((line) => line.replace(/"(?:[\w ./:,-]|<br\/>|#\d+;)*"/, '""')),
    ).toEqual([
      'flowchart LR',
      '  subgraph card0[""]',
      '    card0row0[""]',
      '  end',
      '  card1[""]',
      '  card0row0 --> card1',
      '  classDef record fill:#dbe7f6,stroke:#2f5d93',
      '  classDef template fill:#ece4f5,stroke:#6a4495',
      '  class card0 record',
      '  class card1 template',
      '  classDef named fill:#fff1b8,stroke-width:3px',
      '  class card0row0,card1 named',
      '',
    ]);
    expect(formatMermaid(sheetWith(text)).split('\n')[1]).toBe(`title: ${JSON.stringify(text)}`);
  });

  it('whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: CODE_POINTS }), (text) => {
        expect(formatSvg(sheetWith(text))).toMatch(wellFormed);
        expect(formatDot(sheetWith(text)).split('\n')).toHaveLength(formatDot(sheetWith('plain')).split('\n').length);
      }),
      { numRuns: 300 },
    );
  });
});
