import { findProp, listRecords, type Snapshot } from '../db/snapshot.ts';
import { listNeeds } from './links.ts';
import { CONTAINERS } from './ports.ts';

/** The enabled containers that need this one: linked with it, in its network, or with its volumes; those that need them too. */
export function listDependants(snapshot: Snapshot, name: string): readonly string[] {
  const enabled = listRecords(snapshot, CONTAINERS).filter(({ key, type }) => type === 'service' && findProp(snapshot, CONTAINERS, key, 'status') === 'enabled');
  const found = new Set([name]);
  // a set hands out what is added to it while it is walked through
  for (const needed of found) for (const { key, props } of enabled) if (listNeeds(props).includes(needed)) found.add(key);
  return [...found].slice(1);
}
