import { Failure, Failures, throwAll } from '../errors.ts';

/** Collects failures, so that an author mends five mistakes in one go. */
export class Mistakes {
  readonly #failures = new Map<string, Failure>();

  collect<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const failures = error instanceof Failures ? error.failures : error instanceof Failure ? [error] : undefined;
      if (failures === undefined) throw error;
      for (const failure of failures) this.#failures.set(failure.message, failure);
      return undefined;
    }
  }

  throw(): void {
    throwAll([...this.#failures.values()]);
  }
}
