import { compareBytes } from '../../base/layers.ts';
import type { StackedCard } from './card-size.ts';
import type { Line } from './cards.ts';

/**
 * Each card next to what it has lines to: the order of a column follows from the mean place of those in
 * the other ones.
 */
export function orderCards(cards: readonly StackedCard[], lines: readonly Line[]): readonly (readonly StackedCard[])[] {
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
export function orderRows(
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

export function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
