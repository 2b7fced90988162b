import { type AppliedOf, joinApplied, listOperations } from '../../container/plan/told.ts';
import type { Plan } from '../../container/plan/plan.ts';
import type { Failure } from '../../base/errors.ts';
import type { PlannedContainers } from '../step-part.ts';
import type { ReconcileRequest } from '../reconcile/request.ts';

export interface RunReconcile extends Omit<ReconcileRequest, 'failed' | 'boot'> {
  /** tries run specs again that have failed */
  readonly retry?: boolean | undefined;
  /** waits for the engine and for addresses, and puts right in what order the engine has started containers */
  readonly isBoot?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** as it was typed, without its arguments: for processes that wait for the lock, and for the log */
  readonly command: string;
  readonly waitSeconds?: number | undefined;
  /** ends it in good order */
  readonly signal?: AbortSignal | undefined;
  /** without an engine it stays pending, and that is no failure */
  readonly mayStayPending: boolean;
  /** as it was planned before the files were installed, and is still true */
  readonly prepared?: PlannedContainers | undefined;
}

export interface Reconciled {
  readonly plan: Plan;
  /** undefined for a dry run, and where there was no engine */
  readonly applied: AppliedOf | undefined;
  /** enabled containers that the plan does not touch */
  readonly leftAlone: readonly string[];
  /** why nothing could be done now */
  readonly pending?: string;
  readonly failures: readonly Failure[];
}

const NOTHING: AppliedOf = { done: [], failed: [], skipped: [] };

/** Of two plans that were carried out one after the other. */
export function joinReconciled(first: Reconciled, second: Reconciled): Reconciled {
  const both = <T>(list: (reconciled: Reconciled) => readonly T[] | undefined): readonly T[] => [
    ...(list(first) ?? []),
    ...(list(second) ?? []),
  ];
  const touched = listOperations(first.plan).map(({ name }) => name);
  return {
    ...second,
    plan: {
      ...second.plan,
      operations: both(({ plan: { operations } }) => operations),
      ...joinServices(first.plan, second.plan),
      notes: [...new Set(both(({ plan: { notes } }) => notes))],
    },
    applied: joinApplied(first.applied ?? NOTHING, second.applied ?? NOTHING),
    leftAlone: second.leftAlone.filter((name) => !touched.includes(name)),
    failures: both(({ failures }) => failures),
  };
}

function joinServices({ services: first }: Plan, { services: second }: Plan): Pick<Plan, 'services'> {
  if (first === undefined || second === undefined) return {};
  return {
    services: {
      first: [...first.first, ...second.first],
      operations: [...first.operations, ...second.operations],
    },
  };
}
