import type { Db, DbRecord } from '../db/record.ts';
import { compareBytes } from '../layers.ts';
import { listNeeds, parseLinks } from './links.ts';

/** Without `InterLinkPriority` a container comes after those that have a small one. */
const PLAIN_PRIORITY = 50;

/** What a container of that name needs to be started before it. */
export type NeedsOf = (name: string) => readonly string[];

/**
 * Containers in the order in which they are started, and given ports: what one needs comes
 * before it; among those whose needs are met, `InterLinkPriority` decides, then whether it is
 * linked with others, then the key. Of a cycle (`findCycle`) the one that would be next goes first.
 * @param needsOf further needs, as run specs have them
 */
export function inStartOrder(records: Db, needsOf: NeedsOf = () => []): readonly DbRecord[] {
  const services = [...records.values()].filter(({ type }) => type === 'service');
  const linked = new Set(services.flatMap(({ key, props }) => {
    const targets = parseLinks(props.get('Interlinked') ?? '').map(({ target }) => target);
    return targets.length === 0 ? [] : [key, ...targets];
  }));
  const rank = ({ key }: DbRecord): number => (linked.has(key) ? 0 : 1);
  const priority = ({ props }: DbRecord): number => Number(props.get('InterLinkPriority') ?? PLAIN_PRIORITY);
  const waiting = services.toSorted((a, b) => priority(a) - priority(b) || rank(a) - rank(b) || compareBytes(a.key, b.key));
  const ordered: DbRecord[] = [];
  while (waiting.length > 0) {
    const isWaiting = new Set(waiting.map(({ key }) => key));
    const ready = waiting.findIndex(({ key, props }) => [...listNeeds(props), ...needsOf(key)].every((need) => need === key || !isWaiting.has(need)));
    ordered.push(...waiting.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}

/** Names that need each other in a circle, the first one again at the end (`wiki, wikidb, wiki`); undefined when there is none. */
export function findCycle(names: Iterable<string>, needsOf: NeedsOf): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const need of needsOf(name)) {
      const cycle = visit(need, [...path, name]);
      if (cycle !== undefined) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of names) {
    const cycle = visit(name, []);
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
