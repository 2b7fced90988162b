import { findPropSchema } from './check-value.ts';
import type { Db, DbRecord, Read } from './record.ts';
import type { RecordSchema, Schema } from './schema.ts';

/** The dbs as they stood at one moment, with changes laid over them that are not written yet. */
export interface Snapshot {
  readonly dbs: ReadonlyMap<string, Db>;
  readonly schema: Schema;
  /** told of everything that findProp, findRecord and listRecords look at */
  readonly onRead?: (read: Read) => void;
}

const EMPTY: Db = new Map();

/** A db that has no file is an empty one. */
export function getDb(snapshot: Snapshot, db: string): Db {
  return snapshot.dbs.get(db) ?? EMPTY;
}

/** The record of that key, or undefined. */
export function findRecord(snapshot: Snapshot, db: string, key: string): DbRecord | undefined {
  snapshot.onRead?.({ db, key });
  return getDb(snapshot, db).get(key);
}

/** All records of a db, in byte order of their keys. */
export function listRecords(snapshot: Snapshot, db: string): readonly DbRecord[] {
  snapshot.onRead?.({ db });
  return [...getDb(snapshot, db).values()];
}

/** The schema of a record: by its key in `configuration`, where every record is its own kind, else by its type. */
export function findRecordSchema(snapshot: Snapshot, db: string, record: DbRecord): RecordSchema | undefined {
  return findKind(snapshot.schema, db, record.key, record.type);
}

/** The value that holds for a prop: the record's own, else the schema's default, else undefined. */
export function findProp(snapshot: Snapshot, db: string, key: string, prop: string): string | undefined {
  snapshot.onRead?.({ db, key, prop });
  const record = getDb(snapshot, db).get(key);
  return record?.props.get(prop) ?? findKind(snapshot.schema, db, key, record?.type)?.[prop]?.default;
}

function findKind(schema: Schema, db: string, key: string, type: string | undefined): RecordSchema | undefined {
  const kinds = schema[db];
  if (kinds === undefined) return undefined;
  const kind = db === 'configuration' ? key : type;
  return kind !== undefined && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
}

/** The db all of whose values are secret, whatever a schema says. */
export const SECRETS = 'secrets';

/** Whether the schema of any kind of the db's records marks the prop as secret. */
export function isSecretProp(schema: Schema, db: string, prop: string): boolean {
  return db === SECRETS || Object.values(schema[db] ?? {}).some((kind) => findPropSchema(kind, prop)?.secret === true);
}

/** Whether what was read is secret. The type of a record of `secrets` is one where it is more than that word. */
export function isSecretRead({ dbs, schema }: Pick<Snapshot, 'dbs' | 'schema'>, { db, key, prop }: Read): boolean {
  if (prop !== undefined) return isSecretProp(schema, db, prop);
  const type = key === undefined ? undefined : dbs.get(db)?.get(key)?.type;
  return db === SECRETS && type !== undefined && type !== 'secret';
}

/** All values of all dbs that are to be masked wherever values are shown. */
export function listSecretValues(snapshot: Pick<Snapshot, 'dbs' | 'schema'>): readonly string[] {
  const values: string[] = [];
  for (const [db, records] of snapshot.dbs) {
    for (const { key, type, props } of records.values()) {
      if (isSecretRead(snapshot, { db, key })) values.push(type);
      for (const [prop, value] of props) if (isSecretProp(snapshot.schema, db, prop)) values.push(value);
    }
  }
  return values;
}

export interface DbChange {
  readonly db: string;
  readonly key: string;
  readonly prop: string;
  readonly value: string;
}

/** A snapshot that reads as if the changes had been written; a record that is not there is left out. */
export function withChanges(snapshot: Snapshot, changes: readonly DbChange[]): Snapshot {
  if (changes.length === 0) return snapshot;
  const dbs = new Map(snapshot.dbs);
  for (const { db, key, prop, value } of changes) {
    const records = new Map(dbs.get(db));
    const record = records.get(key);
    if (record === undefined) continue;
    records.set(key, { ...record, props: new Map(record.props).set(prop, value) });
    dbs.set(db, records);
  }
  return { ...snapshot, dbs };
}
