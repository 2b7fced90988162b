import { compareBytes } from '../../base/layers.ts';
import type { Card, End, Line, Sheet } from './cards.ts';

/** All lengths are pixels of the picture at its natural size. */
export const ROW = 18;
export const HEADER = 24;
/** a monospaced character of 12 pixels */
const CHAR = 7.3;
const MARGIN = 28;
const CARD_GAP = 14;
const COLUMN_GAP = 190;
/** above the cards: the title, and the headings of the columns */
export const TOP = 78;
/** the longest label that is shown whole */
export const MOST_CHARACTERS = 44;
/** what rows that stand side by side may have together */
const MOST_SIDE_BY_SIDE = 60;
/** left and right of a label */
const PADDING = 24;

/** With the number of stacks that its rows stand in, side by side. */
interface StackedCard extends Card {
  readonly stacks: number;
}
export interface PlacedCard extends StackedCard {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface PlacedLine extends Line {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface Picture {
  readonly title: string;
  readonly width: number;
  /** where the cards end */
  readonly bottom: number;
  readonly cards: readonly PlacedCard[];
  readonly lines: readonly PlacedLine[];
  /** left edges of the three columns */
  readonly columns: readonly number[];
}

/**
 * Puts cards into three columns, so that no line passes over a card: each leads to the next
 * column, and those among containers run to the right of them. Cards and rows are ordered so
 * that few lines cross, and then moved to where their lines come from.
 */
export function layOut({ title, cards: given, lines }: Sheet): Picture {
  const cards = given.map((card): StackedCard => ({ ...card, stacks: countStacks(card, lines) }));
  const columns = orderCards(cards, lines);
  const ordered = columns.map((column) => column.map((card) => orderRows(card, columns, lines)));
  const widths = ordered.map((column) => Math.max(0, ...column.map(widthOf)));
  const lefts = widths.map(
    (_, n) => MARGIN + widths.slice(0, n).reduce((sum, width) => sum + (width === 0 ? 0 : width + COLUMN_GAP), 0),
  );
  const tops = placeColumns(ordered, lines);
  const placed = ordered.flatMap((column, n) =>
    column.map(
      (card): PlacedCard => ({
        ...card,
        x: lefts[n] ?? 0,
        y: tops.get(card.id) ?? 0,
        width: widths[n] ?? 0,
        height: heightOf(card),
      }),
    ),
  );
  const loops = lines.filter(({ kind }) => kind === 'needs').length;
  return {
    title,
    cards: placed,
    lines: placeLines(placed, lines),
    columns: lefts,
    width: Math.max(720, ...placed.map(({ x, width }) => x + width)) + (loops === 0 ? 0 : 70) + MARGIN,
    bottom: Math.max(TOP, ...placed.map(({ y, height }) => y + height)),
  };
}

/** Rows that no line of their own leads to can stand side by side where they are short. */
function countStacks({ id, rows }: Card, lines: readonly Line[]): number {
  const longest = Math.max(...rows.map(({ label }) => label.length));
  if (
    rows.length <= 5 ||
    lines.some(
      ({ from, to }) => (from.card === id && from.row !== undefined) || (to.card === id && to.row !== undefined),
    )
  )
    return 1;
  return Math.max(1, Math.min(rows.length > 16 ? 3 : 2, Math.floor(MOST_SIDE_BY_SIDE / (longest + 2))));
}

/** How many rows are below each other. */
export function depthOf({ rows, stacks }: StackedCard): number {
  return Math.ceil(rows.length / stacks);
}

function heightOf(card: StackedCard): number {
  return HEADER + (card.note === '' ? 0 : ROW - 4) + (card.rows.length === 0 ? 0 : depthOf(card) * ROW + 6);
}

function widthOf({ title, note, rows, stacks }: StackedCard): number {
  const shown = (label: string): number => Math.min(label.length, MOST_CHARACTERS) * CHAR + PADDING;
  // a title has the count of the rows at its end
  return Math.max(
    150,
    shown(title) + 3 * CHAR,
    shown(note),
    stacks * Math.max(0, ...rows.map(({ label }) => shown(label))),
  );
}

/** How far below the top of a card a line ends there. */
function offsetOf(card: Card, row: string | undefined): number {
  const index = row === undefined ? -1 : card.rows.findIndex(({ id }) => id === row);
  return index < 0 ? HEADER / 2 : HEADER + (card.note === '' ? 0 : ROW - 4) + 3 + index * ROW + ROW / 2;
}

/**
 * Each card next to what it has lines to: the order of a column follows from the mean place of those in
 * the other ones.
 */
function orderCards(cards: readonly StackedCard[], lines: readonly Line[]): readonly (readonly StackedCard[])[] {
  let columns = [0, 1, 2].map((column) =>
    cards.filter((card) => card.column === column).sort((a, b) => compareBytes(a.id, b.id)),
  );
  let best = { columns, crossings: countCrossings(columns, lines) };
  for (let round = 0; round < 12; round++) {
    for (const n of [2, 1, 0, 1]) {
      const places = new Map(
        columns.flatMap((column) => column.map((card, index) => [card.id, (index + 0.5) / column.length] as const)),
      );
      const mean = (id: string): number =>
        average(
          lines.flatMap(({ from, to }) =>
            from.card === to.card
              ? []
              : from.card === id
                ? [places.get(to.card) ?? 0]
                : to.card === id
                  ? [places.get(from.card) ?? 0]
                  : [],
          ),
        ) ??
        places.get(id) ??
        0;
      const means = new Map((columns[n] ?? []).map(({ id }) => [id, mean(id)]));
      columns = columns.map((column, index) =>
        index === n ? column.toSorted((a, b) => (means.get(a.id) ?? 0) - (means.get(b.id) ?? 0)) : column,
      );
      const crossings = countCrossings(columns, lines);
      if (crossings < best.crossings) best = { columns, crossings };
    }
  }
  return best.columns;
}

function countCrossings(columns: readonly (readonly StackedCard[])[], lines: readonly Line[]): number {
  const places = new Map(columns.flatMap((column) => column.map((card, index) => [card.id, index] as const)));
  const ways = lines
    .filter(({ kind }) => kind !== 'needs')
    .map(({ kind, from, to }) => ({
      gap: kind === 'reads' ? 0 : 1,
      a: places.get(from.card) ?? 0,
      b: places.get(to.card) ?? 0,
    }));
  return ways.reduce(
    (sum, one, n) =>
      sum +
      ways.slice(n + 1).filter((other) => other.gap === one.gap && (one.a - other.a) * (one.b - other.b) < 0).length,
    0,
  );
}

/**
 * Records that single lines lead from are ordered by where those go; all others stay in byte order, the same
 * in all cards.
 */
function orderRows(
  card: StackedCard,
  columns: readonly (readonly StackedCard[])[],
  lines: readonly Line[],
): StackedCard {
  if (card.column !== 0) return card;
  const places = new Map(columns.flatMap((column) => column.map(({ id }, index) => [id, index] as const)));
  const goal = new Map(
    card.rows.map(({ id }) => [
      id,
      average(lines.flatMap(({ from, to }) => (from.row === id ? [places.get(to.card) ?? 0] : []))),
    ]),
  );
  if ([...goal.values()].every((place) => place === undefined)) return card;
  return { ...card, rows: card.rows.toSorted((a, b) => (goal.get(a.id) ?? 0) - (goal.get(b.id) ?? 0)) };
}

/** Moves cards up and down to where their lines come from, without changing their order or letting them touch. */
function placeColumns(
  columns: readonly (readonly StackedCard[])[],
  lines: readonly Line[],
): ReadonlyMap<string, number> {
  const cards = new Map(columns.flat().map((card) => [card.id, card]));
  const tops = new Map<string, number>();
  for (const column of columns) stack(column, () => 0, tops);
  const anchor = ({ card, row }: End): number => {
    const found = cards.get(card);
    return found === undefined ? 0 : (tops.get(card) ?? 0) + offsetOf(found, row);
  };
  for (let round = 0; round < 40; round++) {
    for (const n of [1, 2, 1, 0]) {
      const column = columns[n] ?? [];
      const wanted = new Map(
        column.map((card) => {
          const shifts = lines.flatMap(({ from, to }) =>
            from.card === to.card
              ? []
              : from.card === card.id
                ? [anchor(to) - anchor(from)]
                : to.card === card.id
                  ? [anchor(from) - anchor(to)]
                  : [],
          );
          return [card.id, (tops.get(card.id) ?? 0) + (average(shifts) ?? 0)];
        }),
      );
      stack(column, (card) => wanted.get(card.id) ?? 0, tops);
    }
  }
  const highest = Math.min(...tops.values());
  return new Map([...tops].map(([id, top]) => [id, Math.round(top - highest + TOP)]));
}

/**
 * Gives the cards of a column the places nearest to the wanted ones at which they stand in order
 * and apart: those that would touch become a block, which stands at the mean of what its cards want.
 */
function stack(column: readonly StackedCard[], wanted: (card: StackedCard) => number, tops: Map<string, number>): void {
  interface Block {
    readonly cards: readonly StackedCard[];
    readonly top: number;
    readonly height: number;
  }
  const blocks: Block[] = [];
  for (const card of column) {
    let block: Block = { cards: [card], top: wanted(card), height: heightOf(card) + CARD_GAP };
    for (
      let above = blocks.at(-1);
      above !== undefined && above.top + above.height > block.top;
      above = blocks.at(-1)
    ) {
      blocks.pop();
      const [a, b] = [above.cards.length, block.cards.length];
      block = {
        cards: [...above.cards, ...block.cards],
        top: (above.top * a + (block.top - above.height) * b) / (a + b),
        height: above.height + block.height,
      };
    }
    blocks.push(block);
  }
  for (const { cards, top } of blocks) {
    let next = top;
    for (const card of cards) {
      tops.set(card.id, next);
      next += heightOf(card) + CARD_GAP;
    }
  }
}

/** Lines that end at one place are spread there in the order of where they come from. */
function placeLines(cards: readonly PlacedCard[], lines: readonly Line[]): readonly PlacedLine[] {
  const byId = new Map(cards.map((card) => [card.id, card]));
  const at = (end: End): number => {
    const card = byId.get(end.card);
    return card === undefined ? 0 : card.y + offsetOf(card, end.row);
  };
  const spread = (line: Line, end: 'from' | 'to'): number => {
    const other = end === 'from' ? 'to' : 'from';
    if (line.kind === 'needs') return end === 'from' ? -3 : 3;
    const same = lines
      .filter((one) => one.kind !== 'needs' && one[end].card === line[end].card && one[end].row === line[end].row)
      .sort((a, b) => at(a[other]) - at(b[other]));
    const room = line[end].row === undefined ? HEADER - 8 : ROW - 8;
    const step = Math.min(5, same.length < 2 ? 0 : room / (same.length - 1));
    return (same.indexOf(line) - (same.length - 1) / 2) * step;
  };
  return lines.map((line) => {
    const [from, to] = [byId.get(line.from.card), byId.get(line.to.card)];
    const right = (card: PlacedCard | undefined): number => (card === undefined ? 0 : card.x + card.width);
    return {
      ...line,
      x1: right(from),
      y1: at(line.from) + spread(line, 'from'),
      x2: line.kind === 'needs' ? right(to) : (to?.x ?? 0),
      y2: at(line.to) + spread(line, 'to'),
    };
  });
}

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
