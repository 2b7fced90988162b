import { Failure, failuresOf, throwAll } from '../base/errors.ts';
import type { Rendered } from './rendered.ts';

/** Collects failures, so that an author fixes five mistakes together. */
export class Mistakes {
  readonly #failures = new Map<string, Failure>();

  collect<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      for (const failure of failuresOf(error)) this.#failures.set(failure.message, failure);
      return undefined;
    }
  }

  list(): readonly Failure[] {
    return [...this.#failures.values()];
  }

  throw(): void {
    throwAll(this.list());
  }
}

/** The mistakes that are thrown while `work` is done; none: it was done. */
export function listMistakes(work: () => unknown): readonly Failure[] {
  const mistakes = new Mistakes();
  mistakes.collect(work);
  return mistakes.list();
}

/** Each path is one output: of two records that name the same one, neither is right. */
export function refuseDoubles(
  template: string,
  outputs: readonly Pick<Rendered, 'path' | 'record'>[],
  mistakes: Mistakes,
): void {
  const owners = new Map<string, Pick<Rendered, 'path' | 'record'>>();
  for (const output of outputs) {
    const other = owners.get(output.path);
    owners.set(output.path, output);
    mistakes.collect(() => {
      if (other !== undefined)
        throw new Failure(`cannot expand "${template}"`, {
          why: `records "${other.record?.key ?? ''}" and "${output.record?.key ?? ''}" both give ${output.path}`,
        });
    });
  }
}
