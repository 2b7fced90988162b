import type { Db, DbRecord } from '../../src/db/record.ts';
import { withRecords } from '../../src/db/overlay.ts';
import type { PropSchema, RecordSchema, Schema } from '../../src/db/schema.ts';
import type { Facts } from '../../src/host/facts.ts';
import { allocatePorts } from '../../src/model/network/allocate-ports.ts';
import { checkRecords } from '../../src/model/check-records.ts';
import { withChanges } from '../../src/db/snapshot.ts';
import { Failure } from '../../src/base/errors.ts';
import { snapshotOf } from './sample.ts';

export type Dbs = ReadonlyMap<string, Db>;

/** Numbers from 0 to below 1, the same ones for the same seed. */
export type Random = () => number;

/** mulberry32 (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c, public domain) */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

/** One record that is another one; always a real change. */
export interface Change {
  readonly db: string;
  readonly key: string;
  readonly before: DbRecord | undefined;
  readonly after: DbRecord | undefined;
  /** the prop that is set or deleted; undefined: the record is created or deleted */
  readonly prop: string | undefined;
}

export interface ChangeOptions {
  /** which props may be set and deleted; absent: all that the schema has */
  readonly mayChange?: (db: string, key: string, prop: string) => boolean;
  /** values of a prop to choose from; undefined: made up by the schema's kind */
  readonly valuesOf?: (db: string, prop: string, random: Random) => readonly string[] | undefined;
  /** whether records may be created and deleted; absent: yes */
  readonly records?: boolean;
}

/** The dbs with the change made. */
export function withChange(dbs: Dbs, { db, key, after }: Change): Dbs {
  return withRecords({ dbs }, [{ db, key, record: after }]).dbs;
}

/** Words of the command `db` that make the change: `docker_containers`, `setprop`, `wiki`, `MaxMemory`, `64`. */
export function commandOf({ db, key, before, after, prop }: Change): readonly string[] {
  if (after === undefined) return [db, 'delete', key];
  if (before === undefined) return [db, 'set', key, after.type, ...[...after.props].flat()];
  if (prop === undefined || prop === 'type') return [db, 'settype', key, after.type];
  const value = after.props.get(prop);
  return value === undefined ? [db, 'delprop', key, prop] : [db, 'setprop', key, prop, value];
}

/**
 * A change that the schema allows: a prop set (half of them), deleted, a status toggled, a record
 * created (a copy of another one, mostly) or deleted, in any db of the schema. What records then
 * mean together may be wrong all the same: see legalChange.
 */
export function randomChange(
  { dbs, schema }: { readonly dbs: Dbs; readonly schema: Schema },
  random: Random,
  options: ChangeOptions = {},
): Change {
  for (;;) {
    const change = tryChange({ dbs, schema }, random, options);
    if (change !== undefined) return change;
  }
}

/**
 * A change after which the records are accepted as a whole: by what an event checks before it
 * expands anything. Undefined where none was found in 50 attempts.
 */
export function legalChange(dbs: Dbs, facts: Facts, random: Random, options: ChangeOptions = {}): Change | undefined {
  const { schema } = snapshotOf(dbs, facts);
  for (let attempt = 0; attempt < 50; attempt++) {
    const change = randomChange({ dbs, schema }, random, options);
    if (isAccepted(withChange(dbs, change), facts)) return change;
  }
  return undefined;
}

