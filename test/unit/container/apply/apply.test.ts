import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../../../src/container/apply/apply.ts';
import type { Engine } from '../../../../src/engine/engine.ts';
import { EngineGone } from '../../../../src/engine/engine-gone.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { Failure } from '../../../../src/base/errors.ts';
import { planFor, type Wanted } from '../../../support/container-world.ts';

const IMAGES = { 'app:1': {} };
const TEN: Wanted = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`c${n}`, '']));

/** An engine that counts who is being made, and holds each of them up so that others can catch up. */
class SlowEngine extends MemoryEngine {
  readonly making = new Set<string>();
  readonly log: string[] = [];
  most = 0;

  override async createContainer(...[name, body]: Parameters<Engine['createContainer']>): Promise<string> {
    this.making.add(name);
    this.most = Math.max(this.most, this.making.size);
    this.log.push(`make ${name}`);
    // the later its name, the sooner it is done
    for (let turns = 0; turns < 200 - 10 * Number(name.slice(1)); turns++) await Promise.resolve();
    if (name === 'c3') {
      this.making.delete(name);
      throw new Failure('cannot make it', { why: 'test' });
    }
    return super.createContainer(name, body);
  }

  override async startContainer(id: string): Promise<void> {
    await super.startContainer(id);
    const name = (await this.listContainers()).find((container) => container.id === id)?.name ?? '';
    this.making.delete(name);
    this.log.push(`started ${name}`);
  }
}

describe('new containers', () => {
  it('are made four at a time, and told in the order of the plan; one that fails keeps none of the others back', async () => {
    const engine = new SlowEngine({ images: IMAGES });
    const told: string[] = [];
    const { done, failed } = await applyPlan(engine, await planFor(engine, TEN), ({ operation, state }) => {
      if (state === 'done' || state === 'failed') told.push(`${operation.name} ${state}`);
    });
    expect(engine.most).toBe(4);
    expect(engine.log.indexOf('started c1')).toBeLessThan(engine.log.indexOf('started c0'));
    expect(told).toEqual(Object.keys(TEN).map((name) => `${name} ${name === 'c3' ? 'failed' : 'done'}`));
    expect(done).toHaveLength(9);
    expect(failed.map(({ operation }) => operation.name)).toEqual(['c3']);
  });

  it('are made after those that they need', async () => {
    const engine = new SlowEngine({ images: IMAGES });
    await applyPlan(
      engine,
      await planFor(engine, { c0: '', c1: 'network_mode: "container:c0"', c2: 'depends_on: [c1]', c4: '' }),
    );
    const at = (line: string): number => engine.log.indexOf(line);
    expect(at('started c0')).toBeLessThan(at('make c1'));
    expect(at('started c1')).toBeLessThan(at('make c2'));
    expect(at('started c4')).toBeGreaterThan(-1);
  });
});

it('begins nothing more once the engine has gone, also where it is back a moment later', async () => {
  const engine = new MemoryEngine({ images: IMAGES });
  await applyPlan(engine, await planFor(engine, { c0: '', c1: '', c2: '' }));
  const plan = await planFor(engine, { c0: 'user: "1"', c1: 'user: "1"', c2: 'user: "1"' });
  const rename = engine.renameContainer.bind(engine);
  let isFirst = true;
  engine.renameContainer = async (...args) => {
    if (!isFirst) return rename(...args);
    isFirst = false;
    throw new EngineGone('cannot reach the Docker engine', { why: 'test' });
  };
  const { done, failed, skipped } = await applyPlan(engine, plan);
  expect([done, failed, skipped].map((operations) => operations.length)).toEqual([0, 1, 2]);
  expect(skipped.map(({ name }) => name)).toEqual(['c1', 'c2']);
});
