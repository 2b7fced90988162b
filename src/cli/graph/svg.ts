import type { NodeKind } from '../../features/graph/graph.ts';
import type { Line, Row, Diagram } from './cards.ts';
import { layOut, type Picture, type PlacedCard, type PlacedLine } from './layout.ts';
import { depthOf, HEADER, MOST_CHARACTERS, ROW, TOP } from './card-size.ts';

/** Header and border of a card: told apart in grey, too, by their headings and columns. */
const COLOURS: Readonly<Record<Exclude<NodeKind, 'output'>, { readonly fill: string; readonly ink: string }>> = {
  record: { fill: '#dbe7f6', ink: '#2f5d93' },
  template: { fill: '#ece4f5', ink: '#6a4495' },
  service: { fill: '#fbe6d4', ink: '#9a5518' },
  container: { fill: '#d8eedd', ink: '#2a7040' },
};
const STROKES: Readonly<
  Record<Line['kind'], { readonly colour: string; readonly dash: string; readonly words: string }>
> = {
  reads: { colour: '#5b82b0', dash: '', words: 'is read by' },
  makes: { colour: '#6a4495', dash: '', words: 'makes' },
  tells: { colour: '#c0742c', dash: '', words: 'is a file of' },
  runs: { colour: '#3f8f58', dash: '', words: 'runs as' },
  needs: { colour: '#b23a55', dash: '5 3', words: 'is needed by' },
};
const HEADINGS = ['records', 'templates and their outputs', 'services and containers'];
const MONO = "font-family=\"'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace\"";
const SANS = "font-family=\"system-ui, 'DejaVu Sans', 'Liberation Sans', Helvetica, Arial, sans-serif\"";
const LEGEND = 52;

/** A picture for a browser: one file, without scripts, and with nothing that is fetched. */
export function formatSvg(diagram: Diagram): string {
  const picture = layOut(diagram);
  const kinds = [...new Set(picture.lines.map(({ kind }) => kind))];
  const legend = drawLegend(picture, kinds);
  const [width, height] = [Math.ceil(Math.max(picture.width, legend.width)), Math.ceil(picture.bottom + LEGEND)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" ${SANS} font-size="12">`,
    `<title>${escape(picture.title)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<defs>${kinds.map((kind) => `<marker id="to-${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse"><path d="M0 0.5 8 4 0 7.5z" fill="${STROKES[kind].colour}"/></marker>`).join('')}</defs>`,
    `<text x="28" y="32" font-size="18" font-weight="600" fill="#1c2430">${escape(picture.title)}</text>`,
    ...HEADINGS.map((words, n) =>
      picture.cards.some(({ column }) => column === n)
        ? `<text x="${picture.columns[n] ?? 0}" y="${TOP - 14}" fill="#5a6572" font-size="13">${words}</text>`
        : '',
    ),
    ...picture.lines.map((line) => drawLine(line, picture)),
    ...picture.cards.map(drawCard),
    legend.text,
    '</svg>',
    '',
  ]
    .filter((part, n, all) => part !== '' || n === all.length - 1)
    .join('\n');
}

function drawLine({ kind, x1, y1, x2, y2 }: PlacedLine, { cards, lines }: Picture): string {
  const { colour, dash } = STROKES[kind];
  const style = `fill="none" stroke="${colour}" stroke-width="1.3" stroke-opacity="0.75"${dash === '' ? '' : ` stroke-dasharray="${dash}"`} marker-end="url(#to-${kind})"`;
  if (kind === 'needs') {
    const right = Math.max(...cards.map((card) => card.x + card.width));
    const longest = Math.max(
      ...lines.filter((line) => line.kind === 'needs').map((line) => Math.abs(line.y2 - line.y1)),
      1,
    );
    const out = right + 16 + 46 * (Math.abs(y2 - y1) / longest);
    return `<path d="M${x1} ${round(y1)} C${round(out)} ${round(y1)} ${round(out)} ${round(y2)} ${x2 + 1} ${round(y2)}" ${style}/>`;
  }
  const bend = (x2 - x1) * 0.45;
  return `<path d="M${round(x1)} ${round(y1)} C${round(x1 + bend)} ${round(y1)} ${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}" ${style}/>`;
}

