import type { Writable } from 'node:stream';
import { errorCode, Failure, Failures, reasonOf } from '../../base/errors.ts';
import { showable } from '../../base/showable.ts';
import { painter } from './terminal.ts';

/** The failures behind whatever was thrown; undefined for a mistake of this program. */
export function listFailures(error: unknown): readonly Failure[] | undefined {
  if (error instanceof Failures) return error.failures;
  if (error instanceof Failure) return [error];
  // a file or folder that is not as it should be, wherever it was met
  const file = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  return file === undefined || errorCode(error) === undefined
    ? undefined
    : [new Failure(`cannot use "${file}"`, { why: reasonOf(error), cause: error })];
}

/** `docksmith: cannot …: why`, and a line `hint: …` where there is one thing to do. */
export function formatFailures(failures: readonly Failure[], stream: Writable): string {
  const paint = painter(stream);
  return failures
    .map(
      ({ message, hint }) =>
        `${paint('red', 'docksmith:')} ${showable(message)}\n${hint === undefined ? '' : `${paint('cyan', 'hint:')} ${showable(hint)}\n`}`,
    )
    .join('');
}

/** The same for `--json`. */
export function jsonFailures(failures: readonly Failure[]): readonly unknown[] {
  return failures.map(({ message, why, at, hint }) => ({
    message,
    why,
    ...(at === undefined ? {} : { at }),
    ...(hint === undefined ? {} : { hint }),
  }));
}
