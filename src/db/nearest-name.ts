/**
 * The name that was most likely meant: at most a third of its letters differ, case aside.
 * Undefined where none is near enough.
 */
export function findNearestName(names: Iterable<string>, name: string): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const each of names) {
    const distance = countEdits(each.toLowerCase(), name.toLowerCase());
    if (distance < least) [nearest, least] = [each, distance];
  }
  return nearest;
}

/** Letters to insert, remove or replace (Levenshtein). */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
