import type { StepPart } from '../../flow/step-part.ts';
import { planImageFetches } from './plan-fetches.ts';

/** Of `docksmith update-images`. */
export function updateImagesStep(names: readonly string[]): StepPart {
  return {
    plan: ({ hostState: { paths, snapshot } }) =>
      Promise.resolve({ containers: planImageFetches(paths, snapshot, names) }),
  };
}
