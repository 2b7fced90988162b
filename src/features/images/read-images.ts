import type { Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { HistoryEntry, ImageEngine } from '../../engine/image-engine.ts';
import { getImageEngine } from '../../flow/engine-access.ts';
import { readHostSnapshot } from '../../flow/host-state.ts';
import { findImage } from './find-image.ts';
import { type ImageView, viewImages } from './image-view.ts';

export interface ImagesAccess {
  readonly snapshot: Snapshot;
  readonly engine: ImageEngine;
  readonly images: readonly ImageView[];
}

/** @throws Failure where the engine does not answer */
export async function readImages(paths: Paths): Promise<ImagesAccess> {
  const snapshot = readHostSnapshot(paths);
  const engine = await getImageEngine(snapshot);
  const [images, users] = await Promise.all([engine.listImages(), engine.listUsers()]);
  return { snapshot, engine, images: viewImages(images, users, snapshot) };
}

/** @param words names or ids; none: all @throws Failure for one that is not there */
export async function listImages(paths: Paths, words: readonly string[]): Promise<readonly ImageView[]> {
  const { images, snapshot } = await readImages(paths);
  if (words.length === 0) return images;
  const found = new Set(words.map((word) => findImage(images, snapshot, word).image));
  return images.filter((image) => found.has(image));
}

/** The steps by which an image was made, newest first. */
export async function readImageHistory(
  paths: Paths,
  word: string,
): Promise<{ readonly image: ImageView; readonly entries: readonly HistoryEntry[] }> {
  const { engine, images, snapshot } = await readImages(paths);
  const { image } = findImage(images, snapshot, word);
  return { image, entries: await engine.readHistory(image.id) };
}
