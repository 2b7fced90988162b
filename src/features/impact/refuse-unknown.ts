import { findPropSchema } from '../../db/check-value.ts';
import { storedOf } from '../../db/hosts/host-records.ts';
import type { DbRecord } from '../../db/record.ts';
import { findRecordSchema, getDb, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { findNearest } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { takesProp } from '../../template/language/shape.ts';
import { readTree } from '../lint/tree.ts';

export interface NamedRecord {
  readonly db: string;
  readonly key: string;
  readonly props: readonly string[];
  /** it is to have; who gives it may mean a record that is to be made */
  readonly type?: string | undefined;
}

/**
 * Of a name that is not there nothing can be told, and "nothing reads it" would be a wrong answer to a mistyped
 * one. A prop is there where the record has it, a schema knows it, or a template reads it.
 * @throws Failure with the nearest name
 */
export function refuseUnknown(paths: Paths, snapshot: Snapshot, { db, key, props, type }: NamedRecord): void {
  const dbs = [...new Set([...snapshot.dbs.keys(), ...Object.keys(snapshot.schema)])];
  if (!dbs.includes(db)) throw unknown(`db "${db}"`, 'there is no such db', findNearest(db, dbs), dbs.join(', '));
  const records = new Map([...getDb(snapshot, db), ...(storedOf(snapshot).get(db) ?? [])]);
  const keys = [...records.keys(), ...(db === 'configuration' ? Object.keys(snapshot.schema[db] ?? {}) : [])];
  // of configuration a type is a value, and no sign of a new record
  const nearest = findNearest(key, keys);
  const mayCome = type !== undefined && (db !== 'configuration' || nearest === undefined || nearest === key);
  const record = records.get(key) ?? findComing(snapshot, { db, key, type: mayCome ? type : undefined });
  if (record === undefined)
    throw unknown(
      `"${key}" in db ${db}`,
      'there is no such record',
      nearest,
      'for a new one give its type: type=service',
    );
  const kind = findRecordSchema(snapshot, db, record) ?? {};
  for (const prop of props) {
    if (prop === 'type' || record.props.has(prop) || findPropSchema(kind, prop) !== undefined) continue;
    const isRead = [...readTree(paths, snapshot).templates.values()].some(({ analysis }) =>
      [...analysis.reads, ...analysis.checkReads].some(
        (read) =>
          read.db === db &&
          (read.key ?? key) === key &&
          (read.type ?? record.type) === record.type &&
          takesProp(read, prop),
      ),
    );
    if (isRead) continue;
    const names = [...record.props.keys(), ...Object.keys(kind)];
    throw unknown(
      `prop "${prop}" of ${db} ${key}`,
      'it is not set, no schema knows it, and no template reads it',
      findNearest(prop, names),
      'docksmith props',
    );
  }
}

/** One that is to be made; a record of `configuration` has its defaults also before it is written. */
function findComing(snapshot: Snapshot, { db, key, type }: Omit<NamedRecord, 'props'>): DbRecord | undefined {
  const isKnown = db === 'configuration' && Object.hasOwn(snapshot.schema[db] ?? {}, key);
  return type === undefined && !isKnown ? undefined : { key, type: type ?? 'service', props: new Map() };
}

function unknown(what: string, why: string, nearest: string | undefined, otherwise: string): Failure {
  return new Failure(`cannot find ${what}`, {
    why,
    hint: nearest === undefined ? otherwise : `did you mean "${nearest}"?`,
  });
}
