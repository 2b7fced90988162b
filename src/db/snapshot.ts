import { decodeValue } from './encoded.ts';
import type { Db, DbRecord, Read } from './record.ts';
import type { RecordSchema, Schema } from './schema.ts';

/** The dbs as they stood at one moment, with changes laid over them that are not written yet. */
export interface Snapshot {
  readonly dbs: ReadonlyMap<string, Db>;
  readonly schema: Schema;
  /** the dbs as their files hold them, where records of this host override others (`NAME@HOST`) in `dbs` */
  readonly stored?: ReadonlyMap<string, Db>;
  /** told of everything that the functions below look at */
  readonly onRead?: (read: Read) => void;
  /** what is observed, where this is an observed snapshot */
  readonly plain?: Snapshot;
}

/** The snapshot itself, for who says what it reads of it. */
export function plainOf(snapshot: Snapshot): Snapshot {
  return snapshot.plain ?? snapshot;
}

/** The same snapshot, and `onRead` is told of everything that is looked at. */
export function observeSnapshot(snapshot: Snapshot, onRead: (read: Read) => void): Snapshot {
  return new ObservedSnapshot(plainOf(snapshot), onRead);
}

class ObservedSnapshot implements Snapshot {
  readonly plain: Snapshot;
  readonly schema: Schema;
  readonly onRead: (read: Read) => void;

  constructor(plain: Snapshot, onRead: (read: Read) => void) {
    this.plain = plain;
    this.schema = plain.schema;
    this.onRead = onRead;
  }

  /** Who takes the dbs themselves may look at all of them. */
  get dbs(): Snapshot['dbs'] {
    for (const db of this.plain.dbs.keys()) this.onRead({ db });
    return this.plain.dbs;
  }
}

const EMPTY: Db = new Map();

/** A db that has no file is an empty one. */
export function getDb(snapshot: Snapshot, db: string): Db {
  snapshot.onRead?.({ db });
  return dbOf(snapshot, db);
}

function dbOf(snapshot: Snapshot, db: string): Db {
  return plainOf(snapshot).dbs.get(db) ?? EMPTY;
}

/** The record of that key by its type, or undefined. */
export function findRecord(snapshot: Snapshot, db: string, key: string): Pick<DbRecord, 'key' | 'type'> | undefined {
  snapshot.onRead?.({ db, key });
  return dbOf(snapshot, db).get(key);
}

/** The names of a record's own props that begin so, in byte order. */
export function listProps(snapshot: Snapshot, db: string, key: string, prefix = ''): readonly string[] {
  snapshot.onRead?.({ db, key, filter: `${prefix}*` });
  return [...(dbOf(snapshot, db).get(key)?.props.keys() ?? [])].filter((prop) => prop.startsWith(prefix));
}

/** Records of a db by something that they hold, so that the few that hold it are found without a look at all. */
export interface Index {
  readonly name: string;
  readonly db: string;
  /** what the record is found under: of its own props and their defaults alone */
  readonly listValues: (snapshot: Snapshot, record: DbRecord) => readonly string[];
}

/** value -> the keys of the records that an index has under it, in byte order */
export interface IndexTable extends Iterable<readonly [value: string, keys: readonly string[]]> {
  get(value: string): readonly string[] | undefined;
}

const indexed = new WeakMap<Snapshot, Map<string, IndexTable>>();

/** The indexes of a snapshot that were made so far, by name; one that is known from elsewhere may be set. */
export function indexesOf(snapshot: Snapshot): Map<string, IndexTable> {
  const plain = plainOf(snapshot);
  let tables = indexed.get(plain);
  if (tables === undefined) indexed.set(plain, (tables = new Map<string, IndexTable>()));
  return tables;
}

/** The keys of the records that an index has under a value, in byte order. */
export function lookUpIndex(snapshot: Snapshot, index: Index, value: string): readonly string[] {
  snapshot.onRead?.({ db: index.db, index: index.name, filter: value });
  const tables = indexesOf(snapshot);
  let table = tables.get(index.name);
  if (table === undefined) tables.set(index.name, (table = makeIndex(plainOf(snapshot), index)));
  return table.get(value) ?? [];
}

function makeIndex(snapshot: Snapshot, { db, listValues }: Index): IndexTable {
  const keys = new Map<string, string[]>();
  for (const record of dbOf(snapshot, db).values()) {
    for (const value of new Set(listValues(snapshot, record))) {
      const others = keys.get(value);
      if (others === undefined) keys.set(value, [record.key]);
      else others.push(record.key);
    }
  }
  return keys;
}

/** All records of a db, in byte order of their keys. */
export function listRecords(snapshot: Snapshot, db: string): readonly DbRecord[] {
  snapshot.onRead?.({ db });
  return [...dbOf(snapshot, db).values()];
}

/** The schema of a record: by its key in `configuration`, where every record is its own kind, else by its type. */
export function findRecordSchema(snapshot: Snapshot, db: string, record: DbRecord): RecordSchema | undefined {
  return findKind(snapshot.schema, db, record.key, record.type);
}

/**
 * The value that holds for a prop: the record's own, else the schema's default, else undefined. An empty value is
 * one that is not set, for every prop: its default holds. Without one it reads as the empty text, so that a
 * fragment that prints it does.
 */
export function findProp(snapshot: Snapshot, db: string, key: string, prop: string): string | undefined {
  snapshot.onRead?.({ db, key, prop });
  const record = dbOf(snapshot, db).get(key);
  const own = record?.props.get(prop);
  if (own !== undefined && own !== '') return decodeValue(own);
  const schema = findKind(snapshot.schema, db, key, record?.type)?.[prop];
  if (snapshot.onRead !== undefined) for (const read of schema?.defaultReads ?? []) snapshot.onRead(read);
  return schema?.default ?? own;
}

/** Whether a record says a prop itself, so that no default holds. */
export function hasOwnProp(record: DbRecord | undefined, prop: string): boolean {
  return (record?.props.get(prop) ?? '') !== '';
}

function findKind(schema: Schema, db: string, key: string, type: string | undefined): RecordSchema | undefined {
  const kinds = schema[db];
  if (kinds === undefined) return undefined;
  // `NAME@HOST` is of the kind of NAME
  const kind = db === 'configuration' ? key.replace(/(?<=.)@[^@]+$/, '') : type;
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
  const changed = new Map<string, Map<string, DbRecord>>();
  for (const { db, key, prop, value } of changes) {
    const records = changed.get(db) ?? new Map(snapshot.dbs.get(db));
    const record = records.get(key);
    if (record === undefined) continue;
    records.set(key, { ...record, props: new Map(record.props).set(prop, value) });
    changed.set(db, records);
  }
  return { ...snapshot, dbs: new Map([...snapshot.dbs, ...changed]) };
}
