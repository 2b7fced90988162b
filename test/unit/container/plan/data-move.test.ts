import { describe, expect, it } from 'vitest';
import { readActual } from '../../../../src/container/actual/actual.ts';
import { formatPlan } from '../../../../src/container/plan/format-plan.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { planReconcile, type PlanOptions } from '../../../../src/container/plan/plan.ts';
import { planAsked } from '../../../../src/container/plan/asked/plan-asked.ts';
import { desire, reconcile, showPlan, type Wanted } from '../../../support/container-world.ts';

const VOLUME = 'labels: {docksmith.data: /data}\nvolumes: ["wiki-data:/data"]';
const FOLDER = 'labels: {docksmith.data: /data}\nvolumes: ["/srv/wiki:/data"]';
const IMAGES = { 'app:1': {}, 'anonymous:1': { Volumes: { '/data': {} } } };

async function make(wanted: Wanted): Promise<MemoryEngine> {
  const engine = new MemoryEngine({ images: IMAGES });
  expect((await reconcile(engine, wanted)).failed).toEqual([]);
  return engine;
}

const REFUSED =
  'refused: cannot recreate container "wiki": its data would move from volume wiki-data to folder /srv/wiki, and it is down while that is copied; docksmith reconcile --move-data wiki';
const MOVED =
  'recreate wiki: volumes wiki-data:/data -> /srv/wiki:/data; its data is copied first, and it is down meanwhile';

describe('data that would be elsewhere', () => {
  it.each<readonly [string, string, string, PlanOptions | undefined, readonly string[]]>([
    ['is a reason to leave the container alone', VOLUME, FOLDER, undefined, [REFUSED]],
    ['is copied when that is asked for', VOLUME, FOLDER, { moveData: true }, [MOVED]],
    [
      'is that of a container which never heard of it, where its image has a volume',
      'image: anonymous:1',
      `image: anonymous:1\n${VOLUME}`,
      undefined,
      [expect.stringMatching(/^refused: .* from volume [0-9a-f]+ to volume wiki-data/) as string],
    ],
    [
      'is none where nothing was mounted',
      '',
      VOLUME,
      undefined,
      ['volume wiki-data: wanted by wiki', 'recreate wiki: volumes none -> wiki-data:/data'],
    ],
    [
      'is none where the run spec does not call it data',
      'volumes: ["wiki-data:/data"]',
      'volumes: ["/srv/wiki:/data"]',
      undefined,
      ['recreate wiki: volumes wiki-data:/data -> /srv/wiki:/data'],
    ],
    [
      'is none where only its path in the container or its mode changes',
      VOLUME,
      'labels: {docksmith.data: /var/data}\nvolumes: ["wiki-data:/var/data:ro"]',
      undefined,
      ['recreate wiki: volumes wiki-data:/data -> wiki-data:/var/data:ro'],
    ],
  ])('%s', async (_, before, after, options, plan) => {
    const engine = await make({ wiki: before });
    expect(await showPlan(engine, { wiki: after }, options)).toEqual(plan);
  });

  it('keeps others from nothing, and has its container started as it was', async () => {
    const engine = await make({ git: '', wiki: VOLUME });
    engine.setState('wiki', { Status: 'exited', Running: false, ExitCode: 1 });
    expect(await showPlan(engine, { git: 'hostname: new', wiki: FOLDER })).toEqual([
      'recreate git: hostname none -> new',
      'start wiki: stopped',
      REFUSED,
    ]);
  });

  it('does not keep a container from being restarted', async () => {
    const engine = await make({ wiki: VOLUME });
    const desired = desire({ wiki: FOLDER });
    expect(
      formatPlan(planAsked(desired, await readActual(engine, desired), { verb: 'restart', names: ['wiki'] })).split(
        '\n',
      ),
    ).toEqual(['restart wiki: asked for', REFUSED]);
  });

  it('is not copied while another container has it', async () => {
    const engine = await make({ git: 'volumes: ["wiki-data:/data"]', wiki: VOLUME });
    expect(await showPlan(engine, { git: 'volumes: ["wiki-data:/data"]', wiki: FOLDER }, { moveData: true })).toEqual([
      'refused: cannot recreate container "wiki": its data would move from volume wiki-data to folder /srv/wiki, which git uses too; docksmith stop git, then docksmith reconcile --move-data wiki',
    ]);
  });
});

describe('generated files that a container sees', () => {
  const changedFiles = new Map([['wiki', { paths: ['/etc/app.conf'], needsRestart: false }]]);
  const plan = async (
    lines: string,
    change: Partial<typeof changedFiles extends Map<string, infer T> ? T : never> = {},
    state?: 'stopped',
  ): Promise<readonly string[]> => {
    const engine = await make({ wiki: '', git: '' });
    if (state === 'stopped') engine.setState('wiki', { Status: 'exited', Running: false, ExitCode: 1 });
    const desired = desire({ wiki: lines, git: '' });
    const files = new Map([...changedFiles].map(([name, files]) => [name, { ...files, ...change }]));
    return formatPlan(planReconcile(desired, { ...(await readActual(engine, desired)), changedFiles: files })).split(
      '\n',
    );
  };

  it('restart it when they changed, or signal it, or leave that to it', async () => {
    expect(await plan('')).toEqual(['restart wiki: /etc/app.conf changed']);
    expect(await plan('labels: {docksmith.reload-signal: HUP}')).toEqual([
      'update wiki: /etc/app.conf changed, send HUP',
    ]);
    expect(await plan('labels: {docksmith.reload-signal: none}')).toEqual(['nothing to do']);
  });

  it('restart it in spite of a signal where one is mounted by itself', async () => {
    expect(await plan('labels: {docksmith.reload-signal: HUP}', { needsRestart: true })).toEqual([
      'restart wiki: /etc/app.conf changed',
    ]);
  });

  it('are read anyway by a container that is made or started', async () => {
    expect(await plan('hostname: new')).toEqual(['recreate wiki: hostname none -> new']);
    expect(await plan('', {}, 'stopped')).toEqual(['start wiki: stopped']);
    expect(await plan('mem_limit: 64m')).toEqual([
      'update wiki: memory none -> 64m',
      'restart wiki: /etc/app.conf changed',
    ]);
  });
});
