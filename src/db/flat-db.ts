import { fromByteString, toByteString } from './byte-text.ts';
import { formatRecord, type Lines, parseFlatFile, sortedKeys, toRecord, trim } from './flat-file.ts';
import type { Db, DbRecord } from './record.ts';

/**
 * The records as people mean them, each parsed when it is first asked for: of ten thousand a
 * change touches one. A key with white space around it is left out: no reader of the original
 * finds it. A prop without a value is not set.
 */
export class FlatDb implements Db {
  /** the file's bytes, where this is a file as it stands */
  readonly content: Buffer | undefined;
  readonly #read: () => Lines;
  readonly #records = new Map<string, DbRecord>();
  #lines: ReadonlyMap<string, string> | undefined;
  #isPlain = false;
  #hasDoubles = false;

  constructor(read: () => Lines, content?: Buffer) {
    this.#read = read;
    this.content = content;
  }

  /** Of the bytes of a file. */
  static parse(content: Buffer): FlatDb {
    const db = new FlatDb(() => parseFlatFile(content, () => (db.#hasDoubles = true)), content);
    return db;
  }

  /** Key -> what its line holds as the file spells it: equal lines are equal records. */
  get lines(): ReadonlyMap<string, string> {
    if (this.#lines !== undefined) return this.#lines;
    const lines = this.#read();
    this.#lines = readableLines(lines);
    this.#isPlain = this.#lines.size === lines.size;
    return this.#lines;
  }

  /** Whether each line of the file, but for comments, is a record of its own. */
  get isPlain(): boolean {
    return this.lines.size > 0 && this.#isPlain && !this.#hasDoubles;
  }

  get size(): number {
    return this.lines.size;
  }

  has(key: string): boolean {
    return this.lines.has(key);
  }

  get(key: string): DbRecord | undefined {
    let record = this.#records.get(key);
    if (record !== undefined) return record;
    const line = this.lines.get(key);
    if (line === undefined) return undefined;
    this.#records.set(key, (record = toRecord(key, line)));
    return record;
  }

  keys(): MapIterator<string> {
    return this.lines.keys();
  }

  *values(): Generator<DbRecord, undefined> {
    for (const [, record] of this) yield record;
  }

  entries(): Generator<[string, DbRecord], undefined> {
    return this[Symbol.iterator]();
  }

  *[Symbol.iterator](): Generator<[string, DbRecord], undefined> {
    for (const key of this.lines.keys()) {
      const record = this.get(key);
      if (record !== undefined) yield [key, record];
    }
  }

  forEach(callback: (record: DbRecord, key: string, db: Db) => void): void {
    for (const [key, record] of this) callback(record, key, this);
  }
}

/** Keys of the records that have the prop: of thousands few have, and the others are not parsed. */
export function keysWithProp(db: Db, prop: string): readonly string[] {
  const keys =
    db instanceof FlatDb
      ? [...db.lines].flatMap(([key, line]) => (line.includes(`|${prop}|`) ? [key] : []))
      : [...db.keys()];
  return keys.filter((key) => db.get(key)?.props.has(prop) === true);
}

/** The bytes of a file that holds these records: the file itself where it is one as it stands. */
export function contentOf(db: Db): Buffer {
  if (db instanceof FlatDb && db.content !== undefined) return db.content;
  return Buffer.from([...linesOf(db)].map(([key, line]) => `${toByteString(key)}=${line}\n`).join(''), 'latin1');
}

/** Key -> its line, as the file spells it where the db is one that was read: so no record has to be parsed. */
export function linesOf(db: Db): ReadonlyMap<string, string> {
  return db instanceof FlatDb ? db.lines : new Map([...db].map(([key, record]) => [key, formatRecord(record)]));
}

function readableLines(lines: Lines): ReadonlyMap<string, string> {
  const readable = new Map<string, string>();
  for (const bytes of sortedKeys(lines)) {
    if (bytes !== trim(bytes)) continue;
    const key = fromByteString(bytes);
    // two spellings of one name (UTF-8 and Latin-1): the UTF-8 one comes first and stays
    if (!readable.has(key)) readable.set(key, lines.get(bytes) ?? '');
  }
  return readable;
}
