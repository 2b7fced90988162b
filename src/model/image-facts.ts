import { findProp, type Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../facts/facts.ts';
import { findImageReference } from './image.ts';
import { isLinkTarget, linkPorts } from './links.ts';
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
