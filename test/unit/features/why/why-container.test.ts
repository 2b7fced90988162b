import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { formatContainerWhy } from '../../../../src/cli/format/format-why.ts';
import { MANAGED_LABEL } from '../../../../src/container/spec/names.ts';
import { appendOperation, type RunOperation } from '../../../../src/event/operations-log.ts';
import { newRun, runsFolder, writeRun } from '../../../../src/event/runs.ts';
import { whyContainer } from '../../../../src/features/why/why-container.ts';
import { findPaths, type Paths } from '../../../../src/base/paths.ts';
import { makeFolder, writeTree } from '../../../support/folder.ts';

let paths: Paths;
beforeEach(() => {
  paths = findPaths({ DOCKSMITH_ROOT: makeFolder() });
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${paths.file('/engine.json')}`);
  vi.stubEnv('SUDO_USER', 'alice');
  vi.stubEnv('TZ', 'UTC');
  writeTree(paths.file('/var/lib/docksmith/db'), { docker_containers: 'wiki=service|Image|wiki:1|status|enabled\n' });
});
afterEach(() => void vi.unstubAllEnvs());

const at = (minute: number, second = 0): string =>
  `2026-11-21T10:${String(minute).padStart(2, '0')}:${String(second).padStart(2, '0')}.000Z`;

/** A run that begins in that minute, and what it did. */
function run(
  minute: number,
  event: string,
  args: readonly string[],
  ...operations: readonly (Omit<RunOperation, 'time' | 'name'> & { name?: string })[]
): void {
  const record = newRun(event, args, undefined, new Date(at(minute)));
  writeRun(paths, { ...record, ended: at(minute, 59) }, (text) => text);
  for (const [n, operation] of operations.entries())
    appendOperation(runsFolder(paths), record.id, { time: at(minute, 30 + n), name: 'wiki', ...operation });
}

interface State {
  Status: string;
  Running?: boolean;
  StartedAt?: string;
  ExitCode?: number;
  Health?: { Status: string };
}

function writeEngine(
  containers: Readonly<Record<string, State>>,
  labels: Readonly<Record<string, string>> = { [MANAGED_LABEL]: 'true' },
): void {
  writeTree(paths.root, {
    'engine.json': JSON.stringify({
      count: 0,
      volumes: [],
      images: {},
      containers: Object.entries(containers).map(([name, state]) => ({
        name,
        inspect: {
          Id: `id-of-${name}`,
          Name: `/${name}`,
          Created: at(1),
          State: { Running: state.Status === 'running', ExitCode: 0, StartedAt: '', ...state },
          Config: { Labels: labels },
          HostConfig: {},
          Mounts: [],
        },
      })),
    }),
  });
}

const show = async (name = 'wiki'): Promise<string> => formatContainerWhy(await whyContainer(paths, name));

it('names the last time of each kind, the newest first, with cause, command and who gave it', async () => {
  run(1, 'docker-update', [], { verb: 'pull', cause: 'not there' }, { verb: 'create', cause: 'not there' });
  run(2, 'docker-container-update', ['wiki'], { verb: 'update', cause: 'memory 64m -> 128m' });
  run(3, 'docksmith stop', ['wiki'], { verb: 'stop', cause: 'asked for' });
  run(
    4,
    'docker-update',
    [],
    { verb: 'create', cause: 'not there', name: 'wikidb' },
    { verb: 'start', cause: 'stopped' },
    { verb: 'update', cause: 'memory 128m -> 256m' },
  );
  writeEngine({ wiki: { Status: 'running', StartedAt: at(4, 30) } });
  expect(await show()).toBe(
    [
      'wiki',
      '  updated 2026-11-21 10:04:32 by alice: signal-event docker-update',
      '      update: memory 128m -> 256m',
      '  started 2026-11-21 10:04:31 by alice: signal-event docker-update',
      '      start: stopped',
      '  stopped 2026-11-21 10:03:30 by alice: docksmith stop wiki',
      '      stop: asked for',
      '  made 2026-11-21 10:01:31 by alice: signal-event docker-update',
      '      create: not there',
      '  now running since 2026-11-21 10:04:30',
      '',
    ].join('\n'),
  );
});

it('counts networks that it was put on or taken off as changes of it, and not what befell an image or a network of its name', async () => {
  run(
    1,
    'docker-update',
    [],
    { verb: 'connect', cause: 'wanted by db' },
    { verb: 'pull', cause: 'asked for' },
    { verb: 'volume', cause: 'wanted by wiki' },
    { verb: 'network', cause: 'wanted by wiki' },
  );
  expect((await whyContainer(paths, 'wiki')).doings.map(({ what, verb }) => [what, verb])).toEqual([
    ['updated', 'connect'],
  ]);
});

it('says of an attempt that failed why it failed, beside the one before that did not', async () => {
  run(1, 'docker-update', [], { verb: 'create', cause: 'not there' });
  run(2, 'docker-update', [], {
    verb: 'recreate',
    cause: 'image wiki:1 -> wiki:2',
    failure:
      'the new one ended 3 times, the last time with exit code 3; the old one runs again; its last lines were:\n  no more\n  no more',
  });
  writeEngine({ wiki: { Status: 'running', StartedAt: at(2, 29), Health: { Status: 'healthy' } } });
  const why = await whyContainer(paths, 'wiki');
  // the old one was started again by docksmith
  expect(why).toMatchObject({ startedByOthers: false, now: { state: 'running', health: 'healthy' } });
  expect(formatContainerWhy(why)).toBe(
    [
      'wiki',
      '  made (failed) 2026-11-21 10:02:30 by alice: signal-event docker-update',
      '      recreate: image wiki:1 -> wiki:2',
      '      the new one ended 3 times, the last time with exit code 3; the old one',
      '      runs again; its last lines were:',
      '      no more',
      '      no more',
      '  made 2026-11-21 10:01:30 by alice: signal-event docker-update',
      '      create: not there',
      '  now running and healthy since 2026-11-21 10:02:29',
      '',
    ].join('\n'),
  );
});

it.each<[string, State, boolean, string]>([
  [
    'started again since',
    { Status: 'running', StartedAt: at(9) },
    true,
    'now running since 2026-11-21 10:09:00\n  started after that by the engine, or by hand: docker inspect tells more',
  ],
  [
    'unhealthy',
    { Status: 'running', StartedAt: at(1), Health: { Status: 'unhealthy' } },
    false,
    'now running and unhealthy since 2026-11-21 10:01:00',
  ],
  [
    'without a check',
    { Status: 'running', StartedAt: at(1), Health: { Status: 'none' } },
    false,
    'now running since 2026-11-21 10:01:00',
  ],
  ['ended', { Status: 'exited', StartedAt: at(9), ExitCode: 137 }, false, 'now exited with exit code 137'],
  ['paused', { Status: 'paused', Running: true, StartedAt: at(1) }, false, 'now paused'],
])('says how it is now: %s', async (_, state, startedByOthers, words) => {
  run(1, 'docker-update', [], { verb: 'create', cause: 'not there' });
  writeEngine({ wiki2: { Status: 'running' }, wiki: state });
  const why = await whyContainer(paths, 'wiki');
  expect(why.startedByOthers).toBe(startedByOthers);
  expect(formatContainerWhy(why)).toMatch(new RegExp(`\n {2}${words}\n$`));
});

it('says that it knows nothing, and names no cause for a start that it has no record of', async () => {
  expect(await show()).toBe('wiki\n  no recorded run created, started or stopped it\n');
  writeEngine({ wiki: { Status: 'running', StartedAt: at(9) }, adopted: { Status: 'running', StartedAt: at(8) } });
  expect(await show()).toBe(
    'wiki\n  no recorded run created, started or stopped it\n  now running since 2026-11-21 10:09:00\n',
  );
  // one of ours without a record
  expect(await show('adopted')).toContain('now running since 2026-11-21 10:08:00');
});

it('tells of one that is gone, and of runs whose own record is damaged', async () => {
  run(1, 'docker-update', [], { verb: 'create', cause: 'not there', name: 'gone' });
  run(2, 'docksmith reconcile --remove-orphans', [], { verb: 'remove', cause: 'orphan', name: 'gone' });
  writeTree(runsFolder(paths), {
    '20261121T100200.000Z-1.operations': `${JSON.stringify({ time: at(3), verb: 'stop', name: 'gone', cause: 'x' })}\n{"time": "cut o`,
    '20261121T100200.000Z-1.json': 'damaged',
  });
  expect(await show('gone')).toMatch(
    /^gone\n {2}removed .* by alice: docksmith reconcile --remove-orphans\n {6}remove: orphan\n {2}stopped 2026-11-21 10:03:00\n {6}stop: x\n {2}made /,
  );
});

it('refuses what is no container of ours, with the name that is meant', async () => {
  await expect(whyContainer(paths, 'wikki')).rejects.toMatchObject({
    message: 'cannot tell why "wikki" is as it is: there is no container, file or host of that name',
    hint: 'did you mean "wiki"?',
  });
  run(1, 'docker-update', [], { verb: 'pull', cause: 'not there', name: 'git:1' });
  await expect(whyContainer(paths, 'git:1')).rejects.toThrow(/no container, file or host of that name/);
  writeEngine({ theirs: { Status: 'running' }, wiki: { Status: 'running', StartedAt: at(1) } }, {});
  await expect(whyContainer(paths, 'theirs')).rejects.toMatchObject({
    message: 'cannot tell why "theirs" is as it is: that container is not docksmith\'s',
    hint: 'docker inspect theirs',
  });
  // a record whose name somebody else's container has
  expect((await whyContainer(paths, 'wiki')).now).toBeUndefined();
});
