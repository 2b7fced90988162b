import { describe, expect, it } from 'vitest';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { reconcile, showPlan, type Wanted } from '../../../support/container-world.ts';

const BOUND = 'network_mode: "container:db"';
/** the last one is bound to a container that itself is bound */
const WANTED: Wanted = { db: '', wiki: BOUND, backup: 'ipc: "container:wiki"', git: '' };
const NEW_DB: Wanted = { ...WANTED, db: 'read_only: true' };

async function makeEngine(): Promise<MemoryEngine> {
  const engine = new MemoryEngine({ images: { 'app:1': {} } });
  await reconcile(engine, WANTED);
  return engine;
}

async function idOf(engine: MemoryEngine, name: string): Promise<string> {
  return (await engine.listContainers()).find((container) => container.name === name)?.id ?? '';
}

describe('a container that is bound to another', () => {
  it('is recreated after it, and so is what is bound to it, each in its turn', async () => {
    const engine = await makeEngine();
    expect(await showPlan(engine, { ...NEW_DB, git: 'read_only: true' })).toEqual([
      'recreate db: read only false -> true',
      'recreate wiki: db is recreated',
      'recreate backup: wiki is recreated',
      'recreate git: read only false -> true',
    ]);
  });

  it('is not also started, updated or recreated for another reason', async () => {
    const engine = await makeEngine();
    await engine.stopContainer(await idOf(engine, 'backup'));
    expect(await showPlan(engine, { ...NEW_DB, wiki: `${BOUND}\nread_only: true\nmem_limit: 64m` })).toEqual([
      'recreate db: read only false -> true',
      'recreate wiki: read only false -> true, memory none -> 64m',
      'recreate backup: wiki is recreated',
    ]);
    expect(await showPlan(engine, { ...NEW_DB, wiki: `${BOUND}\nmem_limit: 64m` })).toEqual([
      'recreate db: read only false -> true',
      'recreate wiki: db is recreated',
      'recreate backup: wiki is recreated',
    ]);
  });

  it('is left alone while it is disabled, and created once when it is not there', async () => {
    const engine = await makeEngine();
    const disabled = { ...NEW_DB, wiki: undefined, backup: undefined };
    expect(await showPlan(engine, disabled)).not.toContain('recreate wiki: db is recreated');
    const wiki = await idOf(engine, 'wiki');
    await engine.stopContainer(wiki);
    await engine.removeContainer(wiki);
    expect(await showPlan(engine, NEW_DB)).toEqual([
      'recreate db: read only false -> true',
      'create wiki: not there',
      'recreate backup: wiki is recreated',
    ]);
  });

  it('is recreated where the other one was made after it', async () => {
    const engine = await makeEngine();
    await reconcile(engine, NEW_DB, { names: ['db'] });
    expect(await showPlan(engine, NEW_DB)).toEqual([
      'recreate wiki: db was created after it',
      'recreate backup: wiki is recreated',
    ]);
  });

  it('is restarted where the other one, whose network it has, is started or was started after it', async () => {
    const engine = await makeEngine();
    const db = await idOf(engine, 'db');
    await engine.stopContainer(db);
    expect(await showPlan(engine, WANTED)).toEqual([
      'start db: stopped',
      'restart wiki: db, whose network it shares, is started',
    ]);
    await engine.startContainer(db);
    expect(await showPlan(engine, WANTED)).toEqual(['restart wiki: db, whose network it shares, was started after it']);
    await engine.stopContainer(await idOf(engine, 'wiki'));
    expect(await showPlan(engine, WANTED)).toEqual(['start wiki: stopped']);
  });

  it('is not restarted for one that does not run', async () => {
    const engine = await makeEngine();
    const db = await idOf(engine, 'db');
    await engine.restartContainer(db);
    engine.setState('db', { Status: 'exited', Running: false, ExitCode: 0 });
    expect(await showPlan(engine, WANTED)).toEqual(['nothing to do']);
  });
});
