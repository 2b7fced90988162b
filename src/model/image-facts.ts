import { type Index, indexesOf, lookUpIndex, type Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../host/facts.ts';
import { Container, containerOf, CONTAINERS } from './container.ts';
import { findImageReference } from './image.ts';
import { isLinkTarget, LINKED_WITH, linkPorts } from './links/links.ts';
import { NotAccepted } from './network/parse-ports.ts';
import { webPort } from './web.ts';

/**
 * Whether a container's run spec cannot be written before the engine has its image: its record, or one that
 * is linked with it, leaves the ports to it.
 */
export function needsImageFacts(container: Container, facts: Facts): boolean {
  if (facts.images.has(findImageReference(container))) return false;
  const isNative = !container.hasPortMapping && container.hasOwnPorts;
  if (isNative && container.leavesPortsToImage) return true;
  if (isLinkTarget(container) && linkPorts(container, facts) === undefined) return true;
  if (!container.hasWeb) return false;
  try {
    webPort(container, facts);
    return false;
  } catch (error) {
    if (error instanceof NotAccepted) return true;
    throw error;
  }
}

const ANY = 'any';

/** Containers that may leave a port to their image, by `ANY`. */
export const ASKING_IMAGE: Index = {
  name: 'asking image',
  db: CONTAINERS,
  listValues: (snapshot, record) => {
    const container = containerOf(snapshot, record);
    return container.isContainer && (container.leavesPortsToImage || (container.hasWeb && container.webPort === ''))
      ? [ANY]
      : [];
  },
};

/**
 * The references of images that something may be asked of: whose containers leave a port to them, or are
 * linked with.
 */
export function listAskedImages(snapshot: Snapshot): readonly string[] {
  lookUpIndex(snapshot, LINKED_WITH, '');
  const targets = [...(indexesOf(snapshot).get(LINKED_WITH.name) ?? [])].map(([target]) => target);
  const asking = [...lookUpIndex(snapshot, ASKING_IMAGE, ANY), ...targets]
    .map((key) => new Container(snapshot, key))
    .filter(({ isContainer }) => isContainer);
  return [...new Set(asking.map(findImageReference))];
}
