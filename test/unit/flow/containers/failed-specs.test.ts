import { expect, it } from 'vitest';
import type { Applied } from '../../../../src/container/apply/apply.ts';
import { specsOf } from '../../../../src/container/plan/desired.ts';
import { EngineGone } from '../../../../src/engine/engine-gone.ts';
import { Unmet } from '../../../../src/container/apply/health-tracker.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import type { Operation } from '../../../../src/container/plan/operation.ts';
import type { Plan } from '../../../../src/container/plan/plan.ts';
import { Unhealthy } from '../../../../src/container/apply/unhealthy.ts';
import { Failure } from '../../../../src/base/errors.ts';
import { readFailedSpecs, rememberFailed, withoutHealed } from '../../../../src/flow/containers/failed-specs.ts';
import type { Paths } from '../../../../src/base/paths.ts';
import { desire, planFor, reconcile } from '../../../support/container-world.ts';
import { makeRoot } from '../../../support/folder.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const SICK = new Unhealthy('cannot run container "wiki"', 'it ended with exit code 3', ['the last line']);

async function remember(paths: Paths, engine: MemoryEngine, failure: Failure | undefined): Promise<Plan> {
  const plan = await planFor(engine, { wiki: 'user: "2"' });
  const [operation] = plan.operations as readonly [Operation, ...Operation[]];
  const applied: Applied =
    failure === undefined
      ? { done: [operation], failed: [], skipped: [] }
      : { done: [], failed: [{ operation, failure }], skipped: [] };
  rememberFailed(paths, readFailedSpecs(paths), plan, applied, NOW);
  return plan;
}

async function makeEngine(...before: readonly string[]): Promise<MemoryEngine> {
  const engine = new MemoryEngine({ images: { 'app:1': {} } });
  for (const lines of before) await reconcile(engine, { wiki: lines });
  return engine;
}

it('keeps why a new container was no good, on one line, until it is started well', async () => {
  const [paths, engine] = [makeRoot(), await makeEngine()];
  expect(readFailedSpecs(paths)).toEqual(new Map());
  await remember(paths, engine, SICK);
  expect([...readFailedSpecs(paths)]).toEqual([
    [
      'wiki',
      {
        digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        when: '2026-01-02T03:04:05.000Z',
        why: 'it ended with exit code 3',
      },
    ],
  ]);
  await remember(paths, engine, undefined);
  expect(readFailedSpecs(paths)).toEqual(new Map());
});

it.each<readonly [string, string | undefined, Failure, boolean]>([
  ['a new container that ends', 'user: "1"', SICK, true],
  ['a recreate that the engine refuses', 'user: "1"', new Failure('cannot start', { why: 'no' }), false],
  ['a create that the engine refuses', undefined, new Failure('cannot start', { why: 'no' }), false],
  ['an engine that went away', 'user: "1"', new EngineGone('cannot reach it', { why: 'no' }), false],
  ['another container that is not healthy', 'user: "1"', new Unmet('cannot recreate', { why: 'it needs db' }), false],
])("keeps what is the run spec's own fault, and not others: %s", async (_, before, failure, isAccepted) => {
  const paths = makeRoot();
  await remember(paths, await makeEngine(...(before === undefined ? [] : [before])), failure);
  expect(readFailedSpecs(paths).has('wiki')).toBe(isAccepted);
});

it('strikes off one that runs of that very spec and is healthy by now', async () => {
  const paths = makeRoot();
  const times = { wait: undefined, uptime: 1 };
  await remember(paths, await makeEngine(), SICK);
  const failed = readFailedSpecs(paths);
  const specs = specsOf(desire({ wiki: 'user: "2"' }));
  const healed = await makeEngine('user: "2"');
  expect((await withoutHealed(failed, healed, specs, times)).size).toBe(0);
  // its old self is no sign of that, nor is one that has ended, nor one of another spec
  expect((await withoutHealed(failed, await makeEngine('user: "1"'), specs, times)).size).toBe(1);
  expect((await withoutHealed(failed, healed, specsOf(desire({ wiki: 'user: "3"' })), times)).size).toBe(1);
  healed.setState('wiki', { Status: 'exited', Running: false, ExitCode: 1 });
  expect((await withoutHealed(failed, healed, specs, times)).size).toBe(1);
});
