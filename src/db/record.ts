/** One record of a db. Values are what people mean: decoded text, a `|` is a plain `|`. */
export interface DbRecord {
  readonly key: string;
  readonly type: string;
  readonly props: ReadonlyMap<string, string>;
}

/** The records of one db by key, in byte order of the keys. */
export type Db = ReadonlyMap<string, DbRecord>;

/** A db, a record or a prop that a text depends on. A missing one is read too: it would matter if it came. */
export interface Read {
  readonly db: string;
  /** undefined: the listing of the db, with `filter` */
  readonly key?: string;
  /** undefined: the record's type, or whether it exists */
  readonly prop?: string;
  readonly filter?: string;
}
