import { findProp, findRecord, type Snapshot } from '../db/snapshot.ts';

/**
 * The image reference of a container's record: `Image` names a record of `docker_images` or is
 * a reference itself; not set, it is the record's own key (CONTAINERS.md).
 */
export function findImageReference(snapshot: Snapshot, key: string): string {
  const image = findProp(snapshot, 'docker_containers', key, 'Image') || key;
  if (findRecord(snapshot, 'docker_images', image) === undefined) return image;
  const get = (prop: string): string | undefined => findProp(snapshot, 'docker_images', image, prop) || undefined;
  const registry = get('Registry');
  const repository = `${registry === undefined ? '' : `${registry}/`}${get('Repository') ?? image}`;
  const digest = get('Digest');
  return digest === undefined ? `${repository}:${get('Tag') ?? 'latest'}` : `${repository}@${digest}`;
}

/** What the record of a container's image says against pulling it, `Pull of docker_images wiki is never`; undefined where it may be pulled. */
export function whyNotPulled(snapshot: Snapshot, key: string): string | undefined {
  const image = findProp(snapshot, 'docker_containers', key, 'Image') || key;
  if (findRecord(snapshot, 'docker_images', image) === undefined) return undefined;
  const source = findProp(snapshot, 'docker_images', image, 'Source') ?? 'pull';
  if (source !== 'pull') return `Source of docker_images ${image} is ${source}`;
  return findProp(snapshot, 'docker_images', image, 'Pull') === 'never' ? `Pull of docker_images ${image} is never` : undefined;
}
