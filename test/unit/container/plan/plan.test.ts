import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/base/errors.ts';
import { readActual } from '../../../../src/container/actual/actual.ts';
import { formatPlan } from '../../../../src/container/plan/format-plan.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { HASH_LABEL } from '../../../../src/container/spec/names.ts';
import { listUnknown, planReconcile } from '../../../../src/container/plan/plan.ts';
import { planAsked } from '../../../../src/container/plan/asked/plan-asked.ts';
import { desire, planFor, reconcile, showPlan, type Wanted } from '../../../support/container-world.ts';

function makeEngine(): MemoryEngine {
  return new MemoryEngine({ images: { 'app:1': { Env: ['PATH=/bin'], Cmd: ['/run'] }, 'app:2': {} } });
}

/** what was asked for and done, what is asked for now, the plan */
const CHANGES: readonly (readonly [title: string, before: Wanted, now: Wanted, plan: readonly string[]])[] = [
  ['makes what is not there', {}, { wiki: '' }, ['create wiki: not there']],
  ['does nothing when nothing changed', { wiki: 'ports: ["80:80"]' }, { wiki: 'ports: ["80:80"]' }, ['nothing to do']],
  [
    'sees no change in another way to write the same',
    { wiki: 'ports: ["80:80"]\nenvironment: {A: 1}\ncommand: sleep 1\nmem_limit: 1g' },
    { wiki: 'mem_limit: 1024m\ncommand: [sleep, "1"]\nenvironment: [A=1]\nports: [{target: 80, published: "80"}]' },
    ['nothing to do'],
  ],
  [
    'sees no change when a default is said',
    { wiki: '' },
    { wiki: 'restart: "no"\nnetwork_mode: bridge\nread_only: false' },
    ['nothing to do'],
  ],
  [
    'updates memory on the living container',
    { wiki: 'mem_limit: 256m' },
    { wiki: 'mem_limit: 512m' },
    ['update wiki: memory 256m -> 512m'],
  ],
  [
    'shows memory beyond a gigabyte in its unit',
    { wikidb: 'mem_limit: 512m' },
    { wikidb: 'mem_limit: 1024m' },
    ['update wikidb: memory 512m -> 1024m'],
  ],
  [
    'updates swap together with memory',
    { wiki: 'mem_limit: 256m\nmemswap_limit: 300m' },
    { wiki: 'mem_limit: 256m' },
    ['update wiki: memory+swap 300m -> 512m'],
  ],
  [
    'sets a limit where there was none',
    { wiki: '' },
    { wiki: 'cpus: 0.5\npids_limit: 50' },
    ['update wiki: cpus none -> 0.5, pids limit unlimited -> 50'],
  ],
  [
    'takes back on the living container what the engine can take back',
    { wiki: 'restart: always\ncpu_shares: 512' },
    { wiki: '' },
    ['update wiki: cpu shares 512 -> 1024, restart always -> no'],
  ],
  [
    'needs a new container to take back a memory limit',
    { wiki: 'mem_limit: 256m' },
    { wiki: '' },
    ['recreate wiki: memory 256m -> none'],
  ],
  [
    'recreates for a mount',
    { wiki: 'volumes: ["/srv/wiki:/images"]' },
    { wiki: 'volumes: ["/srv/wiki2:/images"]' },
    ['recreate wiki: volumes /srv/wiki:/images -> /srv/wiki2:/images'],
  ],
  [
    'shows only the entries that differ',
    { wiki: 'ports: ["80:80", "81:81"]' },
    { wiki: 'ports: ["80:80", "82:81/udp"]' },
    ['recreate wiki: ports 81:81 -> 82:81/udp'],
  ],
  [
    'names variables without what they hold',
    { wiki: 'environment: {A: secret, B: 1}' },
    { wiki: 'environment: {A: other, C: 1}' },
    ['recreate wiki: environment A changed, B removed, C added'],
  ],
  [
    'brings an update along with a recreate',
    { wiki: 'mem_limit: 64m' },
    { wiki: 'mem_limit: 128m\nuser: "1000"' },
    ['recreate wiki: user none -> 1000, memory 64m -> 128m'],
  ],
  [
    'leaves alone what is only for the next stop',
    { wiki: 'stop_signal: SIGTERM' },
    { wiki: 'stop_signal: SIGQUIT\nstop_grace_period: 1m' },
    ['nothing to do'],
  ],
  [
    'leaves alone a change of our own labels',
    { wiki: 'labels: {docksmith.order: 1, a: b}' },
    { wiki: 'labels: {docksmith.order: 2, a: b}' },
    ['nothing to do'],
  ],
  [
    'stops what is disabled, and nothing else',
    { git: '', wiki: '' },
    { git: '', wiki: undefined },
    ['stop wiki: disabled'],
  ],
  ['makes nothing of a disabled one that is not there', {}, { wiki: undefined }, ['nothing to do']],
  [
    'notes an orphan',
    { old: '' },
    {},
    ['nothing to do', 'orphan old: no record wants it; docksmith reconcile --remove-orphans removes it'],
  ],
  [
    'pulls first',
    {},
    { git: '', wiki: 'image: new' },
    ['pull new:latest: not there', 'create git: not there', 'create wiki: not there'],
  ],
  [
    'pulls once for two',
    {},
    { aa: 'image: new', bb: 'image: new:latest' },
    ['pull new:latest: not there', 'create aa: not there', 'create bb: not there'],
  ],
  [
    'makes volumes once, and says for whom',
    {},
    { aa: 'volumes: ["wiki-data:/d"]', bb: 'volumes: ["wiki-data:/d"]' },
    ['volume wiki-data: wanted by aa, bb', 'create aa: not there', 'create bb: not there'],
  ],
  [
    'stops before it starts',
    { aa: 'ports: ["80:80"]' },
    { bb: 'ports: ["80:80"]', aa: undefined },
    ['stop aa: disabled', 'create bb: not there'],
  ],
  [
    'stops first one of two that swap ports',
    { aa: 'ports: ["80:80"]', bb: 'ports: ["81:80"]' },
    { aa: 'ports: ["81:80"]', bb: 'ports: ["80:80"]' },
    ['stop bb: gives port 81 to aa', 'recreate aa: ports 80:80 -> 81:80', 'recreate bb: ports 81:80 -> 80:80'],
  ],
  [
    'keeps the order that it was given',
    {},
    { wikidb: '', git: '', aa: '' },
    ['create wikidb: not there', 'create git: not there', 'create aa: not there'],
  ],
];

