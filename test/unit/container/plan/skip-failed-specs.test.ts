import { describe, expect, it } from 'vitest';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { readActual } from '../../../../src/container/actual/actual.ts';
import { planAsked } from '../../../../src/container/plan/asked/plan-asked.ts';
import { parseRunSpec } from '../../../../src/container/spec/run-spec.ts';
import { type FailedSpecs, getSpecDigest } from '../../../../src/container/plan/skip-failed-specs.ts';
import { desire, planFor, reconcile, showPlan, type Wanted } from '../../../support/container-world.ts';

const IMAGES = { 'app:1': {} };

/** These run specs have failed. */
function failedOf(wanted: Wanted, ...names: readonly string[]): FailedSpecs {
  return new Map(
    desire(wanted).containers.flatMap((container) =>
      container.state === 'running' && names.includes(container.name)
        ? [
            [
              container.name,
              { digest: getSpecDigest(container.spec), when: '2026-01-02T03:04:05.000Z', why: 'it ended' },
            ] as const,
          ]
        : [],
    ),
  );
}
const NOTE = (name: string): string =>
  `failed ${name}: it ended (2026-01-02 03:04); docksmith reconcile --retry tries again`;

describe('a run spec that has failed', () => {
  const wanted: Wanted = { wiki: 'user: "2"', git: 'mem_limit: 64m' };

  it('is not tried again by a plan for others, which says so', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    await reconcile(engine, { wiki: 'user: "1"', git: '' });
    expect(await showPlan(engine, wanted, { failed: failedOf(wanted, 'wiki') })).toEqual([
      'update git: memory none -> 64m',
      NOTE('wiki'),
    ]);
    expect(await showPlan(engine, wanted)).toEqual(['update git: memory none -> 64m', 'recreate wiki: user 1 -> 2']);
  });

  it('is none of a container that is disabled since', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    await reconcile(engine, { wiki: 'user: "1"', git: '' });
    expect(await showPlan(engine, { ...wanted, wiki: undefined }, { failed: failedOf(wanted, 'wiki') })).toEqual([
      'stop wiki: disabled',
      'update git: memory none -> 64m',
    ]);
  });

  it('is tried again when anything of it has changed, also what makes no new container', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    await reconcile(engine, { wiki: 'user: "1"' });
    const failed = failedOf({ wiki: 'user: "2"' }, 'wiki');
    expect(await showPlan(engine, { wiki: 'user: "2"\nmem_limit: 64m' }, { failed })).toEqual([
      'recreate wiki: user 1 -> 2, memory none -> 64m',
    ]);
    expect(await showPlan(engine, { wiki: 'user: "2"\nlabels: {docksmith.health-port: "81"}' }, { failed })).toEqual([
      'recreate wiki: user 1 -> 2',
    ]);
  });

  it('is tried again by who asks for a start, and not by a restart, which is one of what is there', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    await reconcile(engine, { wiki: 'user: "1"' });
    const desired = desire(wanted);
    const ask = async (verb: 'start' | 'restart'): Promise<readonly string[]> =>
      planAsked(
        desired,
        await readActual(engine, desired),
        { verb, names: ['wiki'] },
        failedOf(wanted, 'wiki'),
      ).operations.map((operation) => `${operation.verb} ${operation.name}`);
    expect([await ask('restart'), await ask('start')]).toEqual([['restart wiki'], ['recreate wiki']]);
  });

  it('gets its old container back where that was set aside', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    await reconcile(engine, { wiki: 'user: "1"' });
    const [old] = await engine.listContainers();
    await engine.renameContainer(old?.id ?? '', 'wiki.docksmith-old');
    expect(
      (await showPlan(engine, { wiki: 'user: "2"' }, { failed: failedOf({ wiki: 'user: "2"' }, 'wiki') }))[0],
    ).toBe('recreate wiki: was interrupted before');
  });

  it('keeps those from being started that need it, unless its old container serves', async () => {
    const needing: Wanted = { db: '', wiki: 'depends_on: [db]', front: 'depends_on: [wiki]', git: '' };
    const failed = failedOf(needing, 'db');
    expect(await showPlan(new MemoryEngine({ images: IMAGES }), needing, { failed })).toEqual([
      'create git: not there',
      NOTE('db'),
      'not started wiki: it needs db',
      'not started front: it needs wiki',
    ]);
    const engine = new MemoryEngine({ images: IMAGES });
    await reconcile(engine, { db: 'user: "1"' });
    expect(await showPlan(engine, needing, { failed })).toEqual([
      'create wiki: not there',
      'create front: not there',
      'create git: not there',
      NOTE('db'),
    ]);
  });

  it('keeps nobody who may do without it', async () => {
    const needing: Wanted = { db: '', wiki: 'depends_on: {db: {condition: service_healthy, required: false}}' };
    expect(await showPlan(new MemoryEngine({ images: IMAGES }), needing, { failed: failedOf(needing, 'db') })).toEqual([
      'create wiki: not there; when db is healthy',
      NOTE('db'),
    ]);
  });

  it('is told as what is left otherwise than its record says, with those that need it, also where its old container serves', async () => {
    const needing: Wanted = { db: '', wiki: 'depends_on: [db]', git: '' };
    const failed = failedOf(needing, 'db');
    const engine = new MemoryEngine({ images: IMAGES });
    expect([...((await planFor(engine, needing, { failed })).left ?? [])]).toEqual([
      ['db', 'has failed before'],
      ['wiki', 'needs "db"'],
    ]);
    await reconcile(engine, { db: '', git: '' });
    expect([...((await planFor(engine, { db: '', git: '' }, { failed })).left ?? [])]).toEqual([
      ['db', 'has failed before'],
    ]);
    expect([...((await planFor(engine, { db: '', git: '' })).left ?? [])]).toEqual([]);
  });

  it('is known by what it says, not by how it is written', () => {
    const digest = (lines: string): string =>
      getSpecDigest(parseRunSpec('/wiki.yaml', `services: {wiki: {image: app, ${lines}}}`));
    expect(digest('mem_limit: 64m, environment: {A: 1}')).toBe(digest('environment: [A=1], mem_limit: 65536k'));
    expect(digest('mem_limit: 64m')).not.toBe(digest('mem_limit: 65m'));
  });
});
