import path from 'node:path';
import type { Applied } from '../../container/apply/apply.ts';
import type { Engine } from '../../engine/engine.ts';
import { isHealthy } from '../../container/apply/health-wait.ts';
import type { HealthTimes } from '../../container/spec/health-request.ts';
import { findServing } from '../../container/actual/whose.ts';
import { getSubject, isStarting } from '../../container/plan/operation.ts';
import type { Plan } from '../../container/plan/plan.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { openLabels } from '../../container/spec/sealed.ts';
import { isMadeOf } from '../../container/spec/spec-hash.ts';
import { ENDS_AGAIN } from '../../container/actual/steady.ts';
import { Unhealthy } from '../../container/apply/unhealthy.ts';
import { type FailedSpec, type FailedSpecs, getSpecDigest } from '../../container/plan/skip-failed-specs.ts';
import { Failure } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import type { Mask } from '../../base/mask.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { type Field, readState, writeState } from '../../files/state-file.ts';

const WHAT = 'the failed run specs';
const failedFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'failed-specs.json'));

/** The run specs that events do not try again by themselves. */
export function readFailedSpecs(paths: Paths): FailedSpecs {
  return readState(failedFile(paths), WHAT, (state) => state.get('failed').map(parseFailed)) ?? new Map();
}

function parseFailed(field: Field): FailedSpec {
  const runSpec = field.get('runSpec').optional((digest) => digest.text());
  return {
    digest: field.get('digest').text(),
    ...(runSpec === undefined ? {} : { runSpec }),
    when: field.get('when').text(),
    why: field.get('why').text(),
  };
}

/**
 * Those that still are failed: a container that was late may have become healthy since, and is then no
 * failure any more.
 */
export async function withoutHealed(
  failed: FailedSpecs,
  engine: Engine,
  specs: ReadonlyMap<string, RunSpec>,
  times: HealthTimes,
): Promise<FailedSpecs> {
  if (failed.size === 0) return failed;
  // one that runs to its end may have come there since
  const running = (await engine.listContainers()).filter(({ status }) => status === 'running' || status === 'exited');
  const kept = await Promise.all(
    [...failed].map(async ([name, entry]) => {
      const spec = specs.get(name);
      const container = findServing(running, name);
      if (spec === undefined || container === undefined || getSpecDigest(spec) !== entry.digest)
        return [[name, entry] as const];
      const inspect = await engine.findContainer(container.id);
      return inspect !== undefined &&
        isMadeOf(spec, openLabels(container.labels, inspect, spec)) &&
        (await isHealthy(engine, { id: container.id, labels: spec.ownLabels }, times))
        ? []
        : [[name, entry] as const];
    }),
  );
  return new Map(kept.flat());
}

/**
 * Writes down what applying a plan has shown: who failed, and who does well again.
 * @param before what is left of the failed ones from earlier, healed ones taken out
 */
export function rememberFailed(
  paths: Paths,
  before: FailedSpecs,
  { specs = new Map() }: Plan,
  { done, failed }: Applied,
  now: Date,
  mask: Mask = (text) => text,
): void {
  const all = new Map(before);
  for (const operation of done) if (isStarting(operation)) all.delete(operation.name);
  for (const { operation, failure } of failed) {
    const name = getSubject(operation);
    const spec = specs.get(name);
    // only how the container did: what lies with others, or with the engine, is no failure of the run spec
    if (spec !== undefined && failure instanceof Unhealthy)
      all.set(name, { digest: getSpecDigest(spec), when: now.toISOString(), why: mask(failure.reason) });
  }
  writeFailedSpecs(paths, all);
}

/** Writes them where they are others than before. */
export function writeFailedSpecs(paths: Paths, all: FailedSpecs): void {
  const sorted = Object.fromEntries([...all].sort(([a], [b]) => compareBytes(a, b)));
  if (JSON.stringify(sorted) !== JSON.stringify(Object.fromEntries(readFailedSpecs(paths))))
    writeState(failedFile(paths), WHAT, { failed: sorted });
}

/** Who is not as its record says, though nothing failed just now. */
export function listLeft({ left = new Map() }: Pick<Plan, 'left'>): readonly Failure[] {
  if (left.size === 0) return [];
  const [first = ''] = left.keys();
  // no other try is what it needs
  const hint = [...left.values()].every((why) => why === ENDS_AGAIN)
    ? `docksmith logs -n 20 ${first}`
    : 'change what is wrong in the record, or: docksmith reconcile --retry';
  return [
    new Failure('cannot bring every container to its record', {
      why: [...left].map(([name, why]) => `"${name}" ${why}`).join(', '),
      hint,
    }),
  ];
}
