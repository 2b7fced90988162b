import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { applyPlan } from '../../../../src/container/apply/apply.ts';
import { makeHealthWait, type Since } from '../../../../src/container/apply/health-wait.ts';
import type { HealthTimes } from '../../../../src/container/spec/health-request.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { Unhealthy } from '../../../../src/container/apply/unhealthy.ts';
import { Failure } from '../../../../src/base/errors.ts';
import { planFor, reconcile, type Wanted } from '../../../support/container-world.ts';

const TIMES: HealthTimes = { wait: 60_000, uptime: 2000 };
type Check = { readonly Start: string; readonly ExitCode: number; readonly Output: string };
const check = (Start: string, ExitCode: number): Check => ({ Start, ExitCode, Output: '' });

async function makeEngine(wanted: Readonly<Record<string, string>> = { wiki: '' }): Promise<MemoryEngine> {
  const engine = new MemoryEngine({ images: { 'app:1': {} } });
  await reconcile(engine, wanted);
  return engine;
}

/** Looks until there is an answer; `onLook` is told how often it had to be waited for. */
async function pass(
  engine: MemoryEngine,
  since: Since,
  times: HealthTimes = TIMES,
  onLook: (looks: number) => void = () => undefined,
): Promise<string> {
  let looks = 0;
  const [container] = await engine.listContainers();
  try {
    await makeHealthWait(engine, times)({ id: container?.id ?? '', name: 'wiki', labels: {}, since }, () =>
      onLook(++looks),
    );
    return 'healthy';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error instanceof Unhealthy ? 'unhealthy' : 'disturbed'}: ${error instanceof Unhealthy ? error.reason : error.why}`;
  }
}

describe('waiting for a container', () => {
  it.each([3_600_000, -3_600_000])('goes on while the clock is set by %i ms', async (jump) => {
    const engine = await makeEngine();
    engine.setState('wiki', { Health: { Status: 'starting' } });
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(
      await pass(engine, 'started', TIMES, (looks) => {
        vi.setSystemTime(Date.now() + jump);
        if (looks === 2) engine.setState('wiki', { Health: { Status: 'healthy' } });
      }),
    ).toBe('healthy');
  });

  it('begins with the start of a container that was there before, and that has had its time', async () => {
    const engine = await makeEngine();
    engine.setState('wiki', { Health: { Status: 'starting' } });
    let looks = 0;
    expect(await pass(engine, 'earlier', TIMES, () => looks++)).toBe('unhealthy: its own check has not succeeded yet');
    // for the 2 s of `uptime`, and not for a minute, which would be hundreds
    expect(looks).toBeLessThan(40);
  });

  it('does not happen for one that is known to have failed', async () => {
    const engine = await makeEngine();
    let looks = 0;
    engine.setState('wiki', { Health: { Status: 'starting' } });
    expect(await pass(engine, 'failed', TIMES, () => looks++)).toBe('unhealthy: its own check has not succeeded yet');
    expect(looks).toBe(0);
    engine.setState('wiki', { Health: { Status: 'healthy' } });
    expect(await pass(engine, 'failed')).toBe('healthy');
  });

  it('lasts until a check has run that began after a container was unpaused', async () => {
    const engine = await makeEngine();
    engine.setState('wiki', { Health: { Status: 'unhealthy', FailingStreak: 3, Log: [check('1', 1)] } });
    expect(
      await pass(engine, 'unpaused', TIMES, (looks) => {
        if (looks === 2)
          engine.setState('wiki', {
            Health: { Status: 'healthy', FailingStreak: 0, Log: [check('1', 1), check('2', 0)] },
          });
      }),
    ).toBe('healthy');
    engine.setState('wiki', { Health: { Status: 'unhealthy', FailingStreak: 3, Log: [check('1', 1)] } });
    expect(
      await pass(engine, 'unpaused', TIMES, () =>
        engine.setState('wiki', { Health: { Status: 'unhealthy', FailingStreak: 4, Log: [check('2', 1)] } }),
      ),
    ).toBe('unhealthy: its own check failed (exit code 1)');
  });

  it('says nothing of its health where the engine does not tell, or where others changed it', async () => {
    const engine = await makeEngine();
    const find = engine.findContainer.bind(engine);
    let isRefusing = true;
    engine.findContainer = (id) =>
      isRefusing ? Promise.reject(new Failure('cannot inspect it', { why: 'server error' })) : find(id);
    expect(await pass(engine, 'started', { ...TIMES, wait: 400 })).toBe(
      'disturbed: it did not become healthy within 0.4s: server error',
    );
    expect(
      await pass(engine, 'started', TIMES, () => {
        isRefusing = false;
      }),
    ).toBe('healthy');
    expect(await pass(engine, 'started', TIMES)).toBe('healthy');
    engine.setState('wiki', { Status: 'paused' });
    expect(await pass(engine, 'started')).toBe('disturbed: it is paused');
    engine.findContainer = () => Promise.resolve(undefined);
    expect(await pass(engine, 'started')).toBe('disturbed: it was removed');
  });
});

it('a container is not kept waiting for one that is left as it is, since it has failed', async () => {
  const engine = await makeEngine({ db: '' });
  engine.setState('db', { Health: { Status: 'starting' } });
  const plan = {
    ...(await planFor(engine, { db: '', wiki: 'depends_on: [db]' })),
    left: new Map([['db', 'has failed before']]),
  };
  const waits: string[] = [];
  const { failed } = await applyPlan(
    engine,
    plan,
    ({ state, words }) => {
      if (state === 'going on') waits.push(words ?? '');
    },
    makeHealthWait(engine, TIMES),
  );
  expect(failed.map(({ failure }) => failure.message)).toEqual([
    'cannot create container "wiki": it needs "db", and that is not healthy: its own check has not succeeded yet',
  ]);
  expect(waits).toEqual([]);
});

describe('what depends on others', () => {
  const DEPENDING: Wanted = {
    db: 'restart: always',
    init: 'restart: "no"\ndepends_on: {db: {condition: service_started}}',
    one: 'depends_on: {init: {condition: service_completed_successfully}}',
    two: 'depends_on: {init: {condition: service_completed_successfully}}',
    three: 'depends_on: {two: {condition: service_started}}',
    may: 'depends_on: {init: {condition: service_completed_successfully, required: false}}',
  };
  const apply = async (isFailing: boolean): Promise<readonly unknown[]> => {
    const engine = new MemoryEngine({ images: { 'app:1': {} } });
    const waited: string[] = [];
    const { done, failed } = await applyPlan(
      engine,
      await planFor(engine, DEPENDING),
      undefined,
      ({ name, since, isAwaited }) => {
        if (since !== 'settling') waited.push(`${name}${isAwaited === true ? ' completed' : ''}`);
        return isFailing && name === 'init' && since === 'started'
          ? Promise.reject(new Unhealthy('cannot run container "init"', 'it ended with exit code 3', []))
          : Promise.resolve();
      },
    );
    return [done.map(({ name }) => name), failed.map(({ failure }) => failure.message.split(';')[0]), waited.sort()];
  };

  it('waits once for each that it needs, as its condition says', async () => {
    expect(await apply(false)).toEqual([
      ['db', 'init', 'one', 'two', 'three', 'may'],
      [],
      ['db', 'init completed', 'may', 'one', 'three', 'two'],
    ]);
  });

  it('is not started after a failure, which costs no second wait, unless it may do without', async () => {
    const why = 'it needs "init", and that did not complete: it ended with exit code 3';
    expect(await apply(true)).toEqual([
      ['db', 'may'],
      [
        `cannot create container "one": ${why}`,
        `cannot create container "two": ${why}`,
        `cannot create container "three": it needs "two", which was not started: ${why}`,
        'cannot run container "init": it ended with exit code 3',
      ],
      ['db', 'init completed', 'may'],
    ]);
  });

  it('keeps nobody else from being started meanwhile, however many wait', async () => {
    const engine = new MemoryEngine({ images: { 'app:1': {} } });
    const waiting = Object.fromEntries(
      Array.from({ length: 9 }, (_, n) => [`w${n}`, 'depends_on: {db: {condition: service_healthy}}']),
    );
    let letGo = (): void => undefined;
    const isHealthy = new Promise<void>((resolve) => (letGo = resolve));
    const begun = applyPlan(
      engine,
      await planFor(engine, { db: '', ...waiting, alone: '' }),
      ({ operation, state }) => {
        if (operation.name === 'alone' && state === 'begun') letGo();
      },
      ({ name }) => (name === 'db' ? isHealthy : Promise.resolve()),
    );
    expect((await begun).done).toHaveLength(11);
  });
});
