/** One record of a db. Values are what people mean: decoded text, a `|` is a plain `|`. */
export interface DbRecord {
  readonly key: string;
  readonly type: string;
  readonly props: ReadonlyMap<string, string>;
}

/** Whether two records of one key hold the same; undefined: it is not there. */
export function isSameRecord(a: DbRecord | undefined, b: DbRecord | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.type === b.type &&
    a.props.size === b.props.size &&
    [...b.props].every(([prop, value]) => a.props.get(prop) === value)
  );
}

/** The records of one db by key, in byte order of the keys. */
export type Db = ReadonlyMap<string, DbRecord>;

/** A db, a record or a prop that a text depends on. A missing one is read too: it would matter if it came. */
export interface Read {
  /** a db, or `FACTS` */
  readonly db: string;
  /** undefined: a listing of the db */
  readonly key?: string;
  /** undefined: the record's type, or whether it exists */
  readonly prop?: string;
  /**
   * of a listing: which records, `type=service status=enabled`; undefined: all with all of their
   * props. With a key: which of its props, by how their names begin, `Env.*`.
   */
  readonly filter?: string;
  /** of a listing: the index that was asked, for the records that it has under `filter` */
  readonly index?: string;
}

/**
 * Stands where a read names a db, for what is known of the host; the fact is its key. No file of a db can
 * be called so.
 */
export const FACTS = '/facts';
