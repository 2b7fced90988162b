import type { Db, DbRecord } from '../db/record.ts';
import { compareBytes } from '../layers.ts';
import { splitList } from './ports.ts';

/** Without `InterLinkPriority` a container comes after those that have a small one. */
const PLAIN_PRIORITY = 50;

/**
 * Containers in the order in which they are started, and given ports: those that are linked
 * with others first, by `InterLinkPriority` and then by key, then the others.
 */
export function inStartOrder(records: Db): readonly DbRecord[] {
  const linked = new Set([...records.values()].flatMap(({ key, props }) => {
    const targets = splitList(props.get('Interlinked') ?? '').map((link) => link.split(':')[0] ?? '');
    return targets.length === 0 ? [] : [key, ...targets];
  }));
  const rank = ({ key }: DbRecord): number => (linked.has(key) ? 0 : 1);
  const priority = ({ props }: DbRecord): number => Number(props.get('InterLinkPriority') ?? PLAIN_PRIORITY);
  return [...records.values()].filter(({ type }) => type === 'service')
    .sort((a, b) => rank(a) - rank(b) || priority(a) - priority(b) || compareBytes(a.key, b.key));
}