describe('a plan', () => {
  it.each(CHANGES)('%s', async (_title, before, now, plan) => {
    const engine = makeEngine();
    expect((await reconcile(engine, before)).failed).toEqual([]);
    const calls = engine.calls.length;
    expect(await showPlan(engine, now)).toEqual(plan);
    expect(engine.calls).toHaveLength(calls);
    expect((await reconcile(engine, now)).failed).toEqual([]);
    expect((await showPlan(engine, now))[0]).toBe('nothing to do');
  });

  it('makes no mutating call when there is nothing to do', async () => {
    const engine = makeEngine();
    await reconcile(engine, { git: 'mem_limit: 64m', wiki: '' });
    engine.calls.length = 0;
    await reconcile(engine, { git: 'mem_limit: 64m', wiki: '' });
    expect(engine.calls).toEqual([]);
  });

  it('is the calls that are made, in order', async () => {
    const engine = makeEngine();
    await reconcile(engine, { db: '', wiki: 'depends_on: [db]' });
    await reconcile(engine, { db: 'mem_limit: 64m', wiki: 'user: "1"', git: '' });
    expect(engine.calls).toEqual([
      'create db',
      'start db',
      'create wiki',
      'start wiki',
      'update db',
      'rename wiki wiki.docksmith-old',
      'create wiki',
      'stop wiki.docksmith-old',
      'start wiki',
      'remove wiki.docksmith-old',
      'create git',
      'start git',
    ]);
  });

  it('starts again a container that was stopped by hand', async () => {
    const engine = makeEngine();
    await reconcile(engine, { wiki: 'restart: unless-stopped' });
    engine.setState('wiki', { Status: 'exited', Running: false, ExitCode: 0 });
    expect(await showPlan(engine, { wiki: 'restart: unless-stopped' })).toEqual(['start wiki: stopped']);
  });

  it('does not start again what finished well and is not to be restarted', async () => {
    const engine = makeEngine();
    await reconcile(engine, { job: 'restart: "no"' });
    engine.setState('job', { Status: 'exited', Running: false, ExitCode: 0 });
    expect(await showPlan(engine, { job: 'restart: "no"' })).toEqual(['nothing to do']);
    engine.setState('job', { ExitCode: 1 });
    expect(await showPlan(engine, { job: 'restart: "no"' })).toEqual(['start job: stopped']);
  });

  it('does not start again what others wait for to complete, where the engine may restart it after a failure', async () => {
    const engine = makeEngine();
    const wanted = {
      init: 'restart: on-failure',
      app: 'depends_on: {init: {condition: service_completed_successfully}}',
    };
    await reconcile(engine, wanted);
    engine.setState('init', { Status: 'exited', Running: false, ExitCode: 0 });
    expect(await showPlan(engine, wanted)).toEqual(['nothing to do']);
    expect(await showPlan(engine, { ...wanted, app: '' })).toEqual(['start init: stopped']);
    expect((await showPlan(engine, { ...wanted, init: 'restart: on-failure\nuser: "7"' }))[0]).toMatch(
      /^recreate init: /,
    );
    engine.setState('init', { Status: 'exited', Running: false, ExitCode: 3 });
    expect(await showPlan(engine, wanted)).toEqual(['start init: stopped']);
  });

  it('lets a paused one go on', async () => {
    const engine = makeEngine();
    await reconcile(engine, { wiki: '' });
    engine.setState('wiki', { Status: 'paused' });
    expect(await showPlan(engine, { wiki: '' })).toEqual(['start wiki: paused']);
    await reconcile(engine, { wiki: '' });
    expect(engine.calls.at(-1)).toBe('unpause wiki');
  });

  it('removes orphans when it is told to, and only those that are asked for', async () => {
    const engine = makeEngine();
    await reconcile(engine, { old: '', older: '' });
    expect(await showPlan(engine, {}, { removeOrphans: true })).toEqual(['remove old: orphan', 'remove older: orphan']);
    expect(await showPlan(engine, {}, { removeOrphans: true, names: ['old'] })).toEqual(['remove old: orphan']);
  });

  it('looks only at the names that it is given', async () => {
    const engine = makeEngine();
    expect(await showPlan(engine, { git: '', wiki: '' }, { names: ['wiki'] })).toEqual(['create wiki: not there']);
  });

  it('names the containers that want a volume, and the line of a file that cannot be used', async () => {
    const wanted = { git: '', wiki: 'volumes: ["wiki-data:/data"]' };
    expect((await showPlan(makeEngine(), wanted))[0]).toBe('volume wiki-data: wanted by wiki');
    const desired = desire({ git: '', wiki: '' });
    const at = { file: '/etc/wiki.env', line: 3, column: 1 };
    const unusable = [new Failure('cannot read it', { why: 'no', at }), new Failure('cannot read it', { why: 'gone' })];
    const containers = desired.containers.map((container) =>
      container.state === 'running' && container.name === 'wiki'
        ? { ...container, spec: { ...container.spec, unusable } }
        : container,
    );
    const { operations, refused } = planReconcile({ containers }, await readActual(makeEngine(), desired));
    expect(operations.map(({ verb, name }) => `${verb} ${name}`)).toEqual(['create git']);
    expect(refused?.map((failure) => [failure.why, failure.at])).toEqual([
      ['no', at],
      ['gone', undefined],
    ]);
  });

  it('removes networks that nobody uses, unless it is of a part of the containers', async () => {
    const desired = desire({ wiki: '' });
    const engine = makeEngine();
    await reconcile(engine, { wiki: '' });
    const actual = {
      ...(await readActual(engine, desired)),
      networkUsers: new Map([
        ['bridge', ['wiki']],
        ['back', []],
        ['busy', ['foreign']],
      ]),
    };
    expect(formatPlan(planReconcile(desired, actual))).toBe('remove network back: no container uses it');
    expect(formatPlan(planReconcile(desired, actual, { names: ['wiki'] }))).toBe('nothing to do');
  });

  it('refuses an unknown name', async () => {
    await expect(planFor(makeEngine(), { wiki: '' }, { names: ['wikki'] })).rejects.toThrow(
      'cannot find container "wikki": there is neither a record of it nor a container that docksmith made',
    );
  });

  it('refuses foreign containers of wanted names, all at once, and leaves them alone', async () => {
    const engine = makeEngine();
    for (const name of ['git', 'wiki', 'other']) await engine.createContainer(name, { Image: 'app:1', HostConfig: {} });
    await expect(planFor(engine, { git: '', wiki: '' })).rejects.toThrow(
      /name "git".*docksmith does not own.*\n.*name "wiki"/,
    );
    expect(await showPlan(engine, { git: undefined })).toEqual(['nothing to do']);
  });

  it('refuses a memory limit below what is in use, with the numbers', async () => {
    const engine = makeEngine();
    await reconcile(engine, { wiki: 'mem_limit: 64m' });
    await expect(planFor(engine, { wiki: 'mem_limit: 16m' })).rejects.toThrow(
      'cannot update container "wiki": a memory limit of 16m is below the 20m that it uses now',
    );
    expect(await showPlan(engine, { wiki: 'mem_limit: 32m' })).toEqual(['update wiki: memory 64m -> 32m']);
    engine.setState('wiki', { Status: 'exited', Running: false, ExitCode: 1 });
    expect(await showPlan(engine, { wiki: 'mem_limit: 16m' })).toEqual([
      'update wiki: memory 64m -> 16m',
      'start wiki: stopped',
    ]);
  });

  it('recreates nothing because a spec was recorded by another release', async () => {
    const engine = makeEngine();
    const wanted = {
      wiki: 'ports: ["80:80"]\nenvironment: {A: 1}\nlogging: {driver: json-file, options: {max-size: 10m}}',
    };
    await reconcile(engine, wanted);
    const show = async (now: Wanted): Promise<string> => {
      const desired = desire(now);
      const actual = await readActual(engine, desired);
      const containers = [...actual.containers.values()].map((container) => ({
        ...container,
        labels: { ...container.labels, [HASH_LABEL]: '0:of-another-release' },
      }));
      const image = await engine.findImage('app:1');
      return formatPlan(
        planReconcile(desired, {
          ...actual,
          containers: new Map(containers.map((container) => [container.nameNow, { ...container, image }])),
        }),
      );
    };
    expect(await show(wanted)).toBe('nothing to do');
    // and still sees what did change, also that something is not wanted any more
    expect(
      await show({
        wiki: 'ports: ["80:80"]\nenvironment: {A: 2}\nlogging: {driver: json-file, options: {max-size: 10m}}',
      }),
    ).toBe('recreate wiki: environment A changed');
    expect(await show({ wiki: 'environment: {A: 1}\nlogging: {driver: json-file, options: {max-size: 10m}}' })).toBe(
      'recreate wiki: ports 80:80 -> none',
    );
  });
});

