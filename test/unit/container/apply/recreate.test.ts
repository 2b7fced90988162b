import { describe, expect, it, vi } from 'vitest';
import { EngineGone } from '../../../../src/engine/engine-gone.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { Failure } from '../../../../src/base/errors.ts';
import { reconcile, showPlan, type Wanted } from '../../../support/container-world.ts';

const IMAGES = { 'app:1': { Volumes: { '/state': {} } } };

/** Runs to the n-th mutating call, after which the process is gone. */
function makeMortal(): { readonly engine: MemoryEngine; readonly dieAfter: (calls: number) => void } {
  let left = Infinity;
  const engine = new MemoryEngine({
    images: IMAGES,
    onCall: () => {
      if (--left < 0) throw new EngineGone('killed', { why: 'test' });
    },
  });
  return {
    engine,
    dieAfter: (calls) => {
      left = calls;
    },
  };
}

async function listNames(engine: MemoryEngine): Promise<readonly string[]> {
  return (await engine.listContainers()).map(({ name, status }) => `${name} ${status}`).sort();
}

describe('a recreate', () => {
  const before = { wiki: 'user: "1"' };
  const after = { wiki: 'user: "2"' };

  it.each([0, 1, 2, 3, 4, 5])('that is killed after call %i is finished by the next run', async (calls) => {
    const { engine, dieAfter } = makeMortal();
    await reconcile(engine, before);
    dieAfter(calls);
    await reconcile(engine, after);
    dieAfter(Infinity);
    expect((await reconcile(engine, after)).failed).toEqual([]);
    expect(await listNames(engine)).toEqual(['wiki running']);
    expect(await showPlan(engine, after)).toEqual(['nothing to do']);
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'that is killed after call %i leaves one stopped container if the record is disabled meanwhile',
    async (calls) => {
      const { engine, dieAfter } = makeMortal();
      await reconcile(engine, before);
      dieAfter(calls);
      await reconcile(engine, after);
      dieAfter(Infinity);
      await reconcile(engine, { wiki: undefined });
      expect(await listNames(engine)).toEqual(['wiki exited']);
      expect(await showPlan(engine, { wiki: undefined })).toEqual(['nothing to do']);
    },
  );

  it.each(['create wiki', 'start wiki'])('brings the old one back when the engine refuses to %s', async (refused) => {
    let isRefusing = false;
    const engine = new MemoryEngine({
      images: IMAGES,
      onCall: (call) => {
        if (isRefusing && call === refused) {
          isRefusing = false;
          throw new Failure(`cannot ${call}`, { why: 'no' });
        }
      },
    });
    await reconcile(engine, before);
    const [old] = await engine.listContainers();
    isRefusing = true;
    const { failed } = await reconcile(engine, after);
    expect(failed.map(({ failure }) => failure.message)).toEqual([`cannot ${refused}: no`]);
    expect(await engine.listContainers()).toEqual([old]);
  });

  it.each(['create', 'start'] as const)(
    'brings the old one back when the engine is restarted and never answers the %s that it has done',
    async (verb) => {
      const engine = new MemoryEngine({ images: IMAGES });
      await reconcile(engine, before);
      const [old] = await engine.listContainers();
      const gone = new EngineGone('cannot go on', { why: 'test' });
      const [create, start] = [engine.createContainer.bind(engine), engine.startContainer.bind(engine)];
      if (verb === 'create')
        vi.spyOn(engine, 'createContainer').mockImplementationOnce((...request) =>
          create(...request).then(() => Promise.reject(gone)),
        );
      else
        vi.spyOn(engine, 'startContainer').mockImplementationOnce((...request) =>
          start(...request).then(() => Promise.reject(gone)),
        );
      const { failed } = await reconcile(engine, after);
      expect(failed.map(({ failure }) => failure.message)).toEqual(['cannot go on: test']);
      expect(await engine.listContainers()).toEqual([old]);
      await reconcile(engine, after);
      expect(await listNames(engine)).toEqual(['wiki running']);
    },
  );

  it('says so when the old one does not come back, and the next run tries again', async () => {
    let isRefusing = false;
    const engine = new MemoryEngine({
      images: IMAGES,
      onCall: (call) => {
        if (isRefusing && call.startsWith('start')) throw new Failure(`cannot ${call}`, { why: 'no memory' });
      },
    });
    await reconcile(engine, before);
    isRefusing = true;
    expect((await reconcile(engine, after)).failed[0]?.failure.message).toBe(
      'cannot recreate container "wiki": no memory; and the old one did not come back: no memory',
    );
    isRefusing = false;
    await reconcile(engine, after);
    expect(await listNames(engine)).toEqual(['wiki running']);
  });

  it('carries anonymous volumes over, again and again', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    const findVolume = async (): Promise<unknown> =>
      (await engine.findContainer((await engine.listContainers())[0]?.id ?? ''))?.Mounts.filter(
        ({ Destination }) => Destination === '/state',
      ).map(({ Name }) => Name);
    await reconcile(engine, before);
    const volume = await findVolume();
    for (const wanted of [after, before, after]) await reconcile(engine, wanted);
    expect(await findVolume()).toEqual(volume);
  });

  it('does not carry one over where the run spec now mounts something else', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    await reconcile(engine, before);
    await reconcile(engine, { wiki: 'volumes: ["/srv/state:/state"]' });
    const [container] = await engine.listContainers();
    expect((await engine.findContainer(container?.id ?? ''))?.HostConfig.Mounts).toEqual([
      { Type: 'bind', Source: '/srv/state', Target: '/state' },
    ]);
  });
});

