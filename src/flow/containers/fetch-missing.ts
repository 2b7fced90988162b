import { Failure, reasonOf } from '../../base/errors.ts';
import { NEVER, unlessInterrupted } from '../../base/interrupt.ts';
import type { Paths } from '../../base/paths.ts';
import type { Progress } from '../../container/apply/apply.ts';
import {
  applyImage,
  type ImageOperation,
  makeImageOperation,
  readMissingBases,
} from '../../container/apply/image-operations.ts';
import type { Engine } from '../../engine/engine.ts';
import { type ImageSource, PLAIN_SOURCE } from '../../model/image-source.ts';
import type { Reporter } from '../reporter.ts';
import { type RecordedCommand, recordingOperations, runRecorded } from '../run-recorded.ts';

/** Pulls, builds or imports, one after the other. @throws Failure with the first that fails */
export async function fetchInTurn(
  engine: Engine,
  operations: readonly ImageOperation[],
  tell: (progress: Progress) => void,
  signal: AbortSignal = NEVER,
): Promise<void> {
  for (const operation of operations) {
    const what = `cannot ${operation.verb} image "${operation.name}"`;
    tell({ operation, state: 'begun' });
    try {
      const apply = applyImage(engine, operation, (words) => tell({ operation, state: 'going on', words }));
      await unlessInterrupted(signal, what, apply);
    } catch (error) {
      const failure = error instanceof Failure ? error : new Failure(what, { why: reasonOf(error), cause: error });
      tell({ operation, state: 'failed', words: failure.message });
      throw failure;
    }
    tell({ operation, state: 'done' });
  }
}

/** What has to be fetched before a container can be made of an image; none where that is there. */
export async function planMissingImages(
  engine: Engine,
  reference: string,
  sources: ReadonlyMap<string, ImageSource>,
): Promise<readonly ImageOperation[]> {
  if ((await engine.findImage(reference)) !== undefined) return [];
  return [
    ...(await readMissingBases(engine, reference, sources)),
    makeImageOperation(reference, sources.get(reference) ?? PLAIN_SOURCE, 'not there', true),
  ];
}

/** Fetches images for a command that itself is not recorded: this part of it changes the host, and is. */
export async function fetchMissingImages(
  paths: Paths,
  engine: Engine,
  operations: readonly ImageOperation[],
  command: RecordedCommand,
  reporter: Reporter,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  await runRecorded(
    paths,
    command,
    reporter,
    ({ run }) => fetchInTurn(engine, operations, recordingOperations(paths, run, onProgress), command.signal),
    () => ({}),
  );
}
