import type { Successor } from '../../container/plan/operation.ts';
import type { AppliedOf, Told } from '../../container/plan/told.ts';
import type { Failure } from '../../base/errors.ts';
import { Interrupted } from '../../base/interrupt.ts';

/** More of what is left to do is not for one line. */
const MOST_NAMED = 6;

/** What failed by itself, and not since a signal came. */
export function listOwnFailures({ failed }: AppliedOf): readonly Failure[] {
  return failed.map(({ failure }) => failure).filter((failure) => !(failure instanceof Interrupted));
}

/**
 * How the containers stand after a signal has ended the work on them, in one line; undefined: none came, or
 * all was done.
 */
export function describeInterruptedPlan(
  command: string,
  signal: AbortSignal,
  { failed, skipped, done }: AppliedOf,
): readonly [Interrupted] | undefined {
  if (!signal.aborted) return undefined;
  const states = failed.flatMap(({ operation, failure }) =>
    failure instanceof Interrupted && failure.rest !== '' ? [`${subjectOf(operation)}: ${failure.rest}`] : [],
  );
  const left = [
    ...failed
      .filter(({ failure }) => failure instanceof Interrupted && failure.rest === '')
      .map(({ operation }) => operation),
    ...skipped,
  ].map(({ verb, name }) => `${verb} ${name}`);
  const undone =
    left.length === 0 ? [] : [`not done: ${left.length > MOST_NAMED ? `${left.length} operations` : left.join(', ')}`];
  if (states.length + undone.length === 0) return undefined;
  return [
    new Interrupted(
      `cannot complete "${command}"`,
      signal,
      [...states, ...undone, ...(done.length === 0 && states.length === 0 ? ['nothing was changed'] : [])].join('; '),
    ),
  ];
}

/** What is put aside goes with its successor. */
function subjectOf(operation: Told): string {
  return 'successor' in operation ? (operation.successor as Successor).name : operation.name;
}
