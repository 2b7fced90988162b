import { describe, expect, it } from 'vitest';
import { readActual } from '../../../../src/container/actual/actual.ts';
import { listPublishedPorts } from '../../../../src/container/actual/engine-facts.ts';
import { formatPlan } from '../../../../src/container/plan/format-plan.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { planAsked } from '../../../../src/container/plan/asked/plan-asked.ts';
import { findServing, withOwnLabels } from '../../../../src/container/actual/whose.ts';
import { desire, reconcile, showPlan, type Wanted } from '../../../support/container-world.ts';

async function makeEngine(wanted: Wanted): Promise<MemoryEngine> {
  const engine = withOwnLabels(new MemoryEngine({ images: { 'app:1': {} } }));
  expect((await reconcile(engine, wanted)).failed).toEqual([]);
  return engine;
}
async function rename(engine: MemoryEngine, name: string, to: string): Promise<void> {
  await engine.renameContainer((await engine.listContainers()).find((one) => one.name === name)?.id ?? '', to);
}
/** name -> whether it runs, and whose it is */
const list = async (engine: MemoryEngine): Promise<readonly string[]> =>
  (await engine.listContainers()).map(({ id, name }) => `${name} ${id.slice(0, 12)}`).sort();
/** A container that was run from an image of that name, which was committed from `wiki`. */
async function copy(engine: MemoryEngine, name: string, image: string): Promise<void> {
  const wiki = await engine.findContainer((await engine.listContainers()).find((one) => one.name === 'wiki')?.id ?? '');
  engine.commitImage(image, wiki?.Config ?? {});
  await engine.startContainer(
    await engine.createContainer(name, { Image: image, Labels: wiki?.Config.Labels, HostConfig: {} }),
  );
}

describe('a container that was renamed by hand', () => {
  it('gets its name back, and is no second one beside it', async () => {
    const engine = await makeEngine({ wiki: '' });
    const before = await list(engine);
    await rename(engine, 'wiki', 'wiki-mine');
    expect(await showPlan(engine, { wiki: '' })).toEqual(['rename wiki: it was renamed to wiki-mine']);
    expect((await reconcile(engine, { wiki: '' })).failed).toEqual([]);
    expect(await list(engine)).toEqual(before);
    expect(await showPlan(engine, { wiki: '' })).toEqual(['nothing to do']);
  });

  it('is changed as its record says under its own name, stopped where that is disabled or asked for, and an orphan where there is none', async () => {
    const engine = await makeEngine({ wiki: '' });
    await rename(engine, 'wiki', 'wiki-mine');
    expect(await showPlan(engine, { wiki: 'user: "1"' })).toEqual([
      'rename wiki: it was renamed to wiki-mine',
      'recreate wiki: user none -> 1',
    ]);
    expect(await showPlan(engine, { wiki: undefined })).toEqual([
      'rename wiki: it was renamed to wiki-mine',
      'stop wiki: disabled',
    ]);
    const desired = desire({ wiki: '' });
    expect(formatPlan(planAsked(desired, await readActual(engine, desired), { verb: 'stop', names: ['wiki'] }))).toBe(
      'rename wiki: it was renamed to wiki-mine\nstop wiki: asked for',
    );
    expect(await showPlan(engine, {})).toEqual([
      'nothing to do',
      'orphan wiki-mine: no record wants it; docksmith reconcile --remove-orphans removes it',
    ]);
    expect((await reconcile(engine, { wiki: 'user: "1"' })).failed).toEqual([]);
    expect(await showPlan(engine, { wiki: 'user: "1"' })).toEqual(['nothing to do']);
  });

  it("is not taken for another of ours: two that have each other's name get them back, and so do three in a circle", async () => {
    const wanted = { aa: '', bb: '', cc: '' };
    const engine = await makeEngine(wanted);
    const before = await list(engine);
    for (const [from, to] of [
      ['aa', 'x'],
      ['bb', 'aa'],
      ['x', 'bb'],
    ] as const)
      await rename(engine, from, to);
    engine.calls.length = 0;
    expect((await reconcile(engine, { aa: '', bb: '' })).failed).toEqual([]);
    expect([engine.calls.every((call) => call.startsWith('rename')), await list(engine)]).toEqual([true, before]);
    for (const [from, to] of [
      ['aa', 'x'],
      ['bb', 'aa'],
      ['cc', 'bb'],
      ['x', 'cc'],
    ] as const)
      await rename(engine, from, to);
    expect((await reconcile(engine, { bb: '' })).failed).toEqual([]);
    expect(await list(engine)).toEqual(before);
  });

  it('waits until the name is free where a foreign container has it, and nothing is done', async () => {
    const engine = await makeEngine({ wiki: '' });
    await rename(engine, 'wiki', 'wiki-mine');
    await engine.createContainer('wiki', { Image: 'app:1', HostConfig: {} });
    await expect(showPlan(engine, { wiki: '' })).rejects.toThrow(
      'cannot give container "wiki-mine" its name "wiki" back: a container of that name exists that docksmith does not own',
    );
    // an event for others is none of its business
    expect(await showPlan(engine, { blog: '' })).toContain('create blog: not there');
  });

  it('is looked for by what runs where several are it; where that does not tell, nothing is done', async () => {
    const engine = await makeEngine({ wiki: '' });
    await rename(engine, 'wiki', 'wiki-a');
    // made beside it by an admin's own ways
    await reconcile(engine, {});
    const [first] = await engine.listContainers();
    const inspect = await engine.findContainer(first?.id ?? '');
    await engine.createContainer('wiki-b', { Image: 'app:1', Labels: inspect?.Config.Labels, HostConfig: {} });
    expect(await showPlan(engine, { wiki: '' })).toEqual([
      'rename wiki: it was renamed to wiki-a',
      expect.stringMatching(/^orphan wiki-b/),
    ]);
    engine.setState('wiki-a', { Status: 'exited', Running: false, ExitCode: 1 });
    await expect(showPlan(engine, { wiki: '' })).rejects.toThrow(
      'cannot tell which container is "wiki": by their labels "wiki-a" and "wiki-b" are',
    );
  });

  it('beside one that has the name is left alone', async () => {
    const engine = await makeEngine({ wiki: '' });
    await rename(engine, 'wiki', 'wiki-kept');
    const kept = await engine.listContainers();
    const inspect = await engine.findContainer(kept[0]?.id ?? '');
    await engine.startContainer(
      await engine.createContainer('wiki', { Image: 'app:1', Labels: inspect?.Config.Labels, HostConfig: {} }),
    );
    expect(await showPlan(engine, { wiki: '' })).toEqual([
      'nothing to do',
      'orphan wiki-kept: no record wants it; docksmith reconcile --remove-orphans removes it',
    ]);
  });
});

