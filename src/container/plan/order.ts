import { listSpecNeeds } from '../spec/needs.ts';
import { getImage, type RunSpec } from '../spec/run-spec.ts';
import { getSubject, type Operation } from './operation.ts';

/** An operation of a plan with what it waits for. */
export interface Ordered {
  readonly operation: Operation;
  /** these have ended when it is begun, whatever became of them */
  readonly after: readonly Operation[];
  /** where one of these was not done, it is not begun */
  readonly needs: readonly Operation[];
}

/**
 * Says of each operation of a plan what it waits for. Containers are made, started and restarted several at a time,
 * each after those that it needs; all else goes alone, in the order of the plan. What is done to a
 * container needs what was done to it before, and its image; and everything needs missing images,
 * networks and volumes.
 * @param specs of those that are started, by name
 */
export function orderOperations(
  operations: readonly Operation[],
  specs: ReadonlyMap<string, RunSpec> = new Map(),
): readonly Ordered[] {
  const ordered: Ordered[] = [];
  let barrier: readonly Operation[] = [];
  const starting = new Map<string, Operation>();
  const all: Operation[] = [];
  const named = new Map<string, Operation[]>();
  for (const operation of operations) {
    const image = operation.verb === 'create' || operation.verb === 'recreate' ? getImage(operation.spec) : undefined;
    const isAmongOthers = operation.verb === 'create' || operation.verb === 'start' || operation.verb === 'restart';
    const spec = operation.verb === 'create' ? operation.spec : specs.get(operation.name);
    const earlier = isAmongOthers
      ? [operation.name, ...(spec === undefined ? [] : listSpecNeeds(spec))].flatMap((name) => starting.get(name) ?? [])
      : [...starting.values()];
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
    if (isAmongOthers) starting.set(operation.name, operation);
    else {
      barrier = [operation];
      starting.clear();
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
