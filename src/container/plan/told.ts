import type { Failure } from '../../base/errors.ts';
import type { Plan } from './plan.ts';

/** What is said of any operation. */
export interface Told {
  readonly verb: string;
  readonly name: string;
  /** why, in words */
  readonly cause: string;
}

/** What became of operations. */
export interface AppliedOf<Operation extends Told = Told> {
  readonly done: readonly Operation[];
  readonly failed: readonly { readonly operation: Operation; readonly failure: Failure }[];
  /** not begun, since something before them failed */
  readonly skipped: readonly Operation[];
}

export interface ProgressOf<Operation extends Told = Told> {
  readonly operation: Operation;
  readonly state: 'begun' | 'going on' | 'done' | 'failed';
  /** what is known of what is going on; why something failed */
  readonly words?: string;
}

/** All operations of a plan, in the order in which they are done. */
export function listOperations({ operations, services }: Pick<Plan, 'operations' | 'services'>): readonly Told[] {
  return services === undefined ? operations : [...services.first, ...operations, ...services.operations];
}

/** Of two kinds, or of two plans that were carried out one after the other. */
export function joinApplied<A extends Told, B extends Told>(a: AppliedOf<A>, b: AppliedOf<B>): AppliedOf<A | B> {
  return {
    done: [...a.done, ...b.done],
    failed: [...a.failed, ...b.failed],
    skipped: [...a.skipped, ...b.skipped],
  };
}
