import { describe, expect, it } from 'vitest';
import { checkHealth } from '../../../../src/container/apply/health.ts';
import type { ContainerInspect } from '../../../../src/engine/engine-api.ts';
import { applyPlan } from '../../../../src/container/apply/apply.ts';
import { makeHealthWait } from '../../../../src/container/apply/health-wait.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { planAsked } from '../../../../src/container/plan/asked/plan-asked.ts';
import { readActual } from '../../../../src/container/actual/actual.ts';
import { isUnsteady, steadyTime } from '../../../../src/container/actual/steady.ts';
import { watchUnsteady } from '../../../../src/flow/containers/unsteady.ts';
import { desire, planFor, reconcile } from '../../../support/container-world.ts';

const STARTED = '2026-11-21T10:00:00Z';
const RUNNING = { Status: 'running', Running: true, ExitCode: 0, StartedAt: STARTED };
const after = (seconds: number): number => Date.parse(STARTED) + seconds * 1000;

/** What the engine says of every container, as if it had started it again so often, so many seconds ago. */
function pretend(engine: MemoryEngine, RestartCount: number, seconds: number): void {
  const find = engine.findContainer.bind(engine);
  engine.findContainer = async (id): Promise<ContainerInspect | undefined> => {
    const inspect = await find(id);
    return (
      inspect && {
        ...inspect,
        RestartCount,
        State: { ...inspect.State, StartedAt: new Date(engine.getTime() - seconds * 1000).toISOString() },
      }
    );
  };
}

describe('a container that ends by itself', () => {
  it('has to run the longer the more often it has ended, and not at all where it never did', () => {
    expect([0, 1, 3, 4, 5, 9, 1000].map(steadyTime)).toEqual([0, 10_000, 10_000, 20_000, 40_000, 600_000, 600_000]);
  });

  it.each([
    ['runs well that never ended', RUNNING, 0, after(0), false],
    ['runs well that never ended, by a clock that has no parts of seconds', RUNNING, 0, after(-0.9), false],
    ['may end again that was started a moment ago', RUNNING, 1, after(9), true],
    ['runs well that ended once, some time ago', RUNNING, 1, after(11), false],
    ['is found out between two slow ends', RUNNING, 6, after(70), true],
    ['is about to be started', { ...RUNNING, Status: 'restarting' }, 1, undefined, true],
    ['is believed by an engine that does not tell the time', RUNNING, 9, undefined, false],
    ['is believed by an engine that does not tell the start', { ...RUNNING, StartedAt: '' }, 9, after(0), false],
    ['is not one that somebody has paused', { ...RUNNING, Status: 'paused' }, 9, after(0), false],
  ])('%s', (_title, State, RestartCount, now, expected) => {
    expect(isUnsteady({ State, RestartCount }, now)).toBe(expected);
  });

  it('is left otherwise than its record says by a plan that does nothing to it', async () => {
    const engine = new MemoryEngine({ images: { 'app:1': {} } });
    await reconcile(engine, { wiki: '', git: '' });
    pretend(engine, 4, 3);
    const { operations, left, notes } = await planFor(engine, { wiki: '', git: 'user: "1"' });
    expect(operations.map(({ verb, name }) => `${verb} ${name}`)).toEqual(['recreate git']);
    expect([...(left ?? [])]).toEqual([['wiki', 'ends again and again']]);
    expect((await planFor(engine, { wiki: '' })).unsteady).toEqual([]);
    expect(notes).toEqual(['wiki ended 4 times by itself, the last time just now; docksmith logs -n 20 wiki']);
    const desired = desire({ wiki: '' });
    expect([
      ...(planAsked(desired, await readActual(engine, desired), { verb: 'restart', names: ['wiki'] }).left ?? []),
    ]).toEqual([]);
    // who has ended only a few times may have waited for another one
    pretend(engine, 2, 3);
    expect(await planFor(engine, { wiki: '' })).toMatchObject({
      left: new Map(),
      unsteady: [{ name: 'wiki', restarts: 2 }],
    });
    expect(
      planAsked(desired, await readActual(engine, desired), { verb: 'restart', names: ['wiki'] }).unsteady,
    ).toEqual([]);
    pretend(engine, 2, 30);
    expect((await planFor(engine, { wiki: '' })).unsteady).toEqual([]);
    expect([...((await planFor(engine, { wiki: '' })).left ?? [])]).toEqual([]);
  });

  it('is not well by its port or its own check until it has run for a while', async () => {
    const inspect = {
      Id: 'x',
      RestartCount: 1,
      State: { ...RUNNING, Health: { Status: 'healthy' } },
      HostConfig: {},
      Config: {},
    } as unknown as ContainerInspect;
    const look = (ranFor: number): ReturnType<typeof checkHealth> =>
      checkHealth(
        new MemoryEngine(),
        inspect,
        { port: undefined, path: undefined, wait: undefined, uptime: 0 },
        { ranFor, restarts: 1 },
      );
    expect(await look(9000)).toEqual({
      state: 'waiting',
      words: 'it ended once by itself, and has not run for 10s since',
    });
    expect(await look(11_000)).toEqual({ state: 'healthy' });
  });

  it('makes the operation fail that has started it, also where it was well for a moment', async () => {
    const engine = new MemoryEngine({ images: { 'app:1': {} } });
    const plan = await planFor(engine, { wiki: '', git: '' });
    const healthWait = makeHealthWait(engine, { wait: 400, uptime: 50 });
    let settling = 0;
    const applied = await applyPlan(engine, plan, undefined, async (watched, onWords) => {
      if (watched.since === 'settling' && watched.name === 'wiki') {
        settling++;
        pretend(engine, 3, 0);
      }
      if (watched.since !== 'settling' || watched.name === 'wiki') await healthWait(watched, onWords);
    });
    expect(settling).toBe(1);
    expect(applied.done.map(({ name }) => name)).toEqual(['git']);
    expect(applied.failed.map(({ failure }) => failure.message)).toEqual([
      'cannot run container "wiki": it did not become healthy within 0.4s: it ended 3 times by itself, and has not run for 10s since; its log is empty',
    ]);
  });
});

describe('one that has ended only a few times', () => {
  it('is looked at until it has run for long enough, and is left otherwise than its record says when it ends again', async () => {
    const engine = new MemoryEngine({ images: { 'app:1': {} } });
    await reconcile(engine, { wiki: '' });
    const find = engine.findContainer.bind(engine);
    pretend(engine, 2, 9.7);
    const plan = await planFor(engine, { wiki: '' });
    expect(await watchUnsteady(engine, plan, { wait: undefined, uptime: 0 })).toEqual(new Map());
    // it ends again while it is waited for
    setTimeout(() => {
      engine.findContainer = find;
      pretend(engine, 3, 0);
    }, 50);
    expect([...(await watchUnsteady(engine, plan, { wait: undefined, uptime: 0 }))]).toEqual([
      ['wiki', 'ends again and again'],
    ]);
    expect(await watchUnsteady(engine, plan, { wait: 0, uptime: 0 })).toEqual(new Map());
    const interrupted = new AbortController();
    interrupted.abort();
    engine.findContainer = find;
    pretend(engine, 2, 0);
    expect(await watchUnsteady(engine, plan, { wait: undefined, uptime: 0 }, interrupted.signal)).toEqual(new Map());
  });
});
