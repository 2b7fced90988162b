import { readFileSync, rmSync } from 'node:fs';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { listRuns } from '../../src/event/runs.ts';
import { listHistory } from '../../src/features/history/history.ts';
import type { Reporter } from '../../src/flow/reporter.ts';
import { planRollback, planUndo, rollBack } from '../../src/features/history/rollback.ts';
import { signalEvent } from '../../src/flow/signal.ts';
import { readLedger } from '../../src/output/plan/ledger.ts';
import type { Paths } from '../../src/base/paths.ts';
import { STEPS_AS_PROCESSES } from '../support/step-commands.ts';
import { makeRoot, writeTree } from '../support/folder.ts';

const QUIET: Reporter = {
  waiting: () => undefined,
  progress: () => undefined,
  installed: () => undefined,
  line: () => undefined,
  warning: () => undefined,
};
const SPEC = '/etc/docksmith/containers/app.yaml';
const DB = '/var/lib/docksmith/db/docker_containers';

beforeEach(() => {
  vi.stubEnv('DOCKSMITH_ENGINE', '');
  onTestFinished(() => void vi.unstubAllEnvs());
});

function makeHost(): Paths {
  const paths = makeRoot();
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${paths.file('/engine.json')}`);
  writeTree(paths.file('/var/lib/docksmith/db'), {
    configuration:
      'DomainName=example.test\nSystemName=host\nLocalIP=192.168.1.2\nhttpd=service|status|disabled\ndocker=service|Daemon|foreign\n',
  });
  return paths;
}

/** Writes the db as `db` would have left it, and regenerates. */
async function update(paths: Paths, records: string): Promise<void> {
  writeTree(paths.file('/var/lib/docksmith/db'), { docker_containers: records });
  const { failures } = await signalEvent(
    paths,
    { event: 'docker-update', args: [], commands: STEPS_AS_PROCESSES },
    QUIET,
  );
  expect(failures).toEqual([]);
}

const records = (paths: Paths): readonly string[] =>
  readFileSync(paths.file(DB), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

it('puts records back that changed, came or went since, and the files follow', async () => {
  const paths = makeHost();
  await update(paths, 'app=service|Image|app:1|MaxMemory|64|status|enabled\nold=service|Image|app:1|status|enabled\n');
  const first = readFileSync(paths.file(SPEC), 'utf8');
  await update(
    paths,
    'app=service|Env|A=1|Image|app:2|MaxMemory|64|status|enabled\nnew=service|Image|app:1|status|enabled\n',
  );
  expect(
    listHistory(paths, { limit: 9 }).map(({ generation: { number }, files, records: changed }) => [
      number,
      files.map(({ kind, path }) => `${kind} ${path}`),
      changed.map(({ key, props }) => `${key} ${props.join()}`),
    ]),
  ).toEqual([
    [
      2,
      [`changed ${SPEC}`, 'new /etc/docksmith/containers/new.yaml', 'removed /etc/docksmith/containers/old.yaml'],
      ['app Env,Image', 'new type,Image,status', 'old type,Image,status'],
    ],
    [1, expect.arrayContaining([`new ${SPEC}`]) as unknown, expect.any(Array) as unknown],
  ]);
  expect(
    listHistory(paths, { limit: 9, file: '/etc/docksmith/containers/old.yaml' }).map(
      ({ generation: { number } }) => number,
    ),
  ).toEqual([2, 1]);

  const before = records(paths);
  const plan = await planRollback(paths, 1, STEPS_AS_PROCESSES);
  expect([plan.records.map(({ key }) => key), plan.differing, records(paths)]).toEqual([
    ['app', 'new', 'old'],
    [],
    before,
  ]);
  expect((await rollBack(paths, plan.generation, { commands: STEPS_AS_PROCESSES }, QUIET)).failures).toEqual([]);
  expect(records(paths)).toEqual([
    'app=service|Image|app:1|MaxMemory|64|status|enabled',
    'old=service|Image|app:1|status|enabled',
  ]);
  expect(readFileSync(paths.file(SPEC), 'utf8')).toBe(first);
  // the next event has nothing to undo
  const next = await signalEvent(paths, { event: 'docker-update', args: [], commands: STEPS_AS_PROCESSES }, QUIET);
  expect([next.changes.install, next.changes.remove]).toEqual([[], []]);
  expect(listHistory(paths, { limit: 1 })[0]?.generation.number).toBe(3);
});

it('leaves the dbs as they are where the files cannot be regenerated, and says before which will be others', async () => {
  const paths = makeHost();
  await update(paths, 'app=service|Image|app:1|status|enabled\n');
  await update(paths, 'app=service|Image|app:2|status|enabled\n');
  writeTree(paths.file('/etc/docksmith/templates-custom/etc/docksmith/containers'), {
    '55mine': 'services:\n  app:\n    init: true\n',
  });
  expect((await planRollback(paths, 1, STEPS_AS_PROCESSES)).differing).toEqual([SPEC]);
  writeTree(paths.file('/etc/docksmith/templates-custom/etc/docksmith/containers'), {
    '55mine': 'services:\n  app:\n    nonsense: 1\n',
  });
  const before = records(paths);
  await expect(planRollback(paths, 1, STEPS_AS_PROCESSES)).rejects.toThrow('nonsense');
  const { generation } = listHistory(paths, { limit: 9 })[1] ?? {};
  const result =
    generation === undefined ? undefined : await rollBack(paths, generation, { commands: STEPS_AS_PROCESSES }, QUIET);
  expect(result?.failures.map(({ message }) => message)).toEqual([expect.stringContaining('nonsense')]);
  expect(records(paths)).toEqual(before);
});

it('masks the secrets of its time, also those that were removed since', async () => {
  const paths = makeHost();
  writeTree(paths.file('/var/lib/docksmith/db'), { secrets: 'pw=secret|Value|hunter2-of-old\n' });
  await update(paths, 'app=service|Image|app:1|status|enabled\n');
  writeTree(paths.file('/var/lib/docksmith/db'), { secrets: 'pw=secret|Value|hunter3-of-now\n' });
  await update(paths, 'app=service|Image|app:2|status|enabled\n');
  const [last, first] = listHistory(paths, { limit: 9 });
  expect([last?.mask('hunter2-of-old hunter3-of-now'), first?.mask('hunter2-of-old')]).toEqual([
    '******** ********',
    '********',
  ]);
  expect((await planRollback(paths, 1, STEPS_AS_PROCESSES)).mask('hunter2-of-old hunter3-of-now')).toBe(
    '******** ********',
  );
});

const DBS = '/var/lib/docksmith/db';
const TEMPLATES = '/etc/docksmith/templates';

/** Every output as it stands, without what history says of it. */
const outputs = (paths: Paths): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...readLedger(paths).outputs.paths()].map((file) => [file, readFileSync(paths.file(file), 'utf8')]),
  );

async function signal(paths: Paths, event = 'docker-update'): Promise<void> {
  expect((await signalEvent(paths, { event, args: [], commands: STEPS_AS_PROCESSES }, QUIET)).failures).toEqual([]);
}

const dbOf = (paths: Paths, name: string): readonly string[] =>
  readFileSync(paths.file(`${DBS}/${name}`), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

it('puts all back that outputs are made of: networks, records and dbs of other programs that a template reads, and no others', async () => {
  const paths = makeHost();
  const configuration =
    'DomainName=example.test\nLocalIP=192.168.1.2\nSystemName=host\ndocker=service|Daemon|foreign\nhttpd=service|ConfDir|/etc/httpd/conf.d|Layout|redhat|status|enabled\n';
  writeTree(paths.file(DBS), {
    configuration: `${configuration}ldap=service|Base|dc=one|status|enabled\nsquid=service|status|disabled\n`,
    networks: '10.1.0.0=network|Mask|255.255.0.0\n192.168.1.0=network|Mask|255.255.255.0\n',
    accounts: 'alice=user|Uid|1\nold=user|Uid|9\n',
    quotas: 'alice=quota|Soft|10\n',
    unread: 'a=b|c|1\n',
  });
  writeTree(paths.file(TEMPLATES), {
    'etc/people/10all':
      '{{#each (records "accounts" type="user")}}{{key}} {{Uid}} {{default (prop "quotas" key "Soft" default="none") "none"}}\n{{/each}}{{ldap.Base}} {{default later.Size "none"}}\n',
  });
  writeTree(paths.file('/etc/docksmith/events/docker-update/templates2expand/etc'), { people: '' });
  await update(
    paths,
    'app=service|Image|app:1|WebHostPort|23000|WebPort|80|SubDomain|enabled|access|private|status|enabled\n',
  );
  const then = outputs(paths);
  expect(then['/etc/people']).toMatch(/^alice 1 10\nold 9 none\ndc=one none\n$/m);
  expect(Object.values(then).filter((text) => text.includes('10.1.0.0')).length).toBeGreaterThan(0);

  writeTree(paths.file(DBS), {
    configuration: `${configuration.replace('redhat', 'redhat|TCPPort|81')}later=service|Size|5\nldap=service|Base|dc=two|status|enabled\nsquid=service|status|enabled\n`,
    networks: '192.168.1.0=network|Mask|255.255.255.0\n',
    accounts: 'alice=user|Uid|2\nnew=user|Uid|3\n',
    unread: 'a=b|c|2\n',
  });
  rmSync(paths.file(`${DBS}/quotas`));
  await signal(paths);
  expect(outputs(paths)).not.toEqual(then);

  const plan = await planRollback(paths, 1, STEPS_AS_PROCESSES);
  expect(plan.records.map(({ db, key }) => `${db} ${key}`)).toEqual([
    'accounts alice',
    'accounts new',
    'accounts old',
    'configuration httpd',
    'configuration later',
    'configuration ldap',
    'networks 10.1.0.0',
    'quotas alice',
  ]);
  expect([plan.differing, plan.notWritten, plan.more, plan.lacking]).toEqual([[], [], [], []]);
  expect((await rollBack(paths, plan.generation, { commands: STEPS_AS_PROCESSES }, QUIET)).failures).toEqual([]);
  expect(outputs(paths)).toEqual(then);
  expect([dbOf(paths, 'networks').length, dbOf(paths, 'quotas'), dbOf(paths, 'accounts')]).toEqual([
    2,
    ['alice=quota|Soft|10'],
    ['alice=user|Uid|1', 'old=user|Uid|9'],
  ]);
  // what decides no output is left to whose it is
  expect([dbOf(paths, 'unread'), dbOf(paths, 'configuration').find((line) => line.startsWith('squid='))]).toEqual([
    ['a=b|c|2'],
    'squid=service|status|enabled',
  ]);
  expect((await planRollback(paths, 1, STEPS_AS_PROCESSES)).records).toEqual([]);
});

it('removes nothing from a db that no template read at that time', async () => {
  const paths = makeHost();
  writeTree(paths.file(DBS), { accounts: 'alice=user|Uid|1\n' });
  await update(paths, 'app=service|Image|app:1|status|enabled\n');
  writeTree(paths.file(TEMPLATES), { 'etc/people/10all': '{{#each (records "accounts")}}{{key}} {{Uid}}\n{{/each}}' });
  writeTree(paths.file('/etc/docksmith/events/docker-update/templates2expand/etc'), { people: '' });
  await signal(paths);
  writeTree(paths.file(DBS), { accounts: 'alice=user|Uid|2\nbob=user|Uid|3\n' });
  await update(paths, 'app=service|Image|app:2|status|enabled\n');
  const plan = await planRollback(paths, 1, STEPS_AS_PROCESSES);
  // as far back as it is known
  expect([plan.records.map(({ db, key }) => `${db} ${key}`), plan.more]).toEqual([
    ['accounts alice', 'accounts bob', 'docker_containers app'],
    ['/etc/people'],
  ]);
  expect((await rollBack(paths, plan.generation, { commands: STEPS_AS_PROCESSES }, QUIET)).failures).toEqual([]);
  expect(readFileSync(paths.file('/etc/people'), 'utf8')).toMatch(/^#[^\n]*\nalice 1\n$/m);
});

it('names each file that will not be as it was, and why', async () => {
  const paths = makeHost();
  writeTree(paths.file(TEMPLATES), {
    'etc/other/10it': '{{SystemName}}\n',
    'etc/gone/10it': 'gone\n',
    'etc/mine/10it': 'one\n',
  });
  writeTree(paths.file('/etc/docksmith/events'), {
    'other-update/templates2expand/etc/other': '',
    'docker-update/templates2expand/etc/gone': '',
    'docker-update/templates2expand/etc/mine': '',
  });
  await signal(paths, 'other-update');
  await update(paths, 'app=service|Image|app:1|status|enabled\n');
  const configuration = readFileSync(paths.file(`${DBS}/configuration`), 'utf8');
  writeTree(paths.file(DBS), { configuration: configuration.replace('SystemName=host', 'SystemName=other') });
  await signal(paths, 'other-update');
  for (const file of ['templates/etc/gone', 'events/docker-update/templates2expand/etc/gone'])
    rmSync(paths.file(`/etc/docksmith/${file}`), { recursive: true });
  writeTree(paths.file(TEMPLATES), { 'etc/mine/10it': 'two\n', 'etc/new/10it': 'new\n' });
  writeTree(paths.file('/etc/docksmith/events'), { 'docker-update/templates2expand/etc/new': '' });
  await update(paths, 'app=service|Image|app:2|status|enabled\n');
  const { differing, notWritten, more, lacking } = await planRollback(paths, 2, STEPS_AS_PROCESSES);
  expect({ differing, notWritten, more, lacking }).toEqual({
    differing: ['/etc/mine'],
    notWritten: [{ path: '/etc/other', events: ['other-update'] }],
    more: ['/etc/new'],
    lacking: ['/etc/gone'],
  });
});

it('undo takes back what no event has used yet, then the last commit, then itself', async () => {
  const paths = makeHost();
  await expect(planUndo(paths, STEPS_AS_PROCESSES)).rejects.toThrow('cannot undo');
  const image = (tag: number): string => `app=service|Image|app:${tag}|status|enabled`;
  await update(paths, `${image(1)}\n`);
  await expect(planUndo(paths, STEPS_AS_PROCESSES)).rejects.toThrow('left other records than there are now');
  await update(paths, `${image(2)}\n`);
  writeTree(paths.file('/var/lib/docksmith/db'), { docker_containers: `${image(3)}\n` });
  const undo = async (): Promise<readonly string[]> => {
    const { generation } = await planUndo(paths, STEPS_AS_PROCESSES);
    const { failures } = await rollBack(paths, generation, { commands: STEPS_AS_PROCESSES }, QUIET);
    expect(failures).toEqual([]);
    return records(paths);
  };
  expect(await undo()).toEqual([image(2)]);
  expect(await undo()).toEqual([image(1)]);
  expect(readFileSync(paths.file(SPEC), 'utf8')).toContain('app:1');
  expect(await undo()).toEqual([image(2)]);
});

it('is called a rollback, with its target, in history and in the record of its run', async () => {
  const paths = makeHost();
  await update(paths, 'app=service|Image|app:1|status|enabled\n');
  await update(paths, 'app=service|Image|app:2|status|enabled\n');
  const { run } = await rollBack(
    paths,
    (await planRollback(paths, 1, STEPS_AS_PROCESSES)).generation,
    { commands: STEPS_AS_PROCESSES },
    QUIET,
  );
  expect(listHistory(paths, { limit: 1 })[0]?.generation.command).toBe('docksmith rollback 1');
  expect(listRuns(paths, 1).runs[0]).toMatchObject({
    id: run.id,
    event: 'docksmith rollback',
    args: ['1'],
    exitCode: 0,
  });
});
