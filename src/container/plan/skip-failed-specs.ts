import { createHash } from 'node:crypto';
import type { Actual } from '../actual/actual.ts';
import type { DesiredContainer } from './desired.ts';
import { listConditions } from '../spec/needs.ts';
import { REPLACED_SUFFIX } from '../spec/names.ts';
import { isStarting, type Operation } from './operation.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { formatCanonical } from '../spec/value.ts';

/** A run spec with which a container did not become healthy. */
export interface FailedSpec {
  /** of the whole run spec, so that any change of it is a new try */
  readonly digest: string;
  /** of the run spec alone, where `digest` is of a service, with all that the swarm is given for it */
  readonly runSpec?: string;
  /** when it failed, ISO 8601 */
  readonly when: string;
  /** on one line */
  readonly why: string;
}

/** By the name of the container. */
export type FailedSpecs = ReadonlyMap<string, FailedSpec>;

/** The identity of a failed run spec, with keys that need no recreate: a higher memory limit may fix it, too. */
export function getSpecDigest({ values, ownLabels }: RunSpec): string {
  return createHash('sha256')
    .update(`${formatCanonical(values)}\n${formatCanonical(ownLabels)}`)
    .digest('hex');
}

/** Whether that very run spec has failed. */
export function hasFailed(spec: RunSpec, failed: FailedSpecs): boolean {
  const known = failed.get(spec.name);
  return known !== undefined && known.digest === getSpecDigest(spec);
}

/**
 * Takes out what would try again a run spec that has failed, since a try takes down what
 * serves now, and what needs a container that therefore does not run. Each gets a note.
 * @returns `left`: all of these by name, with why in a few words
 */
export function skipFailedSpecs(
  operations: readonly Operation[],
  wanted: readonly DesiredContainer[],
  actual: Actual,
  failed: FailedSpecs,
): {
  readonly operations: readonly Operation[];
  readonly notes: readonly string[];
  readonly left: ReadonlyMap<string, string>;
} {
  const notes: string[] = [];
  const left = new Map<string, string>();
  const skipped = new Set<string>();
  const missing = new Set<string>();
  for (const container of wanted) {
    if (container.state !== 'running') continue;
    const { name, spec } = container;
    const isRunning = actual.containers.get(name)?.inspect.State.Running === true;
    const isStarted = operations.some((operation) => operation.name === name && isStarting(operation));
    const known = failed.get(name);
    // one that was set aside is to be restored
    if (known !== undefined && hasFailed(spec, failed) && !actual.containers.has(`${name}${REPLACED_SUFFIX}`)) {
      notes.push(
        `failed ${name}: ${known.why} (${known.when.slice(0, 16).replace('T', ' ')}); docksmith reconcile --retry tries again`,
      );
      left.set(name, 'has failed before');
      if (isStarted) skipped.add(name);
    } else if (isStarted) {
      const need = listConditions(spec).find(({ name: other, isOptional }) => !isOptional && missing.has(other))?.name;
      if (need !== undefined) {
        notes.push(`not started ${name}: it needs ${need}`);
        left.set(name, `needs "${need}"`);
        skipped.add(name);
      }
    }
    if (skipped.has(name) && !isRunning) missing.add(name);
  }
  return {
    operations: operations.filter((operation) => !(skipped.has(operation.name) && isStarting(operation))),
    notes,
    left,
  };
}
