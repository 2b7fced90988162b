import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { observeSnapshot } from '../../../src/db/snapshot.ts';
import { CHECKED_DBS, checkRecords } from '../../../src/model/check-records.ts';
import { readCachedRenderings } from '../../../src/incremental/cached-renderings.ts';
import { type Ask, RandomHost } from '../../support/random-events/host.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf, unitTexts } from '../../support/sample.ts';

const CUSTOM = '/etc/docksmith/templates-custom';
const UPDATE: Ask = { event: 'docker-update', args: [] };
const updateOf = (...args: readonly string[]): Ask => ({ event: 'docker-container-update', args });

const hosts: RandomHost[] = [];
afterAll(() => {
  for (const host of hosts) host.remove();
});

async function makeHost(
  files: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, ReturnType<typeof db>>> = {},
): Promise<RandomHost> {
  const host = new RandomHost();
  hosts.push(host);
  for (const [name] of [...SAMPLE_DBS, ...Object.entries(more)])
    host.writeDb(name, new Map([...SAMPLE_DBS, ...Object.entries(more)]));
  for (const [name, text] of Object.entries(files)) host.write(name, text);
  await settle();
  return host;
}

/** Until what was written before is trusted; the tests run at the same time, since they wait for most of theirs. */
const settle = (): Promise<void> => setTimeout(45);

async function run(host: RandomHost, ask: Ask): Promise<void> {
  expect(await host.run(host.requestsOf(ask))).not.toHaveProperty('mistakes');
  await settle();
}

/** Twice, so that all that was installed is known to stand. */
async function begin(host: RandomHost): Promise<void> {
  await run(host, UPDATE);
  await run(host, UPDATE);
}

async function expectAsForced(host: RandomHost, ask: Ask): Promise<void> {
  await run(host, ask);
  expect(host.wouldForce(host.requestsOf(ask)).changes).toEqual([]);
}

function setContainer(host: RandomHost, key: string, props: Readonly<Record<string, string>> | undefined): void {
  const containers =
    host.hostState({ isForced: true }).snapshot.dbs.get('docker_containers') ?? new Map<string, never>();
  const before = containers.get(key);
  const others = [...containers.values()].filter((each) => each.key !== key);
  host.writeDb(
    'docker_containers',
    new Map([
      [
        'docker_containers',
        db(
          ...others,
          ...(props === undefined
            ? []
            : [record(key, 'service', { ...Object.fromEntries(before?.props ?? []), ...props })]),
        ),
      ],
    ]),
  );
}

describe.concurrent('a fragment that prints nothing', () => {
  const label = (condition: string): string =>
    `{{#if ${condition}}}\nservices:\n  "{{record.key}}":\n    read_only: true\n{{/if}}\n`;
  const countReadOnly = (host: RandomHost): number =>
    ['wiki', 'git'].filter((key) => host.read(`/etc/docksmith/containers/${key}.yaml`)?.includes('read_only')).length;

  it.each([
    ['a record of another db', '(enabled (prop "things" "aa" "Tight"))'],
    ['a record that is, for one of them, its own', '(eq (prop "docker_containers" "git" "MaxMemory" default="") "77")'],
    ['all of them', '(records "docker_containers" MaxMemory="77")'],
    ['another one after its own', '(and (enabled record.status) (enabled (prop "things" "aa" "Tight")))'],
  ])('is rendered for each record when what it looked at is another one: %s', async (_, condition) => {
    const host = await makeHost(
      { [`${CUSTOM}/etc/docksmith/containers/65tight`]: label(condition) },
      { things: db(record('aa', 'thing')) },
    );
    await begin(host);
    expect(countReadOnly(host)).toBe(0);
    setContainer(host, 'git', { MaxMemory: '77' });
    host.writeDb('things', new Map([['things', db(record('aa', 'thing', { Tight: 'enabled' }))]]));
    await expectAsForced(host, UPDATE);
    expect(countReadOnly(host)).toBe(2);
  });

  it('knows the parts of each template that looked into one', async () => {
    const host = await makeHost({
      [`${CUSTOM}/etc/one/10a`]: '{{#if (expand "/etc/part")}}\n{{expand "/etc/part"}}\n{{/if}}\n',
      [`${CUSTOM}/etc/part/10a`]: '{{#if (enabled (prop "things" "aa" "Tight"))}}\nword\n{{/if}}\n',
      '/etc/docksmith/templates.metadata/etc/one':
        'FOREACH = docker_containers\nOUTPUT_FILENAME = /etc/one/{{record.key}}\n',
      '/etc/docksmith/templates.metadata/etc/two':
        'TEMPLATE_PATH = /etc/one\nFOREACH = docker_containers\nOUTPUT_FILENAME = /etc/two/{{record.key}}\n',
      '/etc/docksmith/events/docker-update/templates2expand/etc/one': '',
      '/etc/docksmith/events/docker-update/templates2expand/etc/two': '',
    });
    await begin(host);
    host.write(`${CUSTOM}/etc/part/10a`, 'word\n');
    await settle();
    await expectAsForced(host, UPDATE);
    expect(host.read('/etc/two/wiki')).toContain('word');
  });
});

