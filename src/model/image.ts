import type { Container } from './container.ts';
import { ImageRecord } from './image-record.ts';

/**
 * The image reference of a container's record: `Image` names a record of `docker_images` or is
 * a reference itself; not set, it is the record's own key (CONTAINERS.md).
 */
export function findImageReference({ snapshot, image }: Container): string {
  const record = new ImageRecord(snapshot, image);
  return record.isThere ? referenceOfImage(record) : image;
}

/** The reference that a record of `docker_images` means. */
export function referenceOfImage(record: ImageRecord): string {
  const { registry } = record;
  const repository = `${registry === '' ? '' : `${registry}/`}${record.repository}`;
  const { digest } = record;
  return digest === '' ? `${repository}:${record.tag}` : `${repository}@${digest}`;
}

/**
 * What the record of a container's image says against fetching it, `Pull of docker_images wiki is never`;
 * undefined where it may be pulled, built or imported.
 */
export function whyNotPulled({ snapshot, image }: Container): string | undefined {
  const record = new ImageRecord(snapshot, image);
  if (!record.isThere) return undefined;
  if (record.source === 'local') return `Source of docker_images ${image} is local`;
  return record.pull === 'never' ? `Pull of docker_images ${image} is never` : undefined;
}

/** `sha256:0123456789ab`, as much as people compare. */
export function formatDigest(digest: string): string {
  return digest.replace(/^(sha256:)?([0-9a-f]{12})[0-9a-f]*$/, '$1$2');
}
