import { Failure } from '../../base/errors.ts';
import { listRecords, type Snapshot } from '../../db/snapshot.ts';
import { checkByKind } from '../../db/kinds.ts';
import { referenceOfImage } from '../../model/image.ts';
import { ImageRecord, IMAGES } from '../../model/image-record.ts';
import { normalName } from './image-view.ts';

/** The record of `docker_images` for a reference; undefined where there is none. */
export function findRecordFor(snapshot: Snapshot, reference: string): ImageRecord | undefined {
  return listRecords(snapshot, IMAGES)
    .map(({ key }) => new ImageRecord(snapshot, key))
    .find((record) => normalName(referenceOfImage(record)) === normalName(reference));
}

/**
 * Refuses a name for an image that is made by hand, where the next event would give it to another image.
 * @throws Failure
 */
export function refuseOthersName(snapshot: Snapshot, what: string, reference: string): void {
  const wrong = reference.includes('@') ? 'a digest is given by a registry' : checkByKind('image', reference);
  if (wrong !== undefined) throw new Failure(what, { why: `"${reference}" ${wrong}`, hint: 'NAME:TAG, as wiki:fixed' });
  const record = findRecordFor(snapshot, reference);
  if (record === undefined || record.source === 'local') return;
  throw new Failure(what, {
    why: `it is the name of record ${IMAGES} ${record.key}, whose Source is ${record.source}: the next docker-image-update would give it to another image`,
    hint: `take another tag, or: db ${IMAGES} setprop ${record.key} Source local`,
  });
}