describe.concurrent('what an event was not asked for is unknown, not empty', () => {
  const spec = '/etc/docksmith/containers/wiki.yaml';

  it.each([
    ['disabled', { status: 'disabled' }],
    ['deleted', undefined],
  ])('a container that is %s after an event of another one', async (_, props) => {
    const host = await makeHost();
    await begin(host);
    setContainer(host, 'git', { MaxMemory: '64' });
    await run(host, updateOf('git'));
    setContainer(host, 'wiki', props);
    await expectAsForced(host, updateOf('wiki'));
    expect(host.read(spec)).toBeUndefined();
  });

  it.each([
    ['disabled', { status: 'disabled' }],
    ['deleted', undefined],
  ])('a container that is %s before an event of another one', async (_, props) => {
    const host = await makeHost();
    await begin(host);
    setContainer(host, 'wiki', props);
    setContainer(host, 'git', { MaxMemory: '64' });
    await run(host, updateOf('git'));
    await expectAsForced(host, updateOf('wiki'));
    expect(host.read(spec)).toBeUndefined();
  });

  it('files that one request installed are removed by another', async () => {
    const host = await makeHost();
    await begin(host);
    setContainer(host, 'app', { status: 'enabled', Image: 'app:1' });
    await run(host, updateOf('app'));
    expect(host.read('/etc/docksmith/containers/app.yaml')).toBeDefined();
    setContainer(host, 'app', undefined);
    await expectAsForced(host, UPDATE);
    expect(host.read('/etc/docksmith/containers/app.yaml')).toBeUndefined();
  });

  it('an output under another name goes with the next event', async () => {
    const files = {
      [`${CUSTOM}/etc/one/10a`]: 'word\n',
      '/etc/docksmith/events/docker-update/templates2expand/etc/one': '',
    };
    const host = await makeHost(files);
    await begin(host);
    await run(host, { template: '/etc/one', outputFilename: '/etc/elsewhere' });
    expect(host.read('/etc/elsewhere')).toContain('word');
    await expectAsForced(host, UPDATE);
    expect(host.read('/etc/elsewhere')).toBeUndefined();
  });

  it('metadata of an output in one request are not those of another', async () => {
    const host = await makeHost({
      [`${CUSTOM}/etc/one/10a`]: 'word\n',
      '/etc/docksmith/events/docker-update/templates2expand/etc/one': 'SERVICES = httpd\n',
      '/etc/docksmith/events/docker-container-update/templates2expand/etc/one': '',
    });
    await begin(host);
    await run(host, updateOf('wiki'));
    await expectAsForced(host, UPDATE);
    await expectAsForced(host, updateOf('wiki'));
  });

  it('a template of arguments without records is one output like any other', async () => {
    const host = await makeHost({
      [`${CUSTOM}/etc/one/10a`]: '{{prop "docker_containers" "git" "MaxMemory" default="none"}}\n',
      '/etc/docksmith/events/docker-container-update/templates2expand/etc/one': 'ONLY = arguments\n',
    });
    await begin(host);
    await run(host, updateOf('wiki'));
    await run(host, updateOf('wiki'));
    setContainer(host, 'git', { MaxMemory: '77' });
    await expectAsForced(host, updateOf('wiki'));
    expect(host.read('/etc/one')).toContain('77');
  });
});

it('an output is rendered when a fact that it is made from is another one', async () => {
  const host = await makeHost();
  await begin(host);
  host.facts = {
    ...SAMPLE_FACTS,
    dockerUnit: unitTexts('/usr/lib/systemd/system/docker.service', '/opt/dockerd -H fd:// $OPTIONS'),
  };
  await expectAsForced(host, UPDATE);
  expect(host.read('/etc/systemd/system/docker.service.d/docksmith.conf')).toContain('/opt/dockerd');
});

