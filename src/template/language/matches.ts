import type { DbRecord } from '../../db/record.ts';
import { findProp, type Snapshot } from '../../db/snapshot.ts';

/**
 * Whether every `PROP=VALUE` of a filter holds for a record, defaults of the schema included; `type` and
 * `key` are the record's own.
 */
export function matches(
  snapshot: Snapshot,
  db: string,
  record: DbRecord,
  filter: ReadonlyMap<string, string>,
): boolean {
  return [...filter].every(([prop, wanted]) => {
    if (prop === 'key') return record.key === wanted;
    return (prop === 'type' ? record.type : findProp(snapshot, db, record.key, prop)) === wanted;
  });
}

/** A filter as reads name it: `type=service status=enabled`. */
export function formatFilter(filter: ReadonlyMap<string, string>): string {
  return [...filter].map(([prop, value]) => `${prop}=${value}`).join(' ');
}
