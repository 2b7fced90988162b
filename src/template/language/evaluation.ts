import { Failure } from '../../base/errors.ts';
import type { Facts } from '../../host/facts.ts';
import type { Escape } from './escape.ts';
import type { Budget, HelperTable } from './helper.ts';
import type { Names } from './lookup.ts';
import type { Spot } from './program.ts';
import type { Piece, ReadScope, TrackedText } from './tracked-text.ts';
import type { Value } from './value.ts';

/** All that is the same for every fragment of one expansion. */
export interface Evaluation extends Names {
  readonly facts: Facts;
  readonly helpers: HelperTable;
  readonly escape: Escape;
  readonly budget: Budget;
  /** folders and files of the host that may be read */
  readonly readable: readonly string[];
  /** the default `template-begin` */
  readonly banner: (around: ReadScope) => TrackedText;
  /** what the fragments in Perl print, by the file of each */
  readonly perl: { piecesOf(file: string, around: ReadScope): readonly Piece[] };
  /**
   * `before` is what stands on the line already.
   * @throws HelperFailure when there is no such template or it expands itself
   */
  readonly expand: (
    template: string,
    variables: ReadonlyMap<string, Value>,
    around: ReadScope,
    before: string,
  ) => TrackedText;
}

/** A mistake at its place in a fragment. @param meant the name that its author may have meant */
export function failureAt(file: string, { line, column }: Spot, what: string, why: string, meant?: string): Failure {
  return new Failure(what, {
    why,
    at: { file, line, column },
    ...(meant === undefined ? {} : { hint: `did you mean "${meant}"?` }),
  });
}
