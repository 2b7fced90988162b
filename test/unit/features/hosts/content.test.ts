import { describe, expect, it } from 'vitest';
import { findPaths } from '../../../../src/base/paths.ts';
import type { DbRecord } from '../../../../src/db/record.ts';
import {
  compareContents,
  type Content,
  isSentFile,
  mergeContents,
  NO_CONTENT,
  readContent,
} from '../../../../src/features/hosts/content.ts';
import { Repository } from '../../../../src/features/hosts/repository.ts';
import { db, record } from '../../../support/sample.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

function content(files: Readonly<Record<string, string>>, ...records: readonly DbRecord[]): Content {
  return {
    dbs: new Map(records.length === 0 ? [] : [['docker_containers', db(...records)]]),
    files: new Map(
      Object.entries(files).map(([name, text]) => [
        `/etc/docksmith/events/${name}`,
        { content: Buffer.from(text), mode: 0o644 },
      ]),
    ),
  };
}

describe('what the hosts have in common', () => {
  it('is what has a schema and is not one host alone, with files of the admin', () => {
    const host = makeTempHost();
    const paths = { ...host.paths, packageDir: findPaths({}).packageDir };
    const write = (name: string, ...lines: readonly string[]): string =>
      host.write(`/var/lib/docksmith/db/${name}`, `${lines.join('\n')}\n`);
    write(
      'configuration',
      'DomainName=a.test',
      'SystemName=web1',
      'squid=service|port|3128',
      'docker=service|Socket|/s|Mask|16',
      'docker@web2=service|Socket|/t|Mask|8',
    );
    write(
      'docker_containers',
      'wiki=service|Image|w|WebHostPort|23000',
      'wiki@web2=service|WebHostPort|1|Image|x',
      'odd=other|Image|x',
    );
    write('hosts', 'a.b.test=local|HostType|Self', 'web1=docksmith|Role|writer');
    write('networks', '192.168.1.0=network|Mask|255.255.255.0');
    write('accounts', 'anna=user|FirstName|Anna');
    host.write('/etc/docksmith/events/docker-update/S95x', '#!/bin/sh\n', 0o775);
    host.write('/etc/docksmith/templates-custom/etc/x/50y~', 'a backup');
    host.write('/etc/docksmith/containers/wiki.yaml', 'an output');
    host.link('/etc/docksmith/events/docker-update/link', 'S95x');
    const read = readContent(paths);
    expect(
      [...read.dbs].flatMap(([name, records]) =>
        [...records.values()].map(({ key, type, props }) => [`${name} ${key}=${type}`, ...[...props].flat()].join('|')),
      ),
    ).toEqual([
      'configuration DomainName=a.test',
      'configuration docker=service|Mask|16',
      'configuration docker@web2=service|Mask|8',
      'docker_containers wiki=service|Image|w',
      'docker_containers wiki@web2=service|Image|x',
      'hosts web1=docksmith|Role|writer',
    ]);
    expect([...read.files].map(([name, { mode }]) => `${name} ${mode.toString(8)}`)).toEqual([
      '/etc/docksmith/events/docker-update/S95x 755',
    ]);
  });

  it('is the same after a commit, whatever bytes it has', () => {
    const host = makeTempHost();
    const repository = new Repository(host.paths);
    const before: Content = {
      dbs: new Map([['docker_containers', db(record('wiki', 'service', { Text: 'a|b\n"\\ü\u{1f600}', Empty: '' }))]]),
      files: new Map([
        ['/etc/docksmith/events/a "b"\\ü', { content: Buffer.from([0, 255, 10, 13]), mode: 0o755 }],
        ['/etc/docksmith/templates-custom/etc/x/50secret', { content: Buffer.alloc(0), mode: 0o600 }],
      ]),
    };
    const about = { parents: [], who: 'ada <x>', message: 'one\n' };
    const revision = repository.commit('refs/heads/main', before, about);
    const read = repository.read(host.paths, revision);
    expect(compareContents(before, read)).toEqual({ records: [], files: [] });
    const next = repository.commit('refs/heads/main', NO_CONTENT, { ...about, parents: [revision] });
    expect(repository.isAncestor(revision, next)).toBe(true);
    expect(repository.count(next, revision)).toBe(1);
    expect(compareContents(NO_CONTENT, repository.read(host.paths, next))).toEqual({ records: [], files: [] });
    expect(host.mode('/var/lib/docksmith/state/hosts/repository.git')).toBe(0o700);
  });

  it('is merged by record, and by whole files', () => {
    const base = content({ a: '1', b: '1', c: '1' }, record('wiki', 'service', { A: '1', B: '1' }));
    const ours = content({ a: '2', c: '2' }, record('wiki', 'service', { A: '2', B: '1' }));
    const theirs = content({ a: '1', b: '1', c: '3', d: '1' }, record('wiki', 'service', { A: '1', B: '2' }));
    const { merged, conflicts } = mergeContents({}, base, ours, theirs);
    expect(conflicts).toEqual(['/etc/docksmith/events/c: changed here and there']);
    expect([...merged.files].map(([name, file]) => `${name.slice(-1)}${file.content.toString()}`)).toEqual([
      'a2',
      'c2',
      'd1',
    ]);
    expect(Object.fromEntries(merged.dbs.get('docker_containers')?.get('wiki')?.props ?? [])).toEqual({
      A: '2',
      B: '2',
    });
  });
});

it('a file that is sent is below the folders of the admin, by a plain name', () => {
  const names = [
    'events/x',
    'templates-custom/etc/y',
    'events/../x',
    'events/',
    'containers/x.yaml',
    'events/.git/hooks/x',
    'events/.GIT/x',
  ];
  expect(names.filter((name) => isSentFile(`/etc/docksmith/${name}`))).toEqual(['events/x', 'templates-custom/etc/y']);
});
