import { findProp, type Snapshot } from '../db/snapshot.ts';
import { CONTAINERS, splitList } from './ports.ts';
import { singleValue } from './web.ts';

/**
 * The addresses of the host that a container's published ports are bound to: for `access
 * private` the local one (`LocalIP`, a list where there are several) and loopback, for
 * `public` undefined, which is all of them.
 */
export function boundAddresses(snapshot: Snapshot, key: string): readonly string[] | undefined {
  if (findProp(snapshot, CONTAINERS, key, 'access') === 'public') return undefined;
  return [...splitList(singleValue(snapshot, 'LocalIP') ?? ''), '127.0.0.1'];
}
