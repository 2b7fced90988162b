import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { referenceOfImage } from '../../model/image.ts';
import { ImageRecord, IMAGES } from '../../model/image-record.ts';
import { type ImageView, normalName } from './image-view.ts';

/** What somebody means by a word. */
export interface FoundImage {
  readonly image: ImageView;
  /** by which name, or digest; undefined: by its id */
  readonly name: string | undefined;
}

/**
 * By the record's name, the image's name (`latest` where no tag is said), its digest, or the beginning of its id.
 * @throws Failure where there is none, or several begin so
 */
export function findImage(images: readonly ImageView[], snapshot: Snapshot, word: string): FoundImage {
  const record = new ImageRecord(snapshot, word);
  const names = [...(record.isThere ? [referenceOfImage(record)] : []), word].map(normalName);
  for (const name of names) {
    const image = images.find((one) => one.names.includes(name) || one.digests.includes(name));
    if (image !== undefined) return { image, name };
  }
  const begin = word.replace(/^sha256:/, '');
  const byId = /^[0-9a-f]{3,64}$/.test(begin) ? images.filter(({ id }) => id.startsWith(`sha256:${begin}`)) : [];
  const [image, ...others] = byId;
  if (image !== undefined && others.length === 0) return { image, name: undefined };
  if (image !== undefined)
    throw new Failure(`cannot find image "${word}"`, {
      why: `${byId.length} ids begin so: ${byId.map(({ id, names: all }) => `${id.slice(7, 19)} (${all.join(', ') || 'none'})`).join(', ')}`,
    });
  throw new Failure(`cannot find image "${word}"`, {
    why: record.isThere ? `the engine does not have ${names[0] ?? ''}` : 'the engine has none of that name or id',
    ...(record.isThere
      ? {
          hint: `docksmith image ${record.source === 'pull' ? 'pull' : record.source === 'import' ? 'import' : 'build'} ${word}`,
        }
      : didYouMean(
          word,
          [...images.flatMap((one) => one.names), ...getDb(snapshot, IMAGES).keys()],
          'docksmith image list',
        )),
  });
}
