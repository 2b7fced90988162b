import type { Snapshot } from '../../db/snapshot.ts';
import { listEnabled } from '../container.ts';

/**
 * The enabled containers that need this one: linked with it, in its network, or with its volumes; those that
 * need them too.
 */
export function listDependants(snapshot: Snapshot, name: string): readonly string[] {
  const enabled = listEnabled(snapshot).map(({ key, needs }) => ({ key, needs }));
  const found = new Set([name]);
  // a set hands out what is added to it while it is walked through
  for (const needed of found) for (const { key, needs } of enabled) if (needs.includes(needed)) found.add(key);
  return [...found].slice(1);
}
