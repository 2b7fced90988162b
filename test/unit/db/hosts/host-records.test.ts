import { describe, expect, it } from 'vitest';
import { findPaths, type Paths } from '../../../../src/base/paths.ts';
import {
  findHolder,
  nameOfHost,
  onHost,
  overlaysOnHost,
  parseHostKey,
  storedOf,
} from '../../../../src/db/hosts/host-records.ts';
import { readSnapshot } from '../../../../src/db/read-snapshot.ts';
import { findProp, type Snapshot } from '../../../../src/db/snapshot.ts';
import { writeDbChanges } from '../../../../src/db/store.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

const HOSTS = [
  'host.example.test=local|HostType|Self',
  'web1=docksmith|Role|writer',
  'web2=docksmith|Groups|small,web',
  'web3=docksmith|Groups|web',
];

interface Read {
  readonly snapshot: Snapshot;
  readonly paths: Paths;
}

function read(dbs: Readonly<Record<string, readonly string[]>>): Read {
  const host = makeTempHost();
  const paths = { ...host.paths, packageDir: findPaths({}).packageDir };
  for (const [name, lines] of Object.entries(dbs))
    host.write(`/var/lib/docksmith/db/${name}`, lines.map((line) => `${line}\n`).join(''));
  return { snapshot: readSnapshot(paths), paths };
}

function recordsOf({ snapshot }: Read, db: string): readonly string[] {
  return [...(snapshot.dbs.get(db)?.values() ?? [])].map(({ key, type, props }) =>
    [`${key}=${type}`, ...[...props].flat()].join('|'),
  );
}

const CONTAINERS = [
  'only@web=service|Image|web',
  'wiki=service|Image|wiki|MaxMemory|100|WebAlias|a',
  'wiki@small=service|MaxMemory|200|WebAlias|b',
  'wiki@web=service|Image|other|MaxMemory|300',
  'wiki@web2=service|MaxMemory|400|WebAlias|',
  'wiki@web9=service|MaxMemory|500',
];

function onWeb(name: string): Read {
  return read({ hosts: HOSTS, docker_containers: CONTAINERS, configuration: [`SystemName=${name}`] });
}

describe('a record NAME@WHERE', () => {
  it('overrides the props of NAME on that host, before those of its groups in their order, and is no record itself', () => {
    expect(recordsOf(onWeb('web2'), 'docker_containers')).toEqual([
      'only=service|Image|web',
      'wiki=service|Image|other|MaxMemory|400|WebAlias|',
    ]);
    expect(recordsOf(onWeb('web3'), 'docker_containers')).toEqual([
      'only=service|Image|web',
      'wiki=service|Image|other|MaxMemory|300|WebAlias|a',
    ]);
    expect(recordsOf(onWeb('web1'), 'docker_containers')).toEqual(['wiki=service|Image|wiki|MaxMemory|100|WebAlias|a']);
    // a host that is not among them has nothing of its own
    expect(recordsOf(onWeb('other'), 'docker_containers')).toEqual(recordsOf(onWeb('web1'), 'docker_containers'));
  });

  it('says of a single value of configuration what it is there', () => {
    const host = read({
      hosts: HOSTS,
      configuration: [
        'DomainName=a.test',
        'DomainName@web3=b.test',
        'docker@web=service|LogMaxFile|9',
        'docksmith=service|HostName|web3',
        'SystemName=web1',
      ],
    });
    expect(recordsOf(host, 'configuration')).toEqual([
      'DomainName=b.test',
      'SystemName=web1',
      'docker=service|LogMaxFile|9',
      'docksmith=service|HostName|web3',
    ]);
    expect(nameOfHost(storedOf(host.snapshot))).toBe('web3');
    expect(findProp(host.snapshot, 'configuration', 'docker', 'LogMaxSize')).toBe('10m');
  });

  it('means nothing where docksmith has no hosts, in dbs that are not its own, and in db hosts', () => {
    const alone = read({
      hosts: ['host.example.test=local|HostType|Self'],
      docker_containers: CONTAINERS,
      configuration: ['SystemName=web2'],
    });
    expect(recordsOf(alone, 'docker_containers')).toEqual(CONTAINERS);
    expect(alone.snapshot.stored).toBeUndefined();
    const mail = read({
      hosts: [...HOSTS, 'a@web2=local'],
      accounts: ['anna@web2=pseudonym|Account|anna'],
      configuration: ['SystemName=web2'],
    });
    expect(recordsOf(mail, 'accounts')).toEqual(['anna@web2=pseudonym|Account|anna']);
    expect(recordsOf(mail, 'hosts')).toContain('a@web2=local');
  });

  it('is found as where a prop that holds is written', () => {
    const { snapshot } = onWeb('web2');
    const holder = (key: string, prop: string | undefined): string =>
      findHolder(snapshot, 'docker_containers', key, prop);
    expect([
      holder('wiki', 'MaxMemory'),
      holder('wiki', 'Image'),
      holder('wiki', 'WebAlias'),
      holder('wiki', 'Other'),
    ]).toEqual(['wiki@web2', 'wiki@web', 'wiki@web2', 'wiki']);
    expect([holder('only', undefined), holder('absent', undefined)]).toEqual(['only@web', 'absent']);
  });

  it('that would change, changes the record on its host, and nothing on another', () => {
    const { snapshot } = onWeb('web2');
    const change = (key: string, MaxMemory: string): readonly (string | undefined)[] =>
      overlaysOnHost(snapshot, {
        db: 'docker_containers',
        key,
        record: { key, type: 'service', props: new Map([['MaxMemory', MaxMemory]]) },
      }).map(({ key: name, record }) => `${name} ${record?.props.get('MaxMemory') ?? ''}`);
    expect(change('wiki', '1')).toEqual(['wiki 400']);
    expect(change('wiki@web2', '1')).toEqual(['wiki 1']);
    expect(change('wiki@web9', '1')).toEqual(['wiki 400']);
    expect(overlaysOnHost(snapshot, { db: 'docker_containers', key: 'only@web', record: undefined })).toEqual([
      { db: 'docker_containers', key: 'only', record: undefined },
    ]);
  });

  it('takes what is found out for its container, where it makes that alone', () => {
    const { paths } = onWeb('web2');
    const port = (key: string, value: string) => ({ db: 'docker_containers', key, prop: 'WebHostPort', value });
    writeDbChanges(paths, [port('only', '23000'), port('wiki', '23001')]);
    const stored = storedOf(readSnapshot(paths)).get('docker_containers');
    expect(stored?.get('only@web')?.props.get('WebHostPort')).toBe('23000');
    expect(stored?.get('wiki')?.props.get('WebHostPort')).toBe('23001');
    expect(stored?.get('wiki@web2')?.props.has('WebHostPort')).toBe(false);
  });
});

it('the records of another host can be had, too', () => {
  const { snapshot } = onWeb('web1');
  const there = onHost(snapshot, storedOf(snapshot), 'web3');
  expect(findProp(there, 'docker_containers', 'wiki', 'MaxMemory')).toBe('300');
});

it('a key is about a host from its last @, with something on both sides of it', () => {
  expect(['a@b', 'a@b@c', '@b', 'a@', 'a'].map(parseHostKey)).toEqual([
    { name: 'a', where: 'b' },
    { name: 'a@b', where: 'c' },
    undefined,
    undefined,
    undefined,
  ]);
});
