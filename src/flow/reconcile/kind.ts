import type { Failure } from '../../base/errors.ts';
import type { AppliedOf, ProgressOf, Told } from '../../container/plan/told.ts';

/** What a plan of any kind says. */
export interface KindPlan<Operation extends Told = Told> {
  readonly operations: readonly Operation[];
  readonly notes: readonly string[];
  /** what is left otherwise than its record says, each with why in a few words */
  readonly left?: ReadonlyMap<string, string>;
  readonly refused?: readonly Failure[];
}

/**
 * What is brought from actual to desired: containers of the engine are one kind, services of a swarm another. Both
 * read the same run specs.
 */
export interface ReconcileKind<Desired, Actual, Plan extends KindPlan<Operation>, Operation extends Told> {
  /** what the dbs and run specs ask for */
  readDesired(): Promise<Desired>;
  /** asks, and changes nothing */
  readActual(desired: Desired): Promise<Actual>;
  /** pure. @throws Failure(s) with every mistake at once */
  plan(desired: Desired, actual: Actual): Plan;
  /** carries the operations of a plan out; what the engine refuses is in what became of it */
  apply(
    plan: Plan,
    onProgress: (progress: ProgressOf<Operation>) => void,
    signal?: AbortSignal,
  ): Promise<AppliedOf<Operation>>;
}

/** Asks what there is, and decides. */
export async function planKind<Desired, Actual, Plan extends KindPlan<Operation>, Operation extends Told>(
  kind: Omit<ReconcileKind<Desired, Actual, Plan, Operation>, 'apply'>,
): Promise<Plan> {
  const desired = await kind.readDesired();
  return kind.plan(desired, await kind.readActual(desired));
}