describe('a plan that an admin asks for', () => {
  async function ask(
    engine: MemoryEngine,
    wanted: Wanted,
    verb: 'start' | 'stop' | 'restart',
    ...names: readonly string[]
  ): Promise<string> {
    const desired = desire(wanted);
    return formatPlan(planAsked(desired, await readActual(engine, desired), { verb, names }));
  }

  it('restarts what runs, and only starts what does not', async () => {
    const engine = makeEngine();
    await reconcile(engine, { git: '', wiki: '' });
    expect(await ask(engine, { git: '', wiki: '' }, 'restart', 'wiki')).toBe('restart wiki: asked for');
    engine.setState('wiki', { Status: 'exited', Running: false, ExitCode: 1 });
    expect(await ask(engine, { git: '', wiki: '' }, 'restart', 'wiki')).toBe('start wiki: stopped');
    expect(await ask(engine, { git: '', wiki: '', new: '' }, 'restart', 'new')).toBe('create new: not there');
  });

  it('stops what runs', async () => {
    const engine = makeEngine();
    await reconcile(engine, { git: '', wiki: '' });
    expect(await ask(engine, { git: '', wiki: '' }, 'stop', 'wiki')).toBe('stop wiki: asked for');
    engine.setState('wiki', { Status: 'exited', Running: false, ExitCode: 1 });
    expect(await ask(engine, { git: '', wiki: '' }, 'stop', 'wiki')).toBe('nothing to do');
  });

  it('starts also what has finished its work', async () => {
    const engine = makeEngine();
    await reconcile(engine, { job: '' });
    engine.setState('job', { Status: 'exited', Running: false, ExitCode: 0 });
    expect(await ask(engine, { job: '' }, 'start', 'job')).toBe('start job: asked for');
  });

  it('refuses to start disabled containers and unknown names', async () => {
    await expect(ask(makeEngine(), { wiki: undefined }, 'start', 'wiki')).rejects.toThrow(
      'cannot start container "wiki": its record is disabled',
    );
    await expect(ask(makeEngine(), {}, 'stop', 'wiki')).rejects.toThrow('cannot find container "wiki"');
  });
});

it('a container that is not known is answered with the one that is called nearly so', () => {
  const [desired, actual] = [{ containers: [{ name: 'wiki' }] }, { containers: new Map([[1, { name: 'git' }]]) }];
  expect(
    listUnknown(desired as never, actual as never, ['wikki', 'gti', 'wiki', 'other']).map(({ hint }) => hint),
  ).toEqual(['did you mean "wiki"?', 'did you mean "git"?', undefined]);
});
