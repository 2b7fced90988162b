import { listSpecNeeds } from '../spec/needs.ts';
import { getSubject, type Operation } from './operation.ts';
import { getImage } from '../spec/run-spec.ts';

/** An operation of a plan with what it waits for. */
export interface Ordered {
  readonly operation: Operation;
  /** these have ended when it is begun, whatever became of them */
  readonly after: readonly Operation[];
  /** where one of these was not done, it is not begun */
  readonly needs: readonly Operation[];
}

/**
 * Says of each operation of a plan what it waits for. New containers are made several at a time,
 * each after those that it needs; all else goes alone, in the order of the plan. What is done to a
 * container needs what was done to it before, and its image; and everything needs missing images,
 * networks and volumes.
 */
export function orderOperations(operations: readonly Operation[]): readonly Ordered[] {
  const ordered: Ordered[] = [];
  let barrier: readonly Operation[] = [];
  const making = new Map<string, Operation>();
  const all: Operation[] = [];
  const named = new Map<string, Operation[]>();
  for (const operation of operations) {
    const image = operation.verb === 'create' || operation.verb === 'recreate' ? getImage(operation.spec) : undefined;
    const earlier =
      operation.verb === 'create'
        ? listSpecNeeds(operation.spec).flatMap((name) => making.get(name) ?? [])
        : [...making.values()];
    ordered.push({
      operation,
      after: [...barrier, ...earlier],
      needs: [
        ...new Set([
          ...all,
          ...(named.get(getSubject(operation)) ?? []),
          ...(image === undefined ? [] : (named.get(image) ?? [])),
        ]),
      ],
    });
    if (operation.verb === 'create') making.set(operation.name, operation);
    else {
      barrier = [operation];
      making.clear();
    }
    if (isForAll(operation)) all.push(operation);
    for (const name of new Set([getSubject(operation), operation.name]))
      named.set(name, [...(named.get(name) ?? []), operation]);
  }
  return ordered;
}

/** Nothing else is begun without it. */
function isForAll(operation: Operation): boolean {
  return (
    operation.verb === 'network' ||
    operation.verb === 'volume' ||
    ((operation.verb === 'pull' || operation.verb === 'build') && operation.isMissing)
  );
}
