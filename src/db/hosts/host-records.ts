import { toByteString } from '../byte-text.ts';
import { FlatDb, linesOf } from '../flat-db.ts';
import { formatRecord, sortKeys } from '../flat-file.ts';
import type { Db, DbRecord } from '../record.ts';
import type { Schema } from '../schema.ts';
import type { RecordOverlay } from '../overlay.ts';
import type { Snapshot } from '../snapshot.ts';

/** The db of hosts. SME Server has names of DNS in it, too: those of docksmith have a type of their own. */
export const HOSTS = 'hosts';
export const HOST_TYPE = 'docksmith';

type Dbs = ReadonlyMap<string, Db>;

/** A key of the form `NAME@WHERE`: the record is about the record NAME on a host, or on the hosts of a group. */
export interface HostKey {
  readonly name: string;
  readonly where: string;
}

export function parseHostKey(key: string): HostKey | undefined {
  const at = key.lastIndexOf('@');
  return at > 0 && at < key.length - 1 ? { name: key.slice(0, at), where: key.slice(at + 1) } : undefined;
}

/** Whether docksmith has several hosts: only then a key with an `@` is about one of them. */
export function hasHosts(dbs: Dbs): boolean {
  const db = dbs.get(HOSTS);
  if (db === undefined) return false;
  if (db instanceof FlatDb)
    return [...db.lines.values()].some((line) => line === HOST_TYPE || line.startsWith(`${HOST_TYPE}|`));
  return [...db.values()].some(({ type }) => type === HOST_TYPE);
}

/** What this host is called among the hosts: `HostName` of the record docksmith, else its SystemName. */
export function nameOfHost(dbs: Dbs): string | undefined {
  const configuration = dbs.get('configuration');
  return configuration?.get('docksmith')?.props.get('HostName') || configuration?.get('SystemName')?.type || undefined;
}

/** The groups of a host, the one that wins first. */
export function groupsOf(record: DbRecord | undefined): readonly string[] {
  return (record?.props.get('Groups') ?? '').split(',').flatMap((group) => group.trim() || []);
}

/** The names behind the `@` that are about a host, the one that wins first: itself, then its groups. */
export function placesOf(dbs: Dbs, host: string | undefined): readonly string[] {
  return host === undefined ? [] : [host, ...groupsOf(dbs.get(HOSTS)?.get(host))];
}

/** What overrides a record on this host, the record that wins first, and the record itself. */
export function layersOfRecord(records: Db, key: string, places: readonly string[]): readonly DbRecord[] {
  return [...places.map((where) => `${key}@${where}`), key].flatMap((name) => records.get(name) ?? []);
}

/** One record of several: each prop, and the type, by the first one that says it. */
export function mergeLayers(key: string, layers: readonly DbRecord[]): DbRecord | undefined {
  if (layers.length === 0) return undefined;
  const props = new Map(layers.toReversed().flatMap((layer) => [...layer.props]));
  return { key, type: layers.find(({ type }) => type !== '')?.type ?? '', props };
}

/**
 * The snapshot in which records are what they are on this host: `NAME@HOST` and `NAME@GROUP` override what NAME says,
 * and are no records themselves. What the files hold is in `stored` then.
 * @param host another one than this, to see what it would be there
 */
export function onHost<T extends Pick<Snapshot, 'schema' | 'dbs'>>(
  snapshot: T,
  stored: Dbs,
  host = nameOfHost(stored),
): T {
  if (!hasHosts(stored)) return { ...snapshot, dbs: stored };
  const places = placesOf(stored, host);
  const dbs = new Map(
    [...stored].map(([name, db]) => [name, isOfHosts(snapshot.schema, name) ? merge(db, places) : db]),
  );
  return { ...snapshot, dbs, stored };
}

/** Keys of other dbs are none of docksmith's: SME Server has addresses of mail among them. */
export function isOfHosts(schema: Schema, db: string): boolean {
  return db !== HOSTS && Object.hasOwn(schema, db);
}

function merge(db: Db, places: readonly string[]): Db {
  const names = [...db.keys()].flatMap((key) => parseHostKey(key)?.name ?? []);
  if (names.length === 0) return db;
  const lines = new Map([...linesOf(db)].filter(([key]) => parseHostKey(key) === undefined));
  for (const name of new Set(names)) {
    const record = mergeLayers(name, layersOfRecord(db, name, places));
    if (record !== undefined) lines.set(name, formatRecord(record));
  }
  const byBytes = new Map([...lines].map(([key, line]) => [toByteString(key), line]));
  const text = sortKeys([...byBytes.keys()]).map((key) => `${key}=${byBytes.get(key) ?? ''}\n`);
  return FlatDb.parse(Buffer.from(text.join(''), 'latin1'));
}

/** The dbs as their files hold them, with `NAME@HOST` beside NAME. */
export function storedOf(snapshot: Pick<Snapshot, 'dbs' | 'stored' | 'plain'>): Dbs {
  const plain = snapshot.plain ?? snapshot;
  return plain.stored ?? plain.dbs;
}

/** The record that a prop which holds on this host is written in; the key itself where none has it. */
export function findHolder(snapshot: Snapshot, db: string, key: string, prop: string | undefined): string {
  const { stored } = snapshot.plain ?? snapshot;
  const records = stored?.get(db);
  if (stored === undefined || records === undefined) return key;
  const layers = layersOfRecord(records, key, placesOf(stored, nameOfHost(stored)));
  const holder = layers.find((layer) => (prop === undefined ? layer.type !== '' : layer.props.has(prop)));
  return holder?.key ?? key;
}

/** What a change of a stored record makes of the record as it is on this host. */
export function overlaysOnHost(snapshot: Snapshot, { db, key, record }: RecordOverlay): readonly RecordOverlay[] {
  const { stored } = snapshot;
  if (stored === undefined || !isOfHosts(snapshot.schema, db)) return [{ db, key, record }];
  const records = new Map(stored.get(db));
  if (record === undefined) records.delete(key);
  else records.set(key, record);
  const name = parseHostKey(key)?.name ?? key;
  const layers = layersOfRecord(records, name, placesOf(stored, nameOfHost(stored)));
  return [{ db, key: name, record: mergeLayers(name, layers) }];
}
