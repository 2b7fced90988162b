import { compareBytes } from '../../base/layers.ts';
import type { Container } from '../container.ts';

/** What a container of that name needs to be started before it. */
export type NeedsOf = (name: string) => readonly string[];

/**
 * Containers in the order in which they are started, and given ports: what one needs comes
 * before it; among those whose needs are met, `InterLinkPriority` decides, then whether it is
 * linked with others, then the key. Of a cycle (`findCycle`) the one that would be next goes first.
 * @param needsOf further needs, as run specs have them
 */
export function inStartOrder(containers: readonly Container[], needsOf: NeedsOf = () => []): readonly Container[] {
  const linked = new Set(
    containers.flatMap(({ key, links }) => (links.length === 0 ? [] : [key, ...links.map(({ target }) => target)])),
  );
  const ranked = containers.map((container) => ({
    container,
    key: container.key,
    priority: container.startPriority,
    rank: linked.has(container.key) ? 0 : 1,
  }));
  const waiting = ranked
    .toSorted((a, b) => a.priority - b.priority || a.rank - b.rank || compareBytes(a.key, b.key))
    .map(({ container }) => container);
  const places = new Map(waiting.map(({ key }, place) => [key, place]));
  const needs = waiting.map(
    ({ key, needs: own }) => new Set([...own, ...needsOf(key)].filter((need) => need !== key && places.has(need))),
  );
  const users = new Map<string, number[]>(waiting.map(({ key }) => [key, []]));
  for (const [place, of] of needs.entries()) for (const need of of) users.get(need)?.push(place);
  const unmet = needs.map(({ size }) => size);
  // the next one last, so that it is taken off the end
  const ready = waiting.flatMap((_, place) => (unmet[place] === 0 ? [place] : [])).reverse();
  const ordered = new Map<number, Container>();
  let first = 0;
  while (ordered.size < waiting.length) {
    while (ordered.has(first)) first++;
    const place = ready.pop() ?? first;
    const container = waiting[place];
    if (container === undefined || ordered.has(place)) continue;
    ordered.set(place, container);
    for (const user of users.get(container.key) ?? []) {
      unmet[user] = (unmet[user] ?? 0) - 1;
      if (unmet[user] === 0) ready.splice(placeAmong(ready, user), 0, user);
    }
  }
  return [...ordered.values()];
}

/** Where it belongs in a list from high to low. */
function placeAmong(list: readonly number[], value: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) > value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Names that need each other in a circle, the first one again at the end (`wiki, wikidb, wiki`); undefined
 * when there is none.
 */
export function findCycle(names: Iterable<string>, needsOf: NeedsOf): readonly string[] | undefined {
  const done = new Set<string>();
  const path = new Set<string>();
  const visit = (name: string): readonly string[] | undefined => {
    if (path.has(name)) return [...[...path].slice([...path].indexOf(name)), name];
    if (done.has(name)) return undefined;
    path.add(name);
    for (const need of needsOf(name)) {
      const cycle = visit(need);
      if (cycle !== undefined) return cycle;
    }
    path.delete(name);
    done.add(name);
    return undefined;
  };
  for (const name of names) {
    const cycle = visit(name);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** These and all that they need, theirs too. */
export function withNeeded(names: readonly string[], needsOf: NeedsOf): readonly string[] {
  const all = new Set(names);
  for (const name of all) for (const need of needsOf(name)) all.add(need);
  return [...all];
}
