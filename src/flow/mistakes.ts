import { Failure, Failures } from '../errors.ts';

/** The result of the work, or undefined with its failures among the others. */
export function collect<T>(failures: Failure[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failures) failures.push(...error.failures);
    else if (error instanceof Failure) failures.push(error);
    else throw error;
    return undefined;
  }
}

export function listMistakes(work: () => unknown): readonly Failure[] {
  const failures: Failure[] = [];
  collect(failures, work);
  return failures;
}

export function uniqueByMessage(failures: readonly Failure[]): readonly Failure[] {
  return [...new Map(failures.map((failure) => [failure.message, failure])).values()];
}
