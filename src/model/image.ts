import { findProp, findRecord, type Snapshot } from '../db/snapshot.ts';
import type { Container } from './container.ts';

/**
 * The image reference of a container's record: `Image` names a record of `docker_images` or is
 * a reference itself; not set, it is the record's own key (CONTAINERS.md).
 */
export function findImageReference({ snapshot, image }: Container): string {
  return findRecord(snapshot, 'docker_images', image) === undefined ? image : referenceOfImage(snapshot, image);
}

/** The reference that a record of `docker_images` means. @param image its key */
export function referenceOfImage(snapshot: Snapshot, image: string): string {
  const get = (prop: string): string | undefined => findProp(snapshot, 'docker_images', image, prop) || undefined;
  const registry = get('Registry');
  const repository = `${registry === undefined ? '' : `${registry}/`}${get('Repository') ?? image}`;
  const digest = get('Digest');
  return digest === undefined ? `${repository}:${get('Tag') ?? 'latest'}` : `${repository}@${digest}`;
}

/** What the record of a container's image says against fetching it, `Pull of docker_images wiki is never`; undefined where it may be pulled, built or imported. */
export function whyNotPulled({ snapshot, image }: Container): string | undefined {
  if (findRecord(snapshot, 'docker_images', image) === undefined) return undefined;
  const source = findProp(snapshot, 'docker_images', image, 'Source') ?? 'pull';
  if (source === 'local') return `Source of docker_images ${image} is ${source}`;
  return findProp(snapshot, 'docker_images', image, 'Pull') === 'never' ? `Pull of docker_images ${image} is never` : undefined;
}

/** `sha256:0123456789ab`, as much as people compare. */
export function formatDigest(digest: string): string {
  return digest.replace(/^(sha256:)?([0-9a-f]{12})[0-9a-f]*$/, '$1$2');
}
