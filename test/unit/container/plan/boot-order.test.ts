import { expect, it } from 'vitest';
import { readActual } from '../../../../src/container/actual/actual.ts';
import { formatStart, withBootOrder } from '../../../../src/container/plan/boot-order.ts';
import { formatPlan } from '../../../../src/container/plan/format-plan.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { planReconcile } from '../../../../src/container/plan/plan.ts';
import { desire, reconcile, type Wanted } from '../../../support/container-world.ts';

const WANTED: Wanted = { db: '', wiki: 'depends_on: [db]', front: 'depends_on: [wiki]', alone: '' };

/** @param seconds when each was started, after the engine came up; undefined: it was not */
async function boot(seconds: Readonly<Record<string, number | undefined>>, isOrdered = false): Promise<string> {
  const engine = new MemoryEngine({ images: { 'app:1': {} } });
  await reconcile(engine, WANTED);
  for (const [name, after] of Object.entries(seconds)) {
    engine.setState(
      name,
      after === undefined
        ? { Status: 'exited', Running: false, ExitCode: 1 }
        : { StartedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, after)).toISOString() },
    );
  }
  const desired = desire(WANTED);
  const actual = await readActual(engine, desired);
  const starts = [...actual.containers.values()].map(
    ({ id, name, inspect: { State } }) => [name, formatStart(id, State.StartedAt)] as const,
  );
  return formatPlan(withBootOrder(planReconcile(desired, actual), desired, actual, new Map(isOrdered ? starts : [])));
}

it('restarts what was started along with what it needs, or before it, and what needs that', async () => {
  expect(await boot({ db: 5, wiki: 3, front: 9, alone: 0 })).toBe(
    'restart wiki: was started before db was healthy\nrestart front: was started before wiki was healthy',
  );
});

it('leaves alone what was started long after what it needs', async () => {
  expect(await boot({ db: 0, wiki: 61, front: 122, alone: 0 })).toBe('nothing to do');
});

it('leaves alone starts that were made in order', async () => {
  expect(await boot({ db: 5, wiki: 6, front: 7, alone: 0 }, true)).toBe('nothing to do');
});

it('restarts what runs while what it needs is only started now, in the order of needs', async () => {
  expect(await boot({ db: undefined, wiki: 1, front: undefined, alone: 0 })).toBe(
    'start db: stopped\nrestart wiki: was started before db was healthy\nstart front: stopped',
  );
  expect(await boot({ db: undefined, wiki: 200, front: 400, alone: undefined }, true)).toBe(
    'start db: stopped\nstart alone: stopped',
  );
});
