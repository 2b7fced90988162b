import { Failure, throwAll } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { getEngine } from '../../flow/host-state.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { runRecorded } from '../../flow/run-recorded.ts';
import { findImage, type FoundImage } from './find-image.ts';
import { type ImageView, listUsers } from './image-view.ts';
import { readImages } from './read-images.ts';

/** A name that is taken away, and with the last one the image. */
export interface Removal {
  readonly image: ImageView;
  /** `wiki:1`; of a dangling image its id */
  readonly reference: string;
}

export interface RemovalPlan {
  readonly removals: readonly Removal[];
  /** what stays, and why */
  readonly kept: readonly { readonly reference: string; readonly why: string }[];
}

/** What is asked to go: these, or all that nothing needs. */
export type RemovalRequest =
  | { readonly words: readonly string[] }
  /** `named`: also those with a name */
  | { readonly prune: 'dangling' | 'named' };

/** What a run that was killed may have left under a name. */
const UNFINISHED = /^docksmith-unfinished:/;

/** @throws Failure(s) for what is needed by a record or a container, and says by whom; nothing is removed then */
export function planRemoval(found: readonly FoundImage[]): RemovalPlan {
  const failures: Failure[] = [];
  const removals = found.flatMap(({ image, name }): readonly Removal[] => {
    const others = image.names.filter((other) => !found.some((one) => one.image === image && one.name === other));
    // one name of several can go, unless somebody needs that very one
    const isLast = name === undefined || others.length === 0;
    const users = isLast ? listUsers(image) : (image.records.get(name) ?? []).map((record) => `record ${record}`);
    const shown = name ?? image.names[0] ?? image.id.slice(0, 19);
    if (users.length > 0)
      failures.push(
        new Failure(`cannot remove image "${shown}"`, {
          why: `it is needed by ${users.join(', ')}`,
          ...(image.records.size === 0
            ? {}
            : { hint: 'delete the record first (db DB delete KEY), or set another image' }),
        }),
      );
    if (name !== undefined) return [{ image, reference: name }];
    return image.names.length === 0
      ? [{ image, reference: image.id }]
      : image.names.map((reference) => ({ image, reference }));
  });
  throwAll(failures);
  return { removals, kept: [] };
}

/** All that no record and no container needs. Pure. */
export function planPrune(images: readonly ImageView[], which: 'dangling' | 'named'): RemovalPlan {
  const removals: Removal[] = [];
  const kept: { reference: string; why: string }[] = [];
  for (const image of images) {
    const isNamed = image.names.some((name) => !UNFINISHED.test(name));
    if (isNamed && which === 'dangling') {
      for (const reference of image.names.filter((name) => UNFINISHED.test(name))) removals.push({ image, reference });
      continue;
    }
    const users = listUsers(image);
    if (users.length > 0) {
      const shown =
        image.names[0] ?? `<none>${image.formerNames.length === 0 ? '' : ` (was ${image.formerNames.join(', ')})`}`;
      if (!isNamed) kept.push({ reference: shown, why: `needed by ${users.join(', ')}` });
      continue;
    }
    if (image.names.length === 0) removals.push({ image, reference: image.id });
    else for (const reference of image.names) removals.push({ image, reference });
  }
  return { removals, kept };
}

export async function readRemovalPlan(paths: Paths, request: RemovalRequest): Promise<RemovalPlan> {
  const { images, snapshot } = await readImages(paths);
  return 'prune' in request
    ? planPrune(images, request.prune)
    : planRemoval(request.words.map((word) => findImage(images, snapshot, word)));
}

/** What became of it: what the engine itself refuses is kept, too. */
export async function removeImages(
  paths: Paths,
  request: RemovalRequest,
  { args, waitSeconds }: { readonly args: readonly string[]; readonly waitSeconds?: number | undefined },
  reporter: Reporter,
): Promise<RemovalPlan & { readonly failures: readonly Failure[] }> {
  const command = `docksmith image ${'prune' in request ? 'prune' : 'remove'}`;
  const { result } = await runRecorded(
    paths,
    { command, args, waitSeconds },
    reporter,
    async () => {
      const { removals, kept } = await readRemovalPlan(paths, request);
      const { snapshot } = await readImages(paths);
      const engine = await getEngine(paths, snapshot);
      const done: Removal[] = [];
      const refused: { readonly reference: string; readonly failure: Failure }[] = [];
      for (const removal of removals) {
        try {
          await engine.removeImage(removal.reference);
          done.push(removal);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          refused.push({ reference: removal.reference, failure: error });
        }
      }
      // what others are built on goes with them, and is no failure of a prune
      const isPrune = 'prune' in request;
      const more = isPrune ? refused.map(({ reference, failure }) => ({ reference, why: failure.why })) : [];
      return {
        removals: done,
        kept: [...kept, ...more],
        failures: isPrune ? [] : refused.map(({ failure }) => failure),
      };
    },
    ({ failures }) => ({ failures }),
  );
  return result;
}
