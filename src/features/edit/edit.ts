import { Failure, throwAll } from '../../base/errors.ts';
import { findNearest } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { listDbs } from '../../db/db-file.ts';
import { readSchema } from '../../db/read-schema.ts';
import { type Db, type DbRecord, isSameRecord } from '../../db/record.ts';
import { findRecordSchema } from '../../db/snapshot.ts';
import type { RecordSchema } from '../../db/schema.ts';
import { readDb } from '../../db/store.ts';
import type { Dbs } from '../../flow/commit/generation-dbs.ts';
import { writeDifference } from '../../flow/commit/staged-dbs.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { signalEvent } from '../../flow/signal.ts';
import type { SignalRequest, SignalResult } from '../../flow/signal-request.ts';
import type { StepCommands } from '../../flow/step-part.ts';
import { checkOneRecord } from '../../model/check-one-record.ts';
import { type DbChange, previewDbChange, UPDATE } from '../dry-run/db-change.ts';
import { maskOf } from '../history/history.ts';

/** A record that is edited. */
export interface Edited {
  readonly db: string;
  readonly key: string;
  readonly before: DbRecord;
}

/** @throws Failure where there is none, with the nearest name */
export function findRecordToEdit(paths: Paths, db: string, key: string): Edited {
  const records = readDb(paths, db);
  const before = records.get(key);
  if (before !== undefined) return { db, key, before };
  const dbs = listDbs(paths);
  const nearest = dbs.includes(db) ? findNearest(key, records.keys()) : findNearest(db, dbs);
  throw new Failure(`cannot edit ${db} ${key}`, {
    why: dbs.includes(db) ? 'there is no such record' : `there is no db "${db}"`,
    hint: nearest === undefined ? `db ${db} set ${key} TYPE makes one` : `did you mean "${nearest}"?`,
  });
}

/** What the schema knows of such a record. */
export function readKindOf(paths: Paths, { db, before }: Edited): RecordSchema | undefined {
  return findRecordSchema({ dbs: new Map(), schema: readSchema(paths, db) }, db, before);
}

/**
 * Says what an edited record would do. Changes nothing.
 * @throws Failure(s) with all that the record has wrong, and as the event would
 */
export async function planEdit(
  paths: Paths,
  { db, before }: Edited,
  after: DbRecord,
  commands: StepCommands,
): Promise<DbChange> {
  const [then, now] = [dbsOf(db, before), dbsOf(db, after)];
  throwAll(checkOneRecord({ dbs: now, schema: readSchema(paths, db) }, db, after.key).mistakes);
  return previewDbChange(paths, { before: then, after: now }, commands);
}

/**
 * Takes the record and regenerates, in one transaction: where that fails the db stays as it is.
 * @throws Failure where the record was changed meanwhile
 */
export function applyEdit(
  paths: Paths,
  { db, key, before }: Edited,
  after: DbRecord,
  { commands, signal }: Pick<SignalRequest, 'commands' | 'signal'>,
  reporter: Reporter,
): Promise<SignalResult> {
  const [then, now] = [dbsOf(db, before), dbsOf(db, after)];
  return signalEvent(
    paths,
    {
      event: UPDATE,
      args: [],
      calledAs: { command: 'docksmith edit', args: [db, key] },
      commands,
      signal,
      mask: maskOf(paths, [then, now]),
      changeDbs: (staged) => {
        if (!isSameRecord(readDb(staged, db).get(key), before))
          throw new Failure(`cannot change ${db} ${key}`, {
            why: 'somebody else changed it meanwhile',
            hint: `docksmith edit ${db} ${key}`,
          });
        writeDifference(staged, then, now);
      },
    },
    reporter,
  );
}

function dbsOf(db: string, record: DbRecord): Dbs {
  return new Map<string, Db>([[db, new Map([[record.key, record]])]]);
}
