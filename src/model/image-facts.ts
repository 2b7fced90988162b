import { findProp, getDb, type Index, indexesOf, lookUpIndex, type Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../facts/facts.ts';
import { findImageReference } from './image.ts';
import { isLinkTarget, LINKED_WITH, linkPorts } from './links.ts';
import { CONTAINERS, hasOwnPorts, NotAccepted } from './ports.ts';
import { hasWeb, webPort } from './web.ts';

/** Whether a container's run spec cannot be written before the engine has its image: its record, or one that is linked with it, leaves the ports to it. */
export function needsImageFacts(snapshot: Snapshot, facts: Facts, key: string): boolean {
  if (facts.images.has(findImageReference(snapshot, key))) return false;
  const get = (prop: string): string | undefined => findProp(snapshot, CONTAINERS, key, prop);
  const isNative = get('PortMapping') !== 'custom' && hasOwnPorts(snapshot, key);
  if (isNative && (get('TCPPort') === 'exposed' || get('UDPPort') === 'exposed')) return true;
  if (isLinkTarget(snapshot, key) && linkPorts(snapshot, facts, key) === undefined) return true;
  if (!hasWeb(snapshot, key)) return false;
  try {
    webPort(snapshot, facts, key);
    return false;
  } catch (error) {
    if (error instanceof NotAccepted) return true;
    throw error;
  }
}

const ANY = 'any';

/** Containers that may leave a port to their image, by `ANY`. */
export const ASKING_IMAGE: Index = {
  name: 'asking image', db: CONTAINERS,
  listValues: (snapshot, { key, type }) => {
    const get = (prop: string): string => findProp(snapshot, CONTAINERS, key, prop) ?? '';
    return type === 'service' && (get('TCPPort') === 'exposed' || get('UDPPort') === 'exposed' || (hasWeb(snapshot, key) && get('WebPort') === '')) ? [ANY] : [];
  },
};

/** The references of images that something may be asked of: whose containers leave a port to them, or are linked with. */
export function listAskedImages(snapshot: Snapshot): readonly string[] {
  lookUpIndex(snapshot, LINKED_WITH, '');
  const targets = [...indexesOf(snapshot).get(LINKED_WITH.name) ?? []].map(([target]) => target);
  const records = getDb(snapshot, CONTAINERS);
  const keys = [...lookUpIndex(snapshot, ASKING_IMAGE, ANY), ...targets].filter((key) => records.get(key)?.type === 'service');
  return [...new Set(keys.map((key) => findImageReference(snapshot, key)))];
}
