import type { Card, End, Diagram } from './cards.ts';

const STYLES: Readonly<Record<Card['kind'], string>> = {
  record: 'fill:#dbe7f6,stroke:#2f5d93',
  template: 'fill:#ece4f5,stroke:#6a4495',
  output: 'fill:#ece4f5,stroke:#6a4495',
  service: 'fill:#fbe6d4,stroke:#9a5518',
  container: 'fill:#d8eedd,stroke:#2a7040',
};

/** For Mermaid (https://mermaid.js.org/syntax/flowchart.html): a card with rows is a subgraph, its rows are nodes. */
export function formatMermaid({ title, cards, lines }: Diagram): string {
  const names = new Map(
    cards.flatMap(({ id, rows }, n) => [
      [id, `card${n}`] as const,
      ...rows.map((row, m) => [row.id, `card${n}row${m}`] as const),
    ]),
  );
  const end = ({ card, row }: End): string => names.get(row ?? card) ?? '';
  const kinds = [...new Set(cards.map(({ kind }) => kind))];
  const named = cards
    .flatMap(({ id, isNamed, rows }) => [
      ...(isNamed ? [id] : []),
      ...rows.filter((row) => row.isNamed).map((row) => row.id),
    ])
    .map((id) => names.get(id) ?? '');
  return [
    '---',
    `title: ${JSON.stringify(title)}`,
    '---',
    'flowchart LR',
    ...cards.flatMap((card) => formatCard(card, names)),
    ...lines.map(({ kind, from, to }) => `  ${end(from)} ${kind === 'needs' ? '-.->' : '-->'} ${end(to)}`),
    ...kinds.map((kind) => `  classDef ${kind} ${STYLES[kind]}`),
    ...kinds.map(
      (kind) =>
        `  class ${cards
          .filter((card) => card.kind === kind)
          .map(({ id }) => names.get(id) ?? '')
          .join(',')} ${kind}`,
    ),
    ...(named.length === 0
      ? []
      : ['  classDef named fill:#fff1b8,stroke-width:3px', `  class ${named.join(',')} named`]),
    '',
  ].join('\n');
}

function formatCard({ id, title, note, rows }: Card, names: ReadonlyMap<string, string>): readonly string[] {
  const head = `${names.get(id) ?? ''}["${[title, note]
    .filter((part) => part !== '')
    .map(escape)
    .join('<br/>')}"]`;
  if (rows.length === 0) return [`  ${head}`];
  return [
    `  subgraph ${head}`,
    ...rows.map((row) => `    ${names.get(row.id) ?? ''}["${escape(row.label)}"]`),
    '  end',
  ];
}

/**
 * All but plain characters as Mermaid's entity codes, `#35;`: then no text is markup, Markdown or the end
 * of a label.
 */
function escape(text: string): string {
  return Array.from(text, (char) =>
    /[\w ./:,-]/.test(char)
      ? char
      : `#${/[\u0000-\u001f\u007f]/.test(char) ? 65_533 : (char.codePointAt(0) ?? 65_533)};`,
  ).join('');
}
