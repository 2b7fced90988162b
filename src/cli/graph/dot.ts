import type { Card, End, Diagram } from './cards.ts';

const FILLS: Readonly<Record<Card['kind'], string>> = {
  record: '#dbe7f6',
  template: '#ece4f5',
  output: '#ece4f5',
  service: '#fbe6d4',
  container: '#d8eedd',
};
const EDGES = {
  reads: 'color="#5b82b0"',
  makes: 'color="#6a4495"',
  tells: 'color="#c0742c"',
  runs: 'color="#3f8f58"',
  needs: 'color="#b23a55", style=dashed, constraint=false',
} as const;

/** For Graphviz: a card is a table, and its rows are ports (https://graphviz.org/doc/info/shapes.html#html). */
export function formatDot({ title, cards, lines }: Diagram): string {
  const names = new Map(cards.map(({ id }, n) => [id, `card${n}`]));
  const ports = new Map(cards.flatMap(({ rows }) => rows.map(({ id }, n) => [id, `row${n}`] as const)));
  const end = ({ card, row }: End, side: 'e' | 'w'): string =>
    `${names.get(card) ?? ''}:${row === undefined ? 'head' : (ports.get(row) ?? 'head')}:${side}`;
  return [
    'digraph docksmith {',
    `  graph [rankdir=LR, ranksep=1.6, label=${quote(title)}, labelloc=t, fontname="sans-serif"];`,
    '  node [shape=plain, fontname="monospace", fontsize=11];',
    '  edge [arrowsize=0.6];',
    ...cards.map((card) => `  ${names.get(card.id) ?? ''} [label=<${formatTable(card)}>];`),
    ...lines.map(
      ({ kind, from, to }) => `  ${end(from, 'e')} -> ${end(to, kind === 'needs' ? 'e' : 'w')} [${EDGES[kind]}];`,
    ),
    '}',
    '',
  ].join('\n');
}

function formatTable({ kind, title, note, rows, isNamed }: Card): string {
  const head = `<TR><TD PORT="head" BGCOLOR="${isNamed ? '#fff1b8' : FILLS[kind]}"><B>${escape(title)}</B>${note === '' ? '' : `<BR/>${escape(note)}`}</TD></TR>`;
  return `<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="4">${head}${rows.map((row, n) => `<TR><TD PORT="row${n}" ALIGN="LEFT"${row.isNamed ? ' BGCOLOR="#fff1b8"' : ''}>${escape(row.label)}</TD></TR>`).join('')}</TABLE>`;
}

function quote(text: string): string {
  return `"${text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(/[\u0000-\u001f]/g, ' ')}"`;
}

function escape(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
