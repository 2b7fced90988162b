import { FlatDb } from '../db/flat-db.ts';
import { type Db, type DbRecord, isSameRecord, type Read } from '../db/record.ts';
import { findProp, type Index, listProps, type Snapshot } from '../db/snapshot.ts';

/** One record that changed; undefined: it does not exist. */
export interface ChangedRecord {
  readonly before: DbRecord | undefined;
  readonly after: DbRecord | undefined;
}

const EMPTY: Db = new Map();
const NOTHING: ReadonlyMap<string, ChangedRecord> = new Map();

/** What became of the dbs between two renderings, and which reads of them give another answer now. */
export class DbDiff {
  /** as they were, of the records that are others now */
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly #indexes: ReadonlyMap<string, Index>;
  readonly #records = new Map<string, ReadonlyMap<string, ChangedRecord>>();
  readonly #changedValues = new Map<string, ReadonlySet<string>>();

  constructor(before: ReadonlyMap<string, Db>, after: Snapshot, indexes: readonly Index[]) {
    this.after = after;
    this.#indexes = new Map(indexes.map((index) => [index.name, index]));
    for (const db of new Set([...before.keys(), ...after.dbs.keys()])) {
      const records = compareDbs(before.get(db) ?? EMPTY, after.dbs.get(db) ?? EMPTY);
      if (records.size > 0) this.#records.set(db, records);
    }
    const dbs = [...this.#records].map(
      ([db, records]) =>
        [
          db,
          new Map(
            [...records].flatMap(([key, states]) =>
              states.before === undefined ? [] : [[key, states.before] as const],
            ),
          ),
        ] as const,
    );
    this.before = { dbs: new Map(dbs), schema: after.schema };
  }

  /** The dbs of which any record changed. */
  get dbs(): readonly string[] {
    return [...this.#records.keys()];
  }

  /** key -> the record before and after */
  records(db: string): ReadonlyMap<string, ChangedRecord> {
    return this.#records.get(db) ?? NOTHING;
  }

  isAffected(read: Read): boolean {
    const { db, key, prop, filter } = read;
    const records = this.records(db);
    if (records.size === 0) return false;
    const index = read.index === undefined ? undefined : this.#indexes.get(read.index);
    if (index !== undefined && filter !== undefined) return this.#listChangedValues(index).has(filter);
    if (key === undefined) return [...records].some(([changed, states]) => this.#isListed(changed, states, read));
    const changed = records.get(key);
    if (changed === undefined) return false;
    const answer = (snapshot: Snapshot, record: DbRecord | undefined): string | undefined => {
      if (prop !== undefined) return findProp(snapshot, db, key, prop);
      return filter === undefined ? record?.type : listProps(snapshot, db, key, filter.slice(0, -1)).join('\n');
    };
    return answer(this.before, changed.before) !== answer(this.after, changed.after);
  }

  /** What an index has other records under than before. */
  #listChangedValues(index: Index): ReadonlySet<string> {
    let values = this.#changedValues.get(index.name);
    if (values !== undefined) return values;
    const listValues = (snapshot: Snapshot, record: DbRecord | undefined): readonly string[] =>
      record === undefined ? [] : index.listValues(snapshot, record);
    values = new Set(
      [...this.records(index.db).values()].flatMap(({ before, after }) => {
        const [former, now] = [listValues(this.before, before), listValues(this.after, after)];
        return [...former.filter((value) => !now.includes(value)), ...now.filter((value) => !former.includes(value))];
      }),
    );
    this.#changedValues.set(index.name, values);
    return values;
  }

  /** Whether a listing can have another answer by this record. */
  #isListed(key: string, { before, after }: ChangedRecord, { db, filter, index }: Read): boolean {
    if (
      index !== undefined ||
      filter === undefined ||
      before === undefined ||
      after === undefined ||
      before.type !== after.type
    )
      return true;
    return [...new Set([...before.props.keys(), ...after.props.keys()])].some(
      (prop) => filter.includes(prop) && findProp(this.before, db, key, prop) !== findProp(this.after, db, key, prop),
    );
  }
}

function compareDbs(before: Db, after: Db): ReadonlyMap<string, ChangedRecord> {
  if (before === after) return NOTHING;
  if (!(before instanceof FlatDb && after instanceof FlatDb))
    return listChanged(before, after, (key) => isSameRecord(before.get(key), after.get(key)));
  if (before.content !== undefined && after.content !== undefined) {
    if (before.content.equals(after.content)) return NOTHING;
    const middle = parseMiddle(before.content, after);
    if (middle !== undefined)
      return listChanged(
        middle.before,
        middle.after,
        (key) => middle.before.lines.get(key) === middle.after.lines.get(key),
      );
  }
  return listChanged(before, after, (key) => before.lines.get(key) === after.lines.get(key));
}

/**
 * The lines between what the two files have in common at their beginnings and at their ends: most
 * changes are one line of many. Undefined where a key that was between stands elsewhere too.
 */
function parseMiddle(before: Buffer, after: FlatDb): { readonly before: FlatDb; readonly after: FlatDb } | undefined {
  if (after.content === undefined || !after.isPlain) return undefined;
  const start = commonStart(before, after.content);
  const [former, now] = [before.subarray(start), after.content.subarray(start)];
  const end = commonEnd(former, now);
  const middle = {
    before: FlatDb.parse(former.subarray(0, former.length - end)),
    after: FlatDb.parse(now.subarray(0, now.length - end)),
  };
  return [...middle.before.keys()].every((key) => !after.has(key) || middle.after.has(key)) ? middle : undefined;
}

/** Bytes of the whole lines that both begin with. */
function commonStart(a: Buffer, b: Buffer): number {
  const size = countSame(Math.min(a.length, b.length), (from, to) => a.compare(b, from, to, from, to) === 0);
  return size === 0 ? 0 : a.lastIndexOf(10, size - 1) + 1;
}

/** Bytes of the whole lines that both end with. */
function commonEnd(a: Buffer, b: Buffer): number {
  const part = ({ length }: Buffer, from: number, to: number): readonly [number, number] => [
    length - to,
    length - from,
  ];
  const size = countSame(
    Math.min(a.length, b.length),
    (from, to) => a.compare(b, ...part(b, from, to), ...part(a, from, to)) === 0,
  );
  const first = a.indexOf(10, a.length - size);
  return first < 0 ? 0 : a.length - first - 1;
}

/** How much is the same from the start, by halves. */
function countSame(size: number, isSame: (from: number, to: number) => boolean): number {
  let [from, to] = [0, size];
  while (from < to) {
    const half = Math.ceil((from + to) / 2);
    if (isSame(from, half)) from = half;
    else to = half - 1;
  }
  return from;
}

function listChanged(
  before: Db,
  after: Db,
  isSameRecord: (key: string) => boolean,
): ReadonlyMap<string, ChangedRecord> {
  const changed = new Map<string, ChangedRecord>();
  for (const key of before.keys())
    if (!isSameRecord(key)) changed.set(key, { before: before.get(key), after: after.get(key) });
  for (const key of after.keys()) if (!before.has(key)) changed.set(key, { before: undefined, after: after.get(key) });
  return changed;
}