function drawCard(card: PlacedCard): string {
  const { kind, title, note, rows, stacks, isNamed, x, y, width, height } = card;
  const { fill, ink } = COLOURS[kind === 'output' ? 'template' : kind];
  const noteHeight = note === '' ? 0 : ROW - 4;
  const head = HEADER + noteHeight;
  return [
    `<g transform="translate(${round(x)} ${round(y)})"><title>${escape(title)}</title>`,
    `<rect width="${round(width)}" height="${height}" rx="6" fill="#ffffff" stroke="${ink}" stroke-width="${isNamed ? 2.5 : 1}"/>`,
    rows.length === 0
      ? `<rect x="0.5" y="0.5" width="${round(width - 1)}" height="${height - 1}" rx="5.5" fill="${isNamed ? '#fff1b8' : fill}"/>`
      : `<path d="M0.5 ${head}V6a5.5 5.5 0 0 1 5.5 -5.5H${round(width - 6)}a5.5 5.5 0 0 1 5.5 5.5V${head}z" fill="${isNamed ? '#fff1b8' : fill}"/>`,
    `<text x="12" y="16" ${MONO} font-weight="700" fill="${ink}">${escape(shorten(title))}</text>`,
    note === '' ? '' : `<text x="12" y="${HEADER + 6}" fill="#5a6572" font-size="11">${escape(shorten(note))}</text>`,
    rows.length < 4
      ? ''
      : `<text x="${round(width - 10)}" y="16" text-anchor="end" font-size="11" fill="${ink}">${rows.reduce((sum, { names }) => sum + names.length, 0)}</text>`,
    ...rows.map((row, n) =>
      drawRow(row, {
        left: Math.floor(n / depthOf(card)) * (width / stacks),
        top: head + 3 + (n % depthOf(card)) * ROW,
        width: width / stacks,
      }),
    ),
    '</g>',
  ]
    .filter((part) => part !== '')
    .join('');
}

function drawRow(
  { label, names, isNamed }: Row,
  { left, top, width }: { readonly left: number; readonly top: number; readonly width: number },
): string {
  const mark = isNamed
    ? `<rect x="${round(left + 1)}" y="${top}" width="${round(width - 2)}" height="${ROW}" fill="#fff1b8"/>`
    : '';
  return `<g><title>${escape(names.join(', '))}</title>${mark}<text x="${round(left + 12)}" y="${top + 13}" ${MONO}${isNamed ? ' font-weight="700"' : ''} fill="#1c2430">${escape(shorten(label))}</text></g>`;
}

function drawLegend(
  { bottom, cards }: Picture,
  kinds: readonly Line['kind'][],
): { readonly text: string; readonly width: number } {
  const y = bottom + 32;
  let x = 28;
  const parts: string[] = [];
  const say = (mark: string, markWidth: number, words: string): void => {
    parts.push(`${mark}<text x="${x + markWidth + 7}" y="${y + 4}" fill="#3d4753">${words}</text>`);
    x += markWidth + 7 + words.length * 6.6 + 22;
  };
  const present = new Set(cards.map(({ kind }) => kind));
  for (const [kind, words] of [
    ['record', 'db with records'],
    ['template', 'template with outputs'],
    ['service', 'service'],
    ['container', 'containers'],
  ] as const) {
    if (present.has(kind))
      say(
        `<rect x="${x}" y="${y - 6}" width="16" height="12" rx="3" fill="${COLOURS[kind].fill}" stroke="${COLOURS[kind].ink}"/>`,
        16,
        words,
      );
  }
  if (cards.some(({ isNamed, rows }) => isNamed || rows.some((row) => row.isNamed)))
    say(
      `<rect x="${x}" y="${y - 6}" width="16" height="12" rx="3" fill="#fff1b8" stroke="#8a7a35"/>`,
      16,
      'what was asked for',
    );
  for (const kind of kinds) {
    const { colour, dash, words } = STROKES[kind];
    say(
      `<path d="M${x} ${y}H${x + 30}" fill="none" stroke="${colour}" stroke-width="1.6"${dash === '' ? '' : ` stroke-dasharray="${dash}"`} marker-end="url(#to-${kind})"/>`,
      30,
      words,
    );
  }
  return { text: `<g font-size="12">${parts.join('')}</g>`, width: x };
}

/** The end of a path tells more than its beginning; of a list it is the other way round. */
function shorten(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  return text.startsWith('/')
    ? `…${text.slice(text.length - MOST_CHARACTERS + 1)}`
    : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}

/** Text for XML, which has no way to say most control characters at all. */
function escape(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f\ufffe\uffff]/g, '\ufffd')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
