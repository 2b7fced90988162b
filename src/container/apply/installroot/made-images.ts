import path from 'node:path';
import { type Paths, STATE_DIR } from '../../../base/paths.ts';
import { readState, writeState } from '../../../files/state-file.ts';

/** What an image was made from when it was made last. */
export interface MadeImage {
  /** its id */
  readonly image: string;
  /** a digest */
  readonly inputs: string;
}

const WHAT = 'the list of images that were made';

function fileOf(paths: Paths): string {
  return paths.file(path.posix.join(STATE_DIR, 'images.json'));
}

/** By reference. */
export function readMadeImages(paths: Paths): ReadonlyMap<string, MadeImage> {
  const images = readState(fileOf(paths), WHAT, (state) =>
    state.get('images').map((image) => ({ image: image.get('image').text(), inputs: image.get('inputs').text() })),
  );
  return images ?? new Map<string, MadeImage>();
}

/** To be called under the event lock. */
export function noteMadeImage(paths: Paths, reference: string, made: MadeImage): void {
  const images = new Map(readMadeImages(paths)).set(reference, made);
  writeState(fileOf(paths), WHAT, { images: Object.fromEntries(images) });
}
