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
