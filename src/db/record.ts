/** One record of a db. Values are what people mean: decoded text, a `|` is a plain `|`. */
export interface DbRecord {
  readonly key: string;
  readonly type: string;
  readonly props: ReadonlyMap<string, string>;
}

/** The records of one db by key, in byte order of the keys. */
export type Db = ReadonlyMap<string, DbRecord>;
