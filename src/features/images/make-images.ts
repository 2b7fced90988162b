import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { toByteString } from '../../db/byte-text.ts';
import { findRecord, type Snapshot } from '../../db/snapshot.ts';
import { changeDb } from '../../db/store.ts';
import type { ImageEngine, ImageUser } from '../../engine/image-engine.ts';
import { formatImageReference } from '../../engine/image-reference.ts';
import { getEngine } from '../../flow/host-state.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { runRecorded } from '../../flow/run-recorded.ts';
import { IMAGES } from '../../model/image-record.ts';
import { findImage } from './find-image.ts';
import { type ImageView, normalName } from './image-view.ts';
import { findRecordFor, refuseOthersName } from './own-name.ts';
import { readImages } from './read-images.ts';

interface Recorded {
  readonly args: readonly string[];
  readonly waitSeconds?: number | undefined;
}

/** A name that an image gets. */
export interface NewName {
  /** `wiki:fixed` */
  readonly reference: string;
  readonly image: ImageView;
  /** the image that had the name until now; undefined: none, or the same */
  readonly former: ImageView | undefined;
}

/** @throws Failure for an image that is not there, and a name that is a record's */
export async function planTag(paths: Paths, word: string, name: string): Promise<NewName> {
  const { images, snapshot } = await readImages(paths);
  const { image } = findImage(images, snapshot, word);
  refuseOthersName(snapshot, `cannot tag image "${word}" as "${name}"`, name);
  const reference = formatImageReference(name);
  const former = images.find((one) => one !== image && one.names.includes(normalName(reference)));
  return { reference, image, former };
}

/** Gives an image one more name. */
export async function tagImage(
  paths: Paths,
  word: string,
  name: string,
  { args, waitSeconds }: Recorded,
  reporter: Reporter,
): Promise<NewName> {
  const { result } = await runRecorded(
    paths,
    { command: 'docksmith image tag', args, waitSeconds },
    reporter,
    async () => {
      const planned = await planTag(paths, word, name);
      const { snapshot } = await readImages(paths);
      if (!planned.image.names.includes(normalName(planned.reference)))
        await (await getEngine(paths, snapshot)).tagImage(planned.image.id, planned.reference);
      return planned;
    },
    () => ({}),
  );
  return result;
}

export interface CommitOptions {
  readonly message?: string | undefined;
  readonly author?: string | undefined;
  readonly pause: boolean;
  /** the key of the record; undefined: made of the name */
  readonly record?: string | undefined;
}

/** An image that is made of a container, and its record. */
export interface NewImage {
  readonly container: ImageUser;
  readonly reference: string;
  /** its key in `docker_images` */
  readonly record: string;
  /** props that are set in the record */
  readonly props: ReadonlyMap<string, string>;
  readonly isNewRecord: boolean;
}

/** @throws Failure for a container that is not there, and a name that is a record's */
export async function planCommit(
  paths: Paths,
  container: string,
  name: string,
  { record }: CommitOptions,
): Promise<NewImage & { readonly engine: ImageEngine }> {
  const { engine, snapshot } = await readImages(paths);
  const found = findContainer(await engine.listUsers(), container);
  refuseOthersName(snapshot, `cannot make image "${name}" of container "${container}"`, name);
  const reference = formatImageReference(name);
  const known = findRecordFor(snapshot, reference);
  const key = record ?? known?.key ?? freeKey(snapshot, reference);
  if (record !== undefined && known?.key !== record && findRecord(snapshot, IMAGES, record) !== undefined)
    throw new Failure(`cannot make image "${name}" of container "${container}"`, {
      why: `record ${IMAGES} ${record} is for another image`,
      hint: '--record with another name',
    });
  const [, repository = '', tag = ''] = /^(.*):([^:/]+)$/.exec(reference) ?? [];
  const props = new Map([
    ['Repository', repository],
    ['Tag', tag],
    ['Source', 'local'],
  ]);
  return { engine, container: found, reference, record: key, props, isNewRecord: known?.key !== key };
}

/** Makes an image of what a container has by now, and a record of it, so that containers can be made of it. */
export async function commitImage(
  paths: Paths,
  container: string,
  name: string,
  options: CommitOptions,
  { args, waitSeconds }: Recorded,
  reporter: Reporter,
): Promise<NewImage & { readonly id: string }> {
  const { result } = await runRecorded(
    paths,
    { command: 'docksmith image commit', args, waitSeconds },
    reporter,
    async () => {
      const { engine, ...planned } = await planCommit(paths, container, name, options);
      const { reference, record, props, isNewRecord } = planned;
      const { message, author, pause } = options;
      // where this is killed in between there is an image without a record, and the next call makes both again
      const id = await engine.commit(planned.container.id, { reference, message, author, pause });
      if (isNewRecord)
        changeDb(paths, IMAGES, (draft) => {
          draft.setType(toByteString(record), 'service');
          for (const [prop, value] of props) draft.setProp(toByteString(record), prop, toByteString(value));
        });
      return { ...planned, id };
    },
    () => ({}),
  );
  return result;
}

/** Any container of the engine: by its name, or the beginning of its id. @throws Failure */
export function findContainer(users: readonly ImageUser[], word: string): ImageUser {
  const byId = /^[0-9a-f]{3,64}$/.test(word) ? users.filter(({ id }) => id.startsWith(word)) : [];
  const found = users.find(({ name }) => name === word) ?? (byId.length === 1 ? byId[0] : undefined);
  if (found !== undefined) return found;
  throw new Failure(`cannot find container "${word}"`, {
    why: byId.length > 1 ? `${byId.length} ids begin so` : 'the engine has none of that name or id',
    ...didYouMean(
      word,
      users.map(({ name }) => name),
    ),
  });
}

/** `wiki` of `reg/apps/wiki:2`, or `wiki-2` where that is taken. */
function freeKey(snapshot: Snapshot, reference: string): string {
  const [, name = '', tag = ''] = /([^/:]+):([^:/]+)$/.exec(reference) ?? [];
  return findRecord(snapshot, IMAGES, name) === undefined ? name : `${name}-${tag}`;
}
