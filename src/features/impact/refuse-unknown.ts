import { findPropSchema } from '../../db/check-value.ts';
import { findRecordSchema, getDb, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { findNearest } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { takesProp } from '../../template/language/shape.ts';
import { readTree } from '../lint/tree.ts';

/**
 * Of a name that is not there nothing can be told, and "nothing reads it" would be a wrong answer to a mistyped
 * one. A prop is there where the record has it, a schema knows it, or a template reads it.
 * @throws Failure with the nearest name
 */
export function refuseUnknown(
  paths: Paths,
  snapshot: Snapshot,
  { db, key, props }: { readonly db: string; readonly key: string; readonly props: readonly string[] },
): void {
  const kinds = snapshot.schema[db];
  const dbs = [...new Set([...snapshot.dbs.keys(), ...Object.keys(snapshot.schema)])];
  if (!dbs.includes(db)) throw unknown(`db "${db}"`, 'there is no such db', findNearest(db, dbs), dbs.join(', '));
  // a record of configuration has its defaults also where it is not written yet
  const record =
    getDb(snapshot, db).get(key) ??
    (db === 'configuration' && kinds !== undefined && Object.hasOwn(kinds, key)
      ? { key, type: 'service', props: new Map<string, string>() }
      : undefined);
  if (record === undefined) {
    const keys = [...getDb(snapshot, db).keys(), ...(db === 'configuration' ? Object.keys(kinds ?? {}) : [])];
    throw unknown(`"${key}" in db ${db}`, 'there is no such record', findNearest(key, keys), `db ${db} keys`);
  }
  const kind = findRecordSchema(snapshot, db, record) ?? {};
  for (const prop of props) {
    if (prop === 'type' || record.props.has(prop) || findPropSchema(kind, prop) !== undefined) continue;
    const isRead = [...readTree(paths).templates.values()].some(({ analysis }) =>
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

function unknown(what: string, why: string, nearest: string | undefined, otherwise: string): Failure {
  return new Failure(`cannot find ${what}`, {
    why,
    hint: nearest === undefined ? otherwise : `did you mean "${nearest}"?`,
  });
}
