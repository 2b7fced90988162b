import { findPaths } from '../../src/base/paths.ts';
import { readSchema } from '../../src/db/read-schema.ts';
import type { DbRecord } from '../../src/db/record.ts';
import { db as dbOf, record, SAMPLE_DBS } from './sample.ts';

export type Dbs = typeof SAMPLE_DBS;

/** The sample, with a record of each db that it has none of. */
export const DBS: Dbs = new Map([
  ...SAMPLE_DBS,
  ['docker_networks', dbOf(record('lan', 'network', { Subnet: '10.5.0.0/24', Gateway: '10.5.0.9' }))],
  ['docker_volumes', dbOf(record('git-data', 'volume', { Driver: 'local' }))],
  [
    'configuration',
    dbOf(
      ...(SAMPLE_DBS.get('configuration')?.values() ?? []),
      record('dnsmasq', 'service', { status: 'enabled', Domain: 'names.internal' }),
      record('registry', 'service', { status: 'disabled' }),
      record('docksmith-watch', 'service'),
      record('docksmith-clock', 'service'),
    ),
  ],
  [
    'watches',
    dbOf(
      record('key', 'etcd', { Event: 'docker-update', Endpoints: 'http://127.0.0.1:2379', Key: '/rev' }),
      record('flag', 'file', { Event: 'docker-update', Path: '/srv/flag' }),
      record('branch', 'git', { Event: 'docker-update', Repository: 'https://git.example.test/www.git', Ref: 'main' }),
      record('hook', 'webhook', { Event: 'docker-update', Token: 'token' }),
    ),
  ],
  ['users', dbOf(record('ada', 'user'))],
  ['hosts', dbOf(record('web2', 'docksmith', { Groups: 'small' }))],
  [
    'secrets',
    dbOf(record('pass', 'secret', { Value: 'x' }), record('token', 'secret', { Value: 'a-token-that-is-long-enough' })),
  ],
  ['repositories', dbOf(record('mirror', 'repository', { BaseURL: 'http://mirror.test/' }))],
  [
    'docker_containers',
    dbOf(
      ...(SAMPLE_DBS.get('docker_containers')?.values() ?? []),
      record('shop', 'service', { status: 'enabled', Image: 's:1', network: 'custom:lan', Secrets: 'pass' }),
    ),
  ],
]);

const schema = readSchema(findPaths({ DOCKSMITH_ROOT: '/nowhere' }));
/** Records of `configuration` whose type is their value: they have no props. */
export const SINGLE = ['DomainName', 'SystemName', 'LocalIP'];
/** Every prop that has a name of its own, with a record of the sample that may have it. */
export const PROPS = Object.entries(schema).flatMap(([db, kinds]) =>
  Object.entries(kinds).flatMap(([kind, props]) =>
    Object.keys(props)
      .filter((prop) => prop !== 'type' && !prop.endsWith('*'))
      .map((prop) => ({ db, kind, prop })),
  ),
);

export function keysOf(db: string, kind: string, dbs = DBS): readonly string[] {
  return [...(dbs.get(db)?.values() ?? [])]
    .filter(({ key, type }) => (db === 'configuration' ? key : type) === kind)
    .map(({ key }) => key);
}

/** The sample, in which these records have the prop as it is said, or do not have it. */
export function sampleWith(db: string, keys: readonly string[], prop: string, value: string | undefined): Dbs {
  const records = new Map(DBS.get(db));
  for (const key of keys) {
    const { type, props } = records.get(key) as DbRecord;
    const changed = new Map(props);
    if (value === undefined) changed.delete(prop);
    else changed.set(prop, value);
    records.set(key, { key, type, props: changed });
  }
  return new Map([...DBS, [db, records]]);
}
