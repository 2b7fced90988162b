import {
  CARD_GAP,
  COLUMN_GAP,
  countStacks,
  HEADER,
  heightOf,
  MARGIN,
  offsetOf,
  ROW,
  type StackedCard,
  TOP,
  widthOf,
} from './card-size.ts';
import type { End, Line, Diagram } from './cards.ts';
import { average, orderCards, orderRows } from './order-cards.ts';

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
export function layOut({ title, cards: given, lines }: Diagram): Picture {
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