describe('whatever state a container is in', () => {
  const dead = { Status: 'dead', Running: false } as const;

  it('one that ends again and again makes room for a better one, and is started without delay where nothing is better', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    await reconcile(engine, { wiki: 'user: "1"' });
    engine.setState('wiki', { Status: 'restarting', ExitCode: 3 });
    expect(await showPlan(engine, { wiki: 'user: "1"' })).toEqual(['restart wiki: ended with exit code 3']);
    expect(await showPlan(engine, { wiki: 'user: "1"\nmem_limit: 64m' })).toEqual([
      'update wiki: memory none -> 64m',
      'restart wiki: ended with exit code 3',
    ]);
    expect((await reconcile(engine, { wiki: 'user: "2"' })).failed).toEqual([]);
    expect(await listNames(engine)).toEqual(['wiki running']);
  });

  it('one that cannot be renamed twice serves on', async () => {
    const engine = new MemoryEngine({
      images: IMAGES,
      onCall: (call) => {
        if (call.startsWith('rename')) throw new Failure(`cannot ${call}`, { why: 'no' });
      },
    });
    await reconcile(engine, { wiki: 'user: "1"' });
    engine.setState('wiki', { Status: 'restarting' });
    expect((await reconcile(engine, { wiki: 'user: "2"' })).failed).toHaveLength(1);
    expect(await listNames(engine)).toEqual(['wiki running']);
  });

  it.each<readonly [string, Wanted]>([
    ['the same', { wiki: 'user: "1"' }],
    ['another', { wiki: 'user: "2"' }],
  ])(
    'one that the engine cannot remove makes room for one of %s run spec, is said once, and left in peace',
    async (_, wanted) => {
      const engine = new MemoryEngine({ images: IMAGES });
      await reconcile(engine, { wiki: 'user: "1"' });
      engine.setState('wiki', dead);
      const { failed } = await reconcile(engine, { ...wanted, git: '' });
      expect(failed.map(({ failure }) => failure.message)).toEqual([
        'cannot remove container "wiki.dead-000000000001": failed to remove root filesystem: device or resource busy',
      ]);
      expect(await listNames(engine)).toEqual(['git running', 'wiki running', 'wiki.dead-000000000001 dead']);
      engine.calls.length = 0;
      expect(await showPlan(engine, { ...wanted, git: '' })).toEqual([
        'nothing to do',
        'orphan wiki.dead-000000000001: no record wants it; docksmith reconcile --remove-orphans removes it',
      ]);
      expect((await reconcile(engine, { wiki: 'user: "3"', git: '' })).failed).toEqual([]);
      // asked for, it is tried again, and keeps its name
      expect((await reconcile(engine, { wiki: 'user: "3"', git: '' }, { removeOrphans: true })).failed).toHaveLength(1);
      expect(await listNames(engine)).toEqual(['git running', 'wiki running', 'wiki.dead-000000000001 dead']);
    },
  );

  it('one that the engine does not remove for once is removed by the next run', async () => {
    let isRefusing = true;
    const engine = new MemoryEngine({
      images: IMAGES,
      onCall: (call) => {
        if (isRefusing && call.startsWith('remove')) throw new Failure(`cannot ${call}`, { why: 'server error' });
      },
    });
    await reconcile(engine, { wiki: 'user: "1"' });
    expect((await reconcile(engine, { wiki: 'user: "2"' })).failed).toHaveLength(1);
    expect(await listNames(engine)).toEqual(['wiki running', 'wiki.docksmith-old exited']);
    isRefusing = false;
    expect((await reconcile(engine, { wiki: 'user: "2"' })).failed).toEqual([]);
    expect(await listNames(engine)).toEqual(['wiki running']);
  });

  it('one that the engine is removing is waited for, and made again', async () => {
    const engine = new MemoryEngine({
      images: IMAGES,
      onCall: (call) => {
        if (call === 'remove wiki') engine.setState('wiki', { Status: 'exited' });
      },
    });
    await reconcile(engine, { wiki: '' });
    engine.setState('wiki', { Status: 'removing', Running: false });
    expect(await showPlan(engine, { wiki: '' })).toEqual([
      'remove wiki: the engine is removing it',
      'create wiki: not there',
    ]);
    expect((await reconcile(engine, { wiki: '' })).failed).toEqual([]);
    expect(await listNames(engine)).toEqual(['wiki running']);
  });

  it.each(['created', 'running', 'paused', 'restarting', 'exited', 'dead'])(
    'a %s one is stopped when its record is disabled, and removed with its record',
    async (Status) => {
      const engine = new MemoryEngine({ images: IMAGES });
      await reconcile(engine, { wiki: '' });
      engine.setState('wiki', { Status, Running: ['running', 'paused', 'restarting'].includes(Status), ExitCode: 1 });
      expect((await reconcile(engine, { wiki: undefined })).failed).toEqual([]);
      expect(await showPlan(engine, { wiki: undefined })).toEqual(['nothing to do']);
      expect((await engine.listContainers()).map(({ status }) => status)).not.toContain('running');
      const { failed } = await reconcile(engine, {}, { removeOrphans: true });
      expect([failed.length, (await engine.listContainers()).length]).toEqual(Status === 'dead' ? [1, 1] : [0, 0]);
    },
  );
});

