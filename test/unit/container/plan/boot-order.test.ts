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

const CONDITIONS: Wanted = {
  init: 'restart: "no"',
  app: 'restart: "no"\ndepends_on: {db: {condition: service_started}}',
  done: 'restart: "no"',
  db: 'restart: always',
  worker:
    'restart: always\ndepends_on: {init: {condition: service_completed_successfully}, db: {condition: service_started}}',
};

it('starts what ended with the engine, and not what had completed before', async () => {
  const engine = new MemoryEngine({ images: { 'app:1': {} } });
  await reconcile(engine, CONDITIONS);
  const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const ended = (second: number) =>
    ({ Status: 'exited', Running: false, ExitCode: 0, StartedAt: at(0), FinishedAt: at(second) }) as const;
  engine.setState('init', ended(598));
  engine.setState('done', ended(10));
  engine.setState('app', ended(600));
  engine.setState('db', { StartedAt: at(700), FinishedAt: at(600) });
  engine.setState('worker', { StartedAt: at(701), FinishedAt: at(600) });
  const desired = desire(CONDITIONS);
  const actual = await readActual(engine, desired);
  const starts = new Map(
    [...actual.containers.values()].map(({ id, name, inspect: { State } }) => [name, formatStart(id, State.StartedAt)]),
  );
  const plan = (ordered: ReadonlyMap<string, string>): string =>
    formatPlan(withBootOrder(planReconcile(desired, actual), desired, actual, ordered));
  starts.delete('worker');
  expect(plan(starts)).toBe('start app: ended with the engine; when db is started');
  expect(plan(new Map())).toBe('nothing to do');
  engine.setState('worker', { StartedAt: at(699) });
  const earlier = await readActual(engine, desired);
  expect(formatPlan(withBootOrder(planReconcile(desired, earlier), desired, earlier, new Map()))).toBe(
    'restart worker: was started before db was started; when db is started, init has completed',
  );
});