function isAccepted(dbs: Dbs, facts: Facts): boolean {
  try {
    const snapshot = snapshotOf(dbs, facts);
    return checkRecords(withChanges(snapshot, allocatePorts(snapshot, facts)), facts).mistakes.length === 0;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function tryChange(
  { dbs, schema }: { readonly dbs: Dbs; readonly schema: Schema },
  random: Random,
  { mayChange = () => true, valuesOf, records = true }: ChangeOptions,
): Change | undefined {
  // containers have most of the props
  const db = random() < 0.5 ? 'docker_containers' : pick(random, Object.keys(schema));
  const all = [...(dbs.get(db)?.values() ?? [])].filter((record) => kindOf(schema, db, record) !== undefined);
  const kind = random();
  if (records && kind < 0.08) return createRecord({ dbs, schema }, db, random);
  const before = all.length === 0 ? undefined : pick(random, all);
  if (before === undefined) return undefined;
  const { key } = before;
  if (records && kind < 0.12) return { db, key, before, after: undefined, prop: undefined };
  const props = Object.entries(kindOf(schema, db, before) ?? {}).map(
    ([name, prop]) => [name.replace('*', pick(random, ['ONE', 'TWO'])), prop] as const,
  );
  const choosable = props.filter(([name]) => mayChange(db, key, name) && (name !== 'type' || db === 'configuration'));
  if (choosable.length === 0) return undefined;
  const status = choosable.find(([name]) => name === 'status');
  const [prop, propSchema] = kind < 0.2 && status !== undefined ? status : pick(random, choosable);
  // what is set is deleted more often than chance would have it
  const set = [...before.props.keys()].filter((name) => mayChange(db, key, name));
  if (kind > 0.85 && set.length > 0) return withProp(db, before, pick(random, set), undefined);
  const given = valuesOf?.(db, prop, random);
  return withProp(db, before, prop, given === undefined ? randomValue(propSchema, dbs, random) : pick(random, given));
}

function createRecord(
  { dbs, schema }: { readonly dbs: Dbs; readonly schema: Schema },
  db: string,
  random: Random,
): Change | undefined {
  if (db === 'configuration') return undefined;
  const records = dbs.get(db) ?? new Map<string, DbRecord>();
  const [type = 'service'] = Object.keys(schema[db] ?? {});
  const key =
    db === 'networks'
      ? `10.${Math.floor(random() * 200)}.0.0`
      : pick(random, ['app', 'cache', 'wiki2', 'lan', 'zebra', 'db_password', ...keysOf(dbs, 'docker_containers')]);
  if (records.has(key)) return undefined;
  const kind = schema[db]?.[type] ?? {};
  const model = records.size > 0 && random() < 0.6 ? pick(random, [...records.values()]) : undefined;
  const made = Object.entries(kind)
    .filter(
      ([name]) =>
        name !== 'type' &&
        !name.includes('*') &&
        (name === 'Mask' || name === 'Value' || random() < 4 / Object.keys(kind).length),
    )
    .map(([name, prop]) => [name, randomValue(prop, dbs, random)] as const);
  // whom a copy listens for, its original has
  const copied = [...(model?.props ?? [])].filter(
    ([name]) => !['WebHostPort', 'WebAlias', 'TCPPort', 'UDPPort', 'PortMappingPorts', 'SubDomainName'].includes(name),
  );
  return { db, key, before: undefined, after: { key, type, props: new Map([...copied, ...made]) }, prop: undefined };
}

function withProp(db: string, before: DbRecord, prop: string, value: string | undefined): Change | undefined {
  const { key } = before;
  if (prop === 'type')
    return value === undefined || value === before.type
      ? undefined
      : { db, key, before, after: { ...before, type: value }, prop };
  if (before.props.get(prop) === value) return undefined;
  const props = new Map(before.props);
  if (value === undefined) props.delete(prop);
  else props.set(prop, value);
  return { db, key, before, after: { ...before, props }, prop };
}

function kindOf(schema: Schema, db: string, { key, type }: DbRecord): RecordSchema | undefined {
  const kind = db === 'configuration' ? key : type;
  return Object.hasOwn(schema[db] ?? {}, kind) ? schema[db]?.[kind] : undefined;
}

const keysOf = (dbs: Dbs, db: string): readonly string[] => [...(dbs.get(db)?.keys() ?? [])];

/** A value that the prop allows; names of records are mostly such as are there. */
export function randomValue({ kind, values }: PropSchema, dbs: Dbs, random: Random): string {
  if (kind === 'choice') return pick(random, values ?? ['']);
  const make = VALUES[kind];
  if (make === undefined) throw new Error(`there are no values of kind ${kind}`);
  return make(random, dbs);
}

type Make = (random: Random, dbs: Dbs) => string;

const int = (random: Random, from: number, to: number): string => String(from + Math.floor(random() * (to - from + 1)));
const one =
  (...items: readonly string[]): Make =>
  (random) =>
    pick(random, items);
const list =
  (make: Make, most = 3): Make =>
  (random, dbs) =>
    [...new Set(Array.from({ length: 1 + Math.floor(random() * most) }, () => make(random, dbs)))].join(',');
const name = one('alpha', 'beta', 'gamma');
const folder = one('/srv/a', '/srv/b', '/data', '/etc/app.conf', '/var/cache/x');
const port: Make = (random) => int(random, 1025, 46_000);
const address = one('192.168.1.2', '10.1.2.3', 'fd00:1::5', '192.168.1.3');
const container: Make = (random, dbs) =>
  pick(random, ['nobody', ...keysOf(dbs, 'docker_containers'), ...keysOf(dbs, 'docker_containers')]);
const network: Make = (random, dbs) => pick(random, ['lan', ...keysOf(dbs, 'docker_networks')]);
const size: Make = (random) => `${int(random, 6, 900)}${pick(random, ['m', 'k0k', 'g']).replace('k0', '000')}`;
const duration = one('0', '5', '30s', '1m30s', '500ms');
const assignments = list((random) => `${pick(random, ['A', 'B', 'C'])}=${pick(random, ['1', 'x y', 'a=b', ''])}`);

/** By kind of the schema (src/db/kinds.ts). */
const VALUES: Readonly<Record<string, Make>> = {
  text: one(
    'word',
    'two words',
    'json-file',
    'local',
    'journald',
    'unlimited',
    'none',
    'bridge',
    '1.44',
    'a,b',
    '$HOME',
  ),
  'process-space': one('host'),
  'shared-memory': one('host', 'private', 'shareable'),
  swap: one('1g', '-1'),
  microseconds: one('50ms', '20000'),
  'device-rule': one('c 1:3 mr', 'a *:* rwm'),
  'device-rules': one('c 1:3 mr', 'c 1:3 mr,a *:* rwm'),
  'mac-address': one('02:42:ac:11:65:44', '02:42:ac:11:65:45'),
  percentage: one('1', '60'),
  'oom-score': one('1', '-500'),
  json: one('{"weight":100}', '[{"count":1,"capabilities":["gpu"]}]'),
  integer: (random) => int(random, -3, 99),
  count: (random) => int(random, 1, 9),
  size: (random) => `${int(random, 1, 99)}m`,
  memory: size,
  port: port,
  ports: (random, dbs) => (random() < 0.2 ? 'exposed' : list(port)(random, dbs)),
  'port-range': one('47000-47999', '46500-46600'),
  'exposed-ports': list((random, dbs) => `${port(random, dbs)}${pick(random, ['', '/udp'])}`),
  'port-mappings': list(
    (random, dbs) =>
      `${pick(random, ['', '', '', '127.0.0.1:'])}${port(random, dbs)}:${pick(random, ['22', '53', '80'])}${pick(random, ['', '/udp'])}`,
  ),
  path: folder,
  paths: list(folder),
  mount: one('/srv/d', '/srv/e,/f:/e:ro'),
  mounts: list((random) => pick(random, ['/srv/a', '/srv/b:/b', '/srv/c:/c:ro'])),
  'data-mount': one('/var/lib/app', 'store:/data', '/srv/data:/data'),
  socket: one('/var/run/docker.sock', '/run/own.sock', 'unix:///run/docker.sock'),
  owner: one('root', '1000:1000', 'www-data'),
  mode: one('0755', '700'),
  'manager-addresses': one('10.0.0.1', 'web1.example.test:2377'),
  replicas: one('1', '3', 'global'),
  placement: one('node.labels.zone==a', 'spread:node.labels.zone'),
  ratio: one('0.3', '1'),
  rollback: one('failure', 'failure:0.3', 'none'),
  restart: one('no', 'always', 'unless-stopped', 'on-failure:3'),
  'host-name': one('docs', 'docs.example.org', 'Other.Example.Test', 'example.test'),
  label: one('host', 'server'),
  'path-names': list(one('git', 'docs', 'a.b', 'x~y')),
  'ip-address': one('172.31.0.0', '10.77.0.0', '192.168.1.0'),
  netmask: one('24', '255.255.0.0', '16'),
  image: (random, dbs) => pick(random, ['mariadb:11', 'localhost:5000/a/b', ...keysOf(dbs, 'docker_images')]),
  tag: (random) => `${int(random, 1, 99)}.${int(random, 0, 9)}`,
  registry: (random) => `r${int(random, 1, 9)}.example.test:5000`,
  'command-line': (random) => `run --level ${int(random, 1, 9)} "two words"`,
  digest: (random) => `sha256:${int(random, 0, 9).repeat(64)}`,
  assignments: assignments,
  'network-mode': (random, dbs) =>
    pick(random, ['bridge', 'host', 'none', `custom:${network(random, dbs)}`, `container:${container(random, dbs)}`]),
  'volume-mounts': list(one('cache:/var/cache', 'conf:/etc/app:ro')),
  'log-size': one('unlimited', '10m', '1g'),
  links: list((random, dbs) => `${container(random, dbs)}${pick(random, ['', ':db', ':cache'])}`, 2),
  // what never ends is not waited for
  dependencies: list(
    (random, dbs) => `${container(random, dbs)}${pick(random, ['', ':healthy', ':healthy:restart', '?'])}`,
    2,
  ),
  'volumes-from': list((random, dbs) => `${container(random, dbs)}${pick(random, ['', ':ro'])}`, 1),
  secrets: list((random, dbs) => pick(random, [...keysOf(dbs, 'secrets'), 'db_password:/etc/password'])),
  'secret-variables': list(
    (random, dbs) =>
      `${pick(random, [...keysOf(dbs, 'secrets'), 'db_password'])}:${pick(random, ['A', 'DB_PASSWORD'])}`,
    2,
  ),
  subnets: list(one('10.5.0.0/24', '10.6.0.0/24', 'fd00:9::/64'), 1),
  decimal: one('0.5', '1', '1.5'),
  limit: one('-1', '100', '200'),
  'cpu-shares': one('512', '1024'),
  'cpu-list': one('0', '0-1', '0,1'),
  duration: duration,
  uptime: one('1s', '2s', '100ms'),
  schedule: one('03:30', '*/15 * * * *', '0 7 1 * 1-5'),
  'reload-signal': one('SIGHUP', 'USR1', 'none'),
  signal: one('SIGTERM', 'QUIT', '15'),
  'ip-addresses': list(address),
  'host-names': list(one('example.test', 'lan.example.test')),
  'network-names': list(name),
  'fixed-addresses': one('10.5.0.7', '10.5.0.8'),
  'endpoint-options': one('{"gw_priority":1}', '{"driver_opts":{"a":"b"}}'),
  commands: one('[{"command":["true"]}]', '[{"command":["true"],"user":"root"}]'),
  'host-addresses': list(one('db:10.0.0.5', 'host:host-gateway')),
  ulimits: list(one('nofile=1024:2048', 'nproc=200'), 2),
  capabilities: list(one('NET_ADMIN', 'SYS_TIME', 'NET_RAW')),
  devices: list(one('/dev/null', '/dev/null:/dev/nix:r', '/dev/zero')),
  tmpfs: one('/run', '/run:size=1m,mode=1777,/tmp'),
  name: one('one', 'two'),
  'http-addresses': one('http://one.test:2379', 'https://two.test:2379'),
  word: one('one', 'two'),
  words: one('one', 'one,two'),
  'path-word': one('one', 'two/2'),
  packages: one('one', 'two'),
  url: one('http://one.test/', 'https://two.test/x'),
  targets: one('redis:6379', 'tcp://192.168.1.52:6379'),
  'ssh-address': one('web2.example.test', 'root@10.0.0.2:2222'),
  'git-url': one('https://git.example.test/site', 'git@git.example.test:site'),
  'git-ref': one('main', 'v1.0'),
};

/** Kinds of which values can be made up. */
export const RANDOM_KINDS: readonly string[] = ['choice', ...Object.keys(VALUES)];
