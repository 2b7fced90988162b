import type { Card, Line } from './cards.ts';

/** All lengths are pixels of the picture at its natural size. */
export const ROW = 18;
export const HEADER = 24;
/** a monospaced character of 12 pixels */
const CHAR = 7.3;
export const MARGIN = 28;
export const CARD_GAP = 14;
export const COLUMN_GAP = 190;
/** above the cards: the title, and the headings of the columns */
export const TOP = 78;
/** the longest label that is shown whole */
export const MOST_CHARACTERS = 44;
/** what rows that stand side by side may have together */
const MOST_SIDE_BY_SIDE = 60;
/** left and right of a label */
const PADDING = 24;

/** With the number of stacks that its rows stand in, side by side. */
export interface StackedCard extends Card {
  readonly stacks: number;
}
/** Rows that no line of their own leads to can stand side by side where they are short. */
export function countStacks({ id, rows }: Card, lines: readonly Line[]): number {
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

export function heightOf(card: StackedCard): number {
  return HEADER + (card.note === '' ? 0 : ROW - 4) + (card.rows.length === 0 ? 0 : depthOf(card) * ROW + 6);
}

export function widthOf({ title, note, rows, stacks }: StackedCard): number {
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
export function offsetOf(card: Card, row: string | undefined): number {
  const index = row === undefined ? -1 : card.rows.findIndex(({ id }) => id === row);
  return index < 0 ? HEADER / 2 : HEADER + (card.note === '' ? 0 : ROW - 4) + 3 + index * ROW + ROW / 2;
}
