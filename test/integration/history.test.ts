import { readFileSync } from 'node:fs';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { listHistory } from '../../src/flow/history.ts';
import type { Reporter } from '../../src/flow/reporter.ts';
import { planRollback, rollBack } from '../../src/flow/rollback.ts';
import { signalEvent } from '../../src/flow/signal.ts';
import type { Paths } from '../../src/paths.ts';
import { makeRoot, writeTree } from '../support/folder.ts';

const QUIET: Reporter = { waiting: () => undefined, progress: () => undefined, installed: () => undefined, line: () => undefined, warning: () => undefined };
const SPEC = '/etc/docksmith/containers/app.yaml';
const DB = '/var/lib/docksmith/db/docker_containers';

beforeEach(() => {
  vi.stubEnv('DOCKSMITH_ENGINE', '');
  onTestFinished(() => void vi.unstubAllEnvs());
});

function makeHost(): Paths {
  const paths = makeRoot();
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${paths.file('/engine.json')}`);
  writeTree(paths.file('/var/lib/docksmith/db'), { configuration: 'DomainName=example.test\nSystemName=host\nLocalIP=192.168.1.2\nhttpd=service|status|disabled\ndocker=service|Daemon|foreign\n' });
  return paths;
}

/** Writes the db as `db` would have left it, and regenerates. */
async function update(paths: Paths, records: string): Promise<void> {
  writeTree(paths.file('/var/lib/docksmith/db'), { docker_containers: records });
  const { failures } = await signalEvent(paths, { event: 'docker-update', args: [] }, QUIET);
  expect(failures).toEqual([]);
}

const records = (paths: Paths): readonly string[] => readFileSync(paths.file(DB), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));

it('puts records back that changed, came or went since, and the files follow', async () => {
  const paths = makeHost();
  await update(paths, 'app=service|Image|app:1|MaxMemory|64|status|enabled\nold=service|Image|app:1|status|enabled\n');
  const first = readFileSync(paths.file(SPEC), 'utf8');
  await update(paths, 'app=service|Env|A=1|Image|app:2|MaxMemory|64|status|enabled\nnew=service|Image|app:1|status|enabled\n');
  expect(listHistory(paths, { limit: 9 }).map(({ generation: { number }, files, records: changed }) => [number, files.map(({ kind, path }) => `${kind} ${path}`), changed.map(({ key, props }) => `${key} ${props.join()}`)])).toEqual([
    [2, [`changed ${SPEC}`, 'new /etc/docksmith/containers/new.yaml', 'removed /etc/docksmith/containers/old.yaml'], ['app Env,Image', 'new type,Image,status', 'old type,Image,status']],
    [1, expect.arrayContaining([`new ${SPEC}`]) as unknown, expect.any(Array) as unknown],
  ]);
  expect(listHistory(paths, { limit: 9, file: '/etc/docksmith/containers/old.yaml' }).map(({ generation: { number } }) => number)).toEqual([2, 1]);

  const before = records(paths);
  const plan = await planRollback(paths, 1);
  expect([plan.records.map(({ key }) => key), plan.differing, records(paths)]).toEqual([['app', 'new', 'old'], [], before]);
  expect((await rollBack(paths, plan.generation, QUIET)).failures).toEqual([]);
  expect(records(paths)).toEqual(['app=service|Image|app:1|MaxMemory|64|status|enabled', 'old=service|Image|app:1|status|enabled']);
  expect(readFileSync(paths.file(SPEC), 'utf8')).toBe(first);
  // the next event has nothing to undo
  const next = await signalEvent(paths, { event: 'docker-update', args: [] }, QUIET);
  expect([next.changes.install, next.changes.remove]).toEqual([[], []]);
  expect(listHistory(paths, { limit: 1 })[0]?.generation.number).toBe(3);
});

it('leaves the dbs as they are where the files cannot be regenerated, and says before which will be others', async () => {
  const paths = makeHost();
  await update(paths, 'app=service|Image|app:1|status|enabled\n');
  await update(paths, 'app=service|Image|app:2|status|enabled\n');
  writeTree(paths.file('/etc/docksmith/templates-custom/etc/docksmith/containers'), { '55mine': 'services:\n  app:\n    init: true\n' });
  expect((await planRollback(paths, 1)).differing).toEqual([SPEC]);
  writeTree(paths.file('/etc/docksmith/templates-custom/etc/docksmith/containers'), { '55mine': 'services:\n  app:\n    nonsense: 1\n' });
  const before = records(paths);
  await expect(planRollback(paths, 1)).rejects.toThrow('nonsense');
  const { generation } = listHistory(paths, { limit: 9 })[1] ?? {};
  const result = generation === undefined ? undefined : await rollBack(paths, generation, QUIET);
  expect(result?.failures.map(({ message }) => message)).toEqual([expect.stringContaining('nonsense')]);
  expect(records(paths)).toEqual(before);
});

it('masks the secrets of its time, also those that are no more', async () => {
  const paths = makeHost();
  writeTree(paths.file('/var/lib/docksmith/db'), { secrets: 'pw=secret|Value|hunter2-of-old\n' });
  await update(paths, 'app=service|Image|app:1|status|enabled\n');
  writeTree(paths.file('/var/lib/docksmith/db'), { secrets: 'pw=secret|Value|hunter3-of-now\n' });
  await update(paths, 'app=service|Image|app:2|status|enabled\n');
  const [last, first] = listHistory(paths, { limit: 9 });
  expect([last?.mask('hunter2-of-old hunter3-of-now'), first?.mask('hunter2-of-old')]).toEqual(['******** ********', '********']);
  expect((await planRollback(paths, 1)).mask('hunter2-of-old hunter3-of-now')).toBe('******** ********');
});