describe.concurrent('where things are', () => {
  it('a root that was moved is judged by where it is', async () => {
    const host = await makeHost();
    await begin(host);
    host.move('root');
    await run(host, UPDATE);
    host.write(`${CUSTOM}/etc/docksmith/containers/65tight`, 'services:\n  "{{record.key}}":\n    read_only: true\n');
    await settle();
    await expectAsForced(host, UPDATE);
    expect(host.read('/etc/docksmith/containers/wiki.yaml')).toContain('read_only');
  });

  it('a root that was moved is not rendered again', async () => {
    const host = await makeHost();
    await begin(host);
    host.move('root');
    expect(
      readCachedRenderings(host.paths)
        ?.templates.flatMap(({ watched }) => watched.map(([place]) => place))
        .filter((place) => place.includes('/root/')),
    ).toEqual([]);
  });

  it('another package is another maker', async () => {
    const host = await makeHost();
    await begin(host);
    host.move('packageDir');
    host.write(
      'package:/templates/etc/docksmith/containers/65tight',
      'services:\n  "{{record.key}}":\n    read_only: true\n',
    );
    await expectAsForced(host, UPDATE);
    expect(host.read('/etc/docksmith/containers/wiki.yaml')).toContain('read_only');
  });

  it('a link to a folder is no fragment until it leads to a file', async () => {
    const host = await makeHost({
      [`${CUSTOM}/etc/one/10a`]: 'word\n',
      '/etc/docksmith/events/docker-update/templates2expand/etc/one': '',
    });
    mkdirSync(host.at('/srv/linked'), { recursive: true });
    symlinkSync(host.at('/srv/linked'), host.at(`${CUSTOM}/etc/one/20b`));
    await settle();
    await begin(host);
    rmSync(host.at('/srv/linked'), { recursive: true });
    writeFileSync(host.at('/srv/linked'), 'more\n');
    await settle();
    await expectAsForced(host, UPDATE);
    expect(host.read('/etc/one')).toContain('more');
  });
});

describe.concurrent('an output that is edited while an event runs', () => {
  it.each([
    ['its content', (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('image', 'emaci'))],
    ['its mode', (file: string) => chmodSync(file, 0o604)],
    [
      'by another file',
      (file: string) => {
        writeFileSync(`${file}.other`, 'x');
        renameSync(`${file}.other`, file);
      },
    ],
  ])('is put right by the next one: %s', async (_, edit) => {
    const host = await makeHost();
    const requests = host.requestsOf(UPDATE);
    await host.run(requests, false, async () => {
      await settle();
      edit(host.at('/etc/docksmith/containers/wiki.yaml'));
      await settle();
    });
    await expectAsForced(host, UPDATE);
  });
});

describe.concurrent('a db that no template reads', () => {
  const big = db(record('aa', 'thing', { Note: 'x'.repeat(400_000) }));

  it('is not remembered', async () => {
    const host = await makeHost({}, { big });
    await begin(host);
    const cached = readCachedRenderings(host.paths);
    expect([...(cached?.dbs.keys() ?? [])]).not.toContain('big');
    expect(readFileSync(host.at('/var/cache/docksmith/reads')).length).toBeLessThan(400_000);
  });

  it('is remembered from when a fragment reads it, until none does', async () => {
    const fragment = `${CUSTOM}/etc/docksmith/containers/65tight`;
    const host = await makeHost({}, { big });
    await begin(host);
    host.write(
      fragment,
      '{{#if (enabled (prop "big" "aa" "status"))}}\nservices:\n  "{{record.key}}":\n    read_only: true\n{{/if}}\n',
    );
    await settle();
    await expectAsForced(host, UPDATE);
    host.writeDb('big', new Map([['big', db(record('aa', 'thing', { status: 'enabled' }))]]));
    await expectAsForced(host, UPDATE);
    expect(host.read('/etc/docksmith/containers/wiki.yaml')).toContain('read_only');
    expect([...(readCachedRenderings(host.paths)?.dbs.keys() ?? [])]).toContain('big');
    rmSync(host.at(fragment));
    await settle();
    await expectAsForced(host, UPDATE);
    expect([...(readCachedRenderings(host.paths)?.dbs.keys() ?? [])]).not.toContain('big');
  });

  it('one that is not there yet is noticed when it comes', async () => {
    const host = await makeHost({
      [`${CUSTOM}/etc/docksmith/containers/65tight`]:
        '{{#if (records "late")}}\nservices:\n  "{{record.key}}":\n    read_only: true\n{{/if}}\n',
    });
    await begin(host);
    host.writeDb('late', new Map([['late', db(record('aa', 'thing'))]]));
    await expectAsForced(host, UPDATE);
    expect(host.read('/etc/docksmith/containers/wiki.yaml')).toContain('read_only');
  });

  it('those that checks of records read are always remembered', () => {
    const read = new Set<string>();
    checkRecords(
      observeSnapshot(snapshotOf(), ({ db: name }) => read.add(name)),
      SAMPLE_FACTS,
    );
    expect([...read].filter((name) => !CHECKED_DBS.includes(name))).toEqual([]);
  });
});
