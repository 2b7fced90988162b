import type { Actual } from '../actual/actual.ts';
import { Refusal, withDataMove } from './plan-data-move.ts';
import { decide } from './decide.ts';
import type { Desired, DesiredContainer } from './desired.ts';
import type { ImageInspect } from '../../engine/engine-api.ts';
import { isAtWork } from './asked/jobs.ts';
import type { Operation } from './operation.ts';
import { getImage } from '../spec/run-spec.ts';
import { getStopRequest } from './stop-request.ts';
import { type FailedSpecs, hasFailed } from './skip-failed-specs.ts';

export interface ImageUpdate {
  /** as run specs spell it */
  readonly reference: string;
  /** what the reference means by now */
  readonly image: ImageInspect;
  /** said of a container that is recreated for it alone */
  readonly cause: string;
  /** run specs that are not tried again with the image that they have failed with */
  readonly failed: FailedSpecs;
}

/**
 * Recreates the containers of an image that were created from another image of that name, in the
 * order in which they are started. One that is not there is left to reconciling. Pure.
 * @returns operations by container: what is done to one container is done or not as a whole
 */
export function planImageUpdate(
  desired: Desired,
  actual: Actual,
  { reference, image, cause, failed }: ImageUpdate,
): ReadonlyMap<string, readonly Operation[]> {
  const updates = new Map(
    desired.containers.flatMap((wanted): (readonly [string, readonly Operation[]])[] => {
      const container = actual.containers.get(wanted.name);
      if (wanted.state !== 'running' || getImage(wanted.spec) !== reference || container === undefined) return [];
      // the next update finds it again
      if (isAtWork(wanted.spec, container)) return [];
      if (container.inspect.Image === image.Id && hasFailed(wanted.spec, failed)) return [];
      const operations = decideBesideData(wanted, actual);
      if (operations === undefined) return [];
      // any other recreate takes the new image
      if (operations.some(({ verb }) => verb === 'create' || verb === 'recreate')) return [[wanted.name, operations]];
      if (container.inspect.Image === image.Id) return [];
      const {
        id,
        name,
        nameNow,
        inspect: { State },
      } = container;
      const wasRunning = State.Running || State.Status === 'restarting';
      return [
        [
          name,
          [
            {
              verb: 'recreate',
              id,
              name,
              nameNow,
              cause,
              spec: wanted.spec,
              stop: getStopRequest(wanted.spec, container),
              wasRunning,
            },
          ],
        ],
      ];
    }),
  );
  // names that were changed by others are restored before the first of them
  const [first] = updates;
  if (first !== undefined) updates.set(first[0], [...(actual.renames ?? []), ...first[1]]);
  return updates;
}

/** @returns undefined for what is not done without its data */
function decideBesideData(wanted: DesiredContainer, actual: Actual): readonly Operation[] | undefined {
  try {
    return withDataMove(decide(wanted, actual), actual, false);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/**
 * What an image is called: the digest that its registry gives it, else its id; `sha256:…`.
 * @param reference by which it is asked for, since it may have come from several repositories
 */
export function findDigest({ Id, RepoDigests }: ImageInspect, reference: string): string {
  const repository = reference.replace(/:[^:/]*$/, '');
  const named = (RepoDigests ?? [])
    .map((text) => text.split('@'))
    .find(([name = '']) => name === repository || repository.endsWith(`/${name}`));
  return named?.[1] ?? Id;
}
