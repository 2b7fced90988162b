import { Failure, throwAll } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { getImage, type RunSpec } from '../../container/spec/run-spec.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { formatImageReference } from '../../engine/image-reference.ts';
import { readRunSpecs } from '../../flow/containers/run-specs.ts';
import { Container } from '../../model/container.ts';
import { referenceOfImage } from '../../model/image.ts';
import { listBases } from '../../model/images/base-images.ts';
import { ImageRecord, IMAGES } from '../../model/image-record.ts';
import type { ImageSource } from '../../model/image-source.ts';

/** The installed run specs of enabled containers, by name. @throws Failures with the mistakes of all of them */
export function readEnabledSpecs(paths: Paths, snapshot: Snapshot): ReadonlyMap<string, RunSpec> {
  return new Map([...readRunSpecs(paths)].filter(([name]) => new Container(snapshot, name).isEnabled));
}

/**
 * The references of the images that are asked for, each once: `mediawiki:1.43`.
 * @param names of image records or containers; none: the images of all these run specs
 * @param sources what is built from another one comes after that
 * @throws Failure(s) for names that are not known
 */
export function findReferences(
  snapshot: Snapshot,
  specs: ReadonlyMap<string, RunSpec>,
  names: readonly string[],
  sources: ReadonlyMap<string, ImageSource>,
): ReadonlySet<string> {
  if (names.length === 0) return withBases([...specs.values()].map(getImage), sources);
  const failures: Failure[] = [];
  const references = names.flatMap((name) => {
    const record = new ImageRecord(snapshot, name);
    if (record.isThere) return [formatImageReference(referenceOfImage(record))];
    const spec = specs.get(name);
    if (spec !== undefined) return [getImage(spec)];
    failures.push(
      new Failure(`cannot find image "${name}"`, {
        why: `there is neither a record of it in db ${IMAGES} nor an enabled container of that name`,
        ...didYouMean(name, [...getDb(snapshot, IMAGES).keys(), ...specs.keys()], `db ${IMAGES} keys`),
      }),
    );
    return [];
  });
  throwAll(failures);
  return withBases(references, sources);
}

/** Each after what it is built from. */
function withBases(references: readonly string[], sources: ReadonlyMap<string, ImageSource>): ReadonlySet<string> {
  return new Set(references.flatMap((reference) => [...listBases(reference, sources), reference]));
}

/** Why an image is never pulled again; undefined: it may be. */
export function whyLeftAlone(reference: string): string | undefined {
  return reference.includes('@') ? 'its Digest names one image, which cannot change' : undefined;
}

/** Whether docksmith gets it; otherwise somebody makes it on this host. */
export function isFetched({ kind, when }: ImageSource): boolean {
  return kind !== 'local' && when !== 'never';
}
