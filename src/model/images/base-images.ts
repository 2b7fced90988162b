import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { getDb } from '../../db/snapshot.ts';
import { ImageRecord, IMAGES } from '../image-record.ts';

/** The images that one is built from by its record, the first one first; each once, also where they go in a circle. */
export function listBases(
  reference: string,
  sources: ReadonlyMap<string, { readonly base?: string }>,
): readonly string[] {
  const bases: string[] = [];
  for (let next = sources.get(reference)?.base; next !== undefined; next = sources.get(next)?.base) {
    if (next === reference || bases.includes(next)) break;
    bases.unshift(next);
  }
  return bases;
}

/** Records by the names of their bases, up to one that needs none; those that are not there are left out. */
export function listBaseRecords(record: ImageRecord): readonly ImageRecord[] {
  const bases: ImageRecord[] = [];
  for (let next = baseOf(record); next !== undefined; next = baseOf(next)) {
    const { key } = next;
    if (key === record.key || bases.some((base) => base.key === key)) break;
    bases.push(next);
  }
  return bases;
}

export function baseOf({ snapshot, source, baseImage }: ImageRecord): ImageRecord | undefined {
  const base = source === 'build' && baseImage !== '' ? new ImageRecord(snapshot, baseImage) : undefined;
  return base?.isThere === true ? base : undefined;
}

/** A base that is no record, or needs the image itself in the end. */
export function* checkBaseImage(record: ImageRecord): Generator<Failure> {
  const { snapshot, key, source, baseImage } = record;
  if (baseImage === '' || source !== 'build') return;
  const what = `cannot accept ${IMAGES} ${key} BaseImage ${JSON.stringify(baseImage)}`;
  if (!new ImageRecord(snapshot, baseImage).isThere)
    yield new Failure(what, {
      why: `db ${IMAGES} has no such record`,
      ...didYouMean(baseImage, getDb(snapshot, IMAGES).keys(), `db ${IMAGES} keys`),
    });
  const names = [key, ...listBaseRecords(record).map((base) => base.key)];
  const last = baseOf(new ImageRecord(snapshot, names.at(-1) ?? key));
  if (last !== undefined)
    yield new Failure(what, { why: `it would be built from itself: ${[...names, last.key].join(' -> ')}` });
}