describe('applying a plan', () => {
  it('removes a new container that does not start', async () => {
    const engine = new MemoryEngine({ images: IMAGES });
    await engine.createContainer('foreign', {
      Image: 'app:1',
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '80' }] } },
    });
    await engine.startContainer((await engine.listContainers())[0]?.id ?? '');
    const { failed } = await reconcile(engine, { wiki: 'ports: ["80:80"]' });
    expect(failed.map(({ failure }) => failure.message)).toEqual([
      'cannot start container "wiki": port 0.0.0.0:80/tcp is already allocated',
    ]);
    expect(await listNames(engine)).toEqual(['foreign running']);
  });

  it('goes on with other containers after one has failed, and says what was done and what not', async () => {
    const engine = new MemoryEngine({
      images: IMAGES,
      onCall: (call) => {
        if (call === 'update aa') throw new Failure('cannot update container "aa"', { why: 'no' });
      },
    });
    await reconcile(engine, { aa: 'mem_limit: 64m', bb: '' });
    engine.setState('aa', { Status: 'exited', Running: false, ExitCode: 1 });
    const { done, failed, skipped } = await reconcile(engine, { aa: 'mem_limit: 128m', bb: 'user: "1"' });
    const show = (operations: readonly { readonly verb: string; readonly name: string }[]): readonly string[] =>
      operations.map(({ verb, name }) => `${verb} ${name}`);
    expect([show(done), show(failed.map(({ operation }) => operation)), show(skipped)]).toEqual([
      ['recreate bb'],
      ['update aa'],
      ['start aa'],
    ]);
  });

  it('touches nothing when an image cannot be had', async () => {
    const engine = new MemoryEngine({ images: IMAGES, registry: false });
    await reconcile(engine, { old: '' });
    engine.calls.length = 0;
    const wanted: Wanted = { old: undefined, wiki: 'image: typo:1', git: '' };
    const { failed, skipped } = await reconcile(engine, wanted);
    expect(failed.map(({ failure }) => failure.message)).toEqual(['cannot pull image "typo:1": no registry has it']);
    expect(skipped).toHaveLength(3);
    expect(engine.calls.filter((call) => !call.startsWith('pull'))).toEqual([]);
  });
});
