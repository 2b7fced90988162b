import type { Read } from './record.ts';

/**
 * What a prop may hold. Shipped in `db/DB/schema.json`, merged with the files of that
 * name under `/etc/docksmith/db/DB/`: by record type, or by key for the single records of
 * `configuration`.
 */
export interface PropSchema {
  /** one line for the admin */
  readonly doc: string;
  /** how the value is checked; `text` is anything */
  readonly kind: string;
  /** what a reader sees where the prop is not set; absent: reading it unset is an error in a template */
  readonly default?: string;
  /** what a default of the host was made of: read by whoever reads that default; no file of a schema has it */
  readonly defaultReads?: readonly Read[];
  /** the allowed values of kind `choice` */
  readonly values?: readonly string[];
  /** masked wherever values are shown */
  readonly secret?: boolean;
  /** it is this host's alone: what is sent to other hosts leaves it out. Of a record's type: the whole record is */
  readonly local?: boolean;
  /** who reads it, where no template does: `docksmith COMMAND`, `action NAME`, or another program in words */
  readonly reader?: string;
}

/** prop name -> schema, for one type (or one key of `configuration`) */
export type RecordSchema = Readonly<Record<string, PropSchema>>;
/** db -> type or key -> prop -> schema */
export type Schema = Readonly<Record<string, Readonly<Record<string, RecordSchema>>>>;
