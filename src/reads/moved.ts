import { FlatDb } from '../db/flat-db.ts';
import { type Db, type DbRecord, FACTS, isSameRecord, type Read } from '../db/record.ts';
import { findProp, type Index, listProps, type Snapshot } from '../db/snapshot.ts';

/** One record that is another one; undefined: it is not there. */
export interface MovedRecord {
  readonly before: DbRecord | undefined;
  readonly after: DbRecord | undefined;
}

const EMPTY: Db = new Map();
const NOTHING: ReadonlyMap<string, MovedRecord> = new Map();

/** What became of the dbs and facts between two renderings, and which reads give another answer now. */
export class Moved {
  readonly #before: Snapshot;
  readonly #after: Snapshot;
  readonly #isFactMoved: (read: Read) => boolean;
  readonly #indexes: ReadonlyMap<string, Index>;
  readonly #records = new Map<string, ReadonlyMap<string, MovedRecord>>();

  constructor(before: Snapshot, after: Snapshot, indexes: readonly Index[], isFactMoved: (read: Read) => boolean) {
    this.#before = before;
    this.#after = after;
    this.#isFactMoved = isFactMoved;
    this.#indexes = new Map(indexes.map((index) => [index.name, index]));
    for (const db of new Set([...before.dbs.keys(), ...after.dbs.keys()])) {
      const records = compareDbs(before.dbs.get(db) ?? EMPTY, after.dbs.get(db) ?? EMPTY);
      if (records.size > 0) this.#records.set(db, records);
    }
  }

  /** The dbs of which any record is another one. */
  get dbs(): readonly string[] {
    return [...this.#records.keys()];
  }

  /** key -> the record before and after */
  records(db: string): ReadonlyMap<string, MovedRecord> {
    return this.#records.get(db) ?? NOTHING;
  }

  isAffected(read: Read): boolean {
    const { db, key, prop, filter } = read;
    if (db === FACTS) return this.#isFactMoved(read);
    const records = this.records(db);
    if (records.size === 0) return false;
    if (key === undefined) return [...records].some(([moved, states]) => this.#isListed(moved, states, read));
    const moved = records.get(key);
    if (moved === undefined) return false;
    const answer = (snapshot: Snapshot, record: DbRecord | undefined): string | undefined => {
      if (prop !== undefined) return findProp(snapshot, db, key, prop);
      return filter === undefined ? record?.type : listProps(snapshot, db, key, filter.slice(0, -1)).join('\n');
    };
    return answer(this.#before, moved.before) !== answer(this.#after, moved.after);
  }

  /** Whether a listing can have another answer by this record. */
  #isListed(key: string, { before, after }: MovedRecord, { db, filter, index: name }: Read): boolean {
    const index = name === undefined ? undefined : this.#indexes.get(name);
    if (index !== undefined && filter !== undefined) {
      const holds = (snapshot: Snapshot, record: DbRecord | undefined): boolean => record !== undefined && index.listValues(snapshot, record).includes(filter);
      return holds(this.#before, before) !== holds(this.#after, after);
    }
    if (name !== undefined || filter === undefined || before === undefined || after === undefined || before.type !== after.type) return true;
    return [...new Set([...before.props.keys(), ...after.props.keys()])].some((prop) => filter.includes(`${prop}=`) && findProp(this.#before, db, key, prop) !== findProp(this.#after, db, key, prop));
  }
}

function compareDbs(before: Db, after: Db): ReadonlyMap<string, MovedRecord> {
  if (before === after) return NOTHING;
  if (!(before instanceof FlatDb && after instanceof FlatDb)) return listMoved(before, after, (key) => isSameRecord(before.get(key), after.get(key)));
  if (before.content !== undefined && after.content?.equals(before.content) === true) return NOTHING;
  return listMoved(before, after, (key) => before.lines.get(key) === after.lines.get(key));
}

function listMoved(before: Db, after: Db, isSameRecord: (key: string) => boolean): ReadonlyMap<string, MovedRecord> {
  const moved = new Map<string, MovedRecord>();
  for (const key of before.keys()) if (!isSameRecord(key)) moved.set(key, { before: before.get(key), after: after.get(key) });
  for (const key of after.keys()) if (!before.has(key)) moved.set(key, { before: undefined, after: after.get(key) });
  return moved;
}
