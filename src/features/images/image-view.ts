import { listRecords, type Snapshot } from '../../db/snapshot.ts';
import type { ImageSummary, ImageUser } from '../../engine/image-engine.ts';
import { formatImageReference } from '../../engine/image-reference.ts';
import { CONTAINERS, listContainers } from '../../model/container.ts';
import { findImageReference, referenceOfImage } from '../../model/image.ts';
import { ImageRecord, IMAGES } from '../../model/image-record.ts';

/** An image, and who needs it. */
export interface ImageView extends ImageSummary {
  /** of a dangling one: the names that its containers were made from, which mean other images by now */
  readonly formerNames: readonly string[];
  /** containers that keep it, running or not, also old ones that are kept until their successors are healthy */
  readonly containers: readonly string[];
  /** name -> records that need it: `docker_images wiki`, `docker_containers git` */
  readonly records: ReadonlyMap<string, readonly string[]>;
}

/** What names of images are called in the engine's list: `docker.io/library/busybox` is `busybox:latest`. */
export function normalName(reference: string): string {
  return formatImageReference(reference)
    .replace(/^docker\.io\//, '')
    .replace(/^library\//, '');
}

/** By images' age, newest first. Pure. */
export function viewImages(
  images: readonly ImageSummary[],
  users: readonly ImageUser[],
  snapshot: Snapshot,
): readonly ImageView[] {
  const needs = listNeeds(snapshot);
  return images
    .map((image): ImageView => {
      const own = users.filter((user) => user.image === image.id);
      const all = [...image.names, ...image.digests];
      return {
        ...image,
        formerNames:
          image.names.length > 0
            ? []
            : [...new Set(own.map(({ madeFrom }) => normalName(madeFrom)).filter((name) => !isId(name)))],
        containers: own.map(({ name }) => name).sort(),
        records: new Map(all.flatMap((name) => (needs.has(name) ? [[name, needs.get(name) ?? []] as const] : []))),
      };
    })
    .sort((one, other) => other.created.localeCompare(one.created) || one.id.localeCompare(other.id));
}

/** reference -> the records that need it */
function listNeeds(snapshot: Snapshot): ReadonlyMap<string, readonly string[]> {
  const needs = new Map<string, string[]>();
  const add = (reference: string, who: string): void => {
    const name = normalName(reference);
    needs.set(name, [...(needs.get(name) ?? []), who]);
  };
  for (const { key } of listRecords(snapshot, IMAGES))
    add(referenceOfImage(new ImageRecord(snapshot, key)), `${IMAGES} ${key}`);
  for (const container of listContainers(snapshot))
    add(findImageReference(container), `${CONTAINERS} ${container.key}`);
  return needs;
}

export function isId(text: string): boolean {
  return /^(sha256:)?[0-9a-f]{12,64}$/.test(text);
}

/** Who needs the image, or that name of it, in words; empty: nothing. */
export function listUsers({ containers, records }: ImageView, name?: string): readonly string[] {
  const ofRecords = name === undefined ? [...records.values()].flat() : (records.get(name) ?? []);
  return [...ofRecords.map((record) => `record ${record}`), ...containers.map((container) => `container ${container}`)];
}
