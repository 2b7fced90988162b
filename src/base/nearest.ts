/**
 * The candidate that a mistyped word most likely means, or undefined where none is near (more than a third of
 * it differs).
 */
export function findNearest(word: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = countEdits(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/**
 * For a failure: the name that is most likely meant.
 * @param otherwise the hint where none is near
 */
export function didYouMean(word: string, candidates: Iterable<string>, otherwise?: string): { readonly hint?: string } {
  const nearest = findNearest(word, candidates);
  const hint = nearest === undefined ? otherwise : `did you mean "${nearest}"?`;
  return hint === undefined ? {} : { hint };
}

/** Letters to add, drop, replace or swap with the next (the distance called optimal string alignment). */
function countEdits(a: string, b: string): number {
  const [from, to] = [Array.from(a), Array.from(b)];
  let before: readonly number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (const [n, letter] of from.entries()) {
    const next = [n + 1];
    for (const [m, other] of to.entries()) {
      const isSwapped = letter === to[m - 1] && other === from[n - 1];
      next.push(
        Math.min(
          (next[m] ?? 0) + 1,
          (row[m + 1] ?? 0) + 1,
          (row[m] ?? 0) + (letter === other ? 0 : 1),
          isSwapped ? (before[m - 1] ?? 0) + 1 : Infinity,
        ),
      );
    }
    [before, row] = [row, next];
  }
  return row.at(-1) ?? 0;
}