describe('a copy that was run from an image of ours', () => {
  it('is not ours, whatever it is called', async () => {
    const engine = await makeEngine({ wiki: '' });
    await copy(engine, 'wiki-copy', 'wiki:copy');
    expect(await showPlan(engine, { wiki: '' })).toEqual(['nothing to do']);
    expect(await showPlan(engine, {})).toEqual([
      'nothing to do',
      'orphan wiki: no record wants it; docksmith reconcile --remove-orphans removes it',
    ]);
    const wiki = (await engine.listContainers()).find(({ name }) => name === 'wiki')?.id ?? '';
    await engine.stopContainer(wiki);
    await engine.removeContainer(wiki);
    expect(await showPlan(engine, { wiki: '' })).toEqual(['create wiki: not there']);
    await rename(engine, 'wiki-copy', 'wiki');
    await expect(showPlan(engine, { wiki: '' })).rejects.toThrow('that docksmith does not own');
  });
});

describe('a container that an interrupted recreate has put aside', () => {
  async function makeAside(): Promise<MemoryEngine> {
    const engine = await makeEngine({ shop: 'ports: ["8080:80"]' });
    await rename(engine, 'shop', 'shop.docksmith-old');
    return engine;
  }

  it('has its ports as the one whose it is', async () => {
    expect(await listPublishedPorts(await makeAside())).toEqual([
      expect.objectContaining({ container: 'shop', ours: true, port: 8080 }),
    ]);
  });

  it('serves in its place until a new one runs there', async () => {
    const engine = await makeAside();
    expect(findServing(await engine.listContainers(), 'shop')?.name).toBe('shop.docksmith-old');
    const inspect = await engine.findContainer((await engine.listContainers())[0]?.id ?? '');
    const made = await engine.createContainer('shop', {
      Image: 'app:1',
      Labels: inspect?.Config.Labels,
      HostConfig: {},
    });
    expect(findServing(await engine.listContainers(), 'shop')?.name).toBe('shop.docksmith-old');
    await engine.startContainer(made);
    expect(findServing(await engine.listContainers(), 'shop')?.name).toBe('shop');
  });

  it.each([
    ['no', 'remove shop.docksmith-old: replaced by shop'],
    ['always', 'remove shop: was never put into use'],
  ])('goes or comes back when a new one with restart "%s" has ended well: %s', async (Name, plan) => {
    const engine = await makeAside();
    const inspect = await engine.findContainer((await engine.listContainers())[0]?.id ?? '');
    const HostConfig = { RestartPolicy: { Name } };
    await engine.createContainer('shop', { Image: 'app:1', Labels: inspect?.Config.Labels, HostConfig });
    engine.setState('shop', { Status: 'exited', Running: false, ExitCode: 0 });
    expect((await showPlan(engine, { shop: undefined }))[0]).toBe(plan);
  });

  it('is stopped by who asks for a stop, and has its name back', async () => {
    const engine = await makeAside();
    const desired = desire({ shop: 'ports: ["8080:80"]' });
    const stop = async (): Promise<string> =>
      formatPlan(planAsked(desired, await readActual(engine, desired), { verb: 'stop', names: ['shop'] }));
    expect(await stop()).toBe('stop shop: asked for');
    const inspect = await engine.findContainer((await engine.listContainers())[0]?.id ?? '');
    const made = await engine.createContainer('shop', {
      Image: 'app:1',
      Labels: inspect?.Config.Labels,
      HostConfig: {},
    });
    expect(await stop()).toBe('remove shop: was never put into use\nstop shop: asked for');
    await engine.startContainer(made);
    expect(await stop()).toBe('stop shop: asked for');
  });
});
