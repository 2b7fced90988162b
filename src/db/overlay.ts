import { compareBytes } from '../base/layers.ts';
import type { DbRecord } from './record.ts';
import type { Snapshot } from './snapshot.ts';

/** A record as it would be; without one: as if it were deleted. */
export interface RecordOverlay {
  readonly db: string;
  readonly key: string;
  readonly record: DbRecord | undefined;
}

/** Reads as if the dbs held these records; the later one of a key counts. */
export function withRecords<T extends Pick<Snapshot, 'dbs'>>(snapshot: T, overlays: readonly RecordOverlay[]): T {
  if (overlays.length === 0) return snapshot;
  const dbs = new Map(snapshot.dbs);
  for (const { db, key, record } of overlays) {
    const records = new Map(dbs.get(db));
    const isNew = !records.has(key);
    if (record === undefined) records.delete(key);
    // as it will be read from the file
    else records.set(key, { ...record, props: new Map([...record.props].sort(([a], [b]) => compareBytes(a, b))) });
    dbs.set(db, isNew ? new Map([...records].sort(([a], [b]) => compareBytes(a, b))) : records);
  }
  return { ...snapshot, dbs };
}
