import { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import type { Progress } from '../../container/apply/apply.ts';
import { makeImageOperation, readMissingBases, refuseOpenImage } from '../../container/apply/image-operations.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { formatImageReference } from '../../engine/image-reference.ts';
import { fetchInTurn } from '../../flow/containers/fetch-missing.ts';
import { readImageSources } from '../../flow/containers/images.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { recordingOperations, runRecorded } from '../../flow/run-recorded.ts';
import { referenceOfImage } from '../../model/image.ts';
import { ImageRecord, IMAGES } from '../../model/image-record.ts';
import { type ImageSource, PLAIN_SOURCE } from '../../model/image-source.ts';
import { findRecordFor, refuseOthersName } from './own-name.ts';
import { readImages } from './read-images.ts';

export type FetchVerb = 'pull' | 'build' | 'import';

export interface FetchRequest {
  readonly verb: FetchVerb;
  /** a record of `docker_images`, or a reference */
  readonly name: string;
  /** of a reference: the folder that is built, the archive that is imported */
  readonly path?: string | undefined;
  readonly args: readonly string[];
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of an image. */
export interface Fetched {
  readonly reference: string;
  /** ids; undefined: there was none */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** containers that still are of the image that had the name before */
  readonly behind: readonly string[];
}

type Operation = ReturnType<typeof makeImageOperation>;

/** Which sources each verb is for. */
const KINDS: Readonly<Record<FetchVerb, readonly ImageSource['kind'][]>> = {
  pull: ['pull'],
  build: ['build', 'installroot'],
  import: ['import'],
};

/** @throws Failure for a record of another source, and a name that is a record's */
export function planFetch(paths: Paths, snapshot: Snapshot, { verb, name, path }: FetchRequest): Operation {
  const what = `cannot ${verb} image "${name}"`;
  const byName = new ImageRecord(snapshot, name);
  const record = byName.isThere ? byName : path === undefined ? findRecordFor(snapshot, name) : undefined;
  const reference = formatImageReference(record === undefined ? name : referenceOfImage(record));
  const isByRecord = record !== undefined && path === undefined;
  if (!isByRecord && verb !== 'pull') {
    if (path === undefined)
      throw new Failure(what, {
        why: `there is no record of it in db ${IMAGES}, and ${verb === 'build' ? 'no folder' : 'no archive'} is named`,
        hint: `docksmith image ${verb} ${name} ${verb === 'build' ? 'FOLDER' : 'FILE'}`,
      });
    refuseOthersName(snapshot, what, reference);
  }
  const source: ImageSource = isByRecord
    ? (readImageSources(paths, snapshot, [record.key]).get(reference) ?? PLAIN_SOURCE)
    : verb === 'pull'
      ? PLAIN_SOURCE
      : { kind: verb, when: 'never', ...(path === undefined ? {} : { path }) };
  if (!KINDS[verb].includes(source.kind)) {
    const other = (Object.keys(KINDS) as FetchVerb[]).find((one) => KINDS[one].includes(source.kind));
    throw new Failure(what, {
      why: `Source of ${IMAGES} ${record?.key ?? name} is ${source.kind}`,
      ...(other === undefined ? {} : { hint: `docksmith image ${other} ${name}` }),
    });
  }
  const operation = makeImageOperation(reference, source, 'asked for', false);
  refuseOpenImage(operation);
  return operation;
}

/** For a dry run. @throws Failure as `fetchImage` */
export function previewFetch(paths: Paths, request: FetchRequest): Operation {
  return planFetch(paths, readHostSnapshot(paths), request);
}

/** Pulls, builds or imports one image. Its containers stay as they are until `docker-image-update`. */
export async function fetchImage(
  paths: Paths,
  request: FetchRequest,
  reporter: Reporter,
  onProgress: (progress: Progress) => void,
): Promise<Fetched> {
  const { verb, args, waitSeconds, signal } = request;
  const { result } = await runRecorded(
    paths,
    { command: `docksmith image ${verb}`, args, waitSeconds, signal },
    reporter,
    async ({ run }) => {
      const tell = recordingOperations(paths, run, onProgress);
      const snapshot = readHostSnapshot(paths);
      const operation = planFetch(paths, snapshot, request);
      const engine = await getEngine(paths, snapshot);
      const { name: reference } = operation;
      const before = await engine.findImage(reference);
      const sources = readImageSources(paths, snapshot, [request.name]);
      await fetchInTurn(engine, [...(await readMissingBases(engine, reference, sources)), operation], tell, signal);
      const after = await engine.findImage(reference);
      const { images } = await readImages(paths);
      const old = images.find(({ id }) => id === before?.Id && id !== after?.Id);
      return { reference, from: before?.Id, to: after?.Id, behind: old?.containers ?? [] };
    },
    () => ({}),
  );
  return result;
}
