import { linesOf } from '../../db/flat-db.ts';
import { HOSTS, storedOf } from '../../db/hosts/host-records.ts';
import { toRecord } from '../../db/flat-file.ts';
import { type Db, type DbRecord, FACTS, type Read } from '../../db/record.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { findRecordSchema, type Snapshot } from '../../db/snapshot.ts';
import { compareBytes } from '../../base/layers.ts';
import type { Run } from '../../event/runs.ts';
import type { DbChanges, DbLines, StoredRecords } from '../../output/history/db-lines.ts';
import { type NewGeneration, pruneGenerations, readWhole } from '../../output/history/generations.ts';
import type { Paths } from '../../base/paths.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';

export type Dbs = ReadonlyMap<string, Db>;

const CONFIGURATION = 'configuration';
/** Most of their records are SME Server's. */
const SHARED: readonly string[] = [CONFIGURATION, HOSTS];

/**
 * What history keeps of a commit of this run over these dbs: all that decides outputs. Dbs with a
 * schema are kept whole, of `configuration` the records that have one; of all others what templates read.
 */
export function generationOf(
  snapshot: Snapshot,
  { who: { user, sudoUser } }: Pick<Run, 'who'>,
  reads: Iterable<Read> = [],
): NewGeneration {
  const { schema } = snapshot;
  const dbs = storedOf(snapshot);
  return {
    who: sudoUser ?? user,
    dbs: (before) => {
      const kept = listAcceptedDifferences(schema, dbs, before, reads);
      return {
        kept,
        lines: new Map([...kept].map(([name, keys]) => [name, chosenLines(dbs.get(name) ?? NO_RECORDS, keys)])),
      };
    },
  };
}

function listAcceptedDifferences(
  schema: Snapshot['schema'],
  dbs: Dbs,
  before: StoredRecords,
  reads: Iterable<Read>,
): StoredRecords {
  const kept = new Map<string, 'all' | Set<string>>(
    [...before].map(([name, keys]) => [name, keys === 'all' ? 'all' : new Set(keys)]),
  );
  const keep = (db: string, key: string): void => {
    const keys = kept.get(db);
    if (keys === undefined) kept.set(db, new Set([key]));
    else if (keys !== 'all') keys.add(key);
  };
  for (const [name, kinds] of Object.entries(schema)) {
    if (!SHARED.includes(name)) {
      kept.set(name, 'all');
      continue;
    }
    if (name === CONFIGURATION) for (const key of Object.keys(kinds)) keep(name, key);
    for (const record of dbs.get(name)?.values() ?? [])
      if (findRecordSchema({ dbs, schema }, name, record) !== undefined) keep(name, record.key);
  }
  for (const { db, key } of reads) {
    if (db === FACTS || kept.get(db) === 'all') continue;
    if (key === undefined) kept.set(db, 'all');
    else keep(db, key);
  }
  return new Map([...kept].sort(([a], [b]) => compareBytes(a, b)));
}

/** Forgets what the record `docksmith` does not want to be kept so long. */
export function pruneHistory(paths: Paths, snapshot = readSnapshot(paths)): void {
  pruneGenerations(paths, new DocksmithRecord(snapshot).history);
}

function chosenLines(db: Db, keys: 'all' | ReadonlySet<string>): ReadonlyMap<string, string> {
  const lines = linesOf(db);
  return keys === 'all' ? lines : new Map([...lines].filter(([key]) => keys.has(key)));
}

/**
 * The records that history keeps as a generation left them, and as they are now.
 * @throws Failure where it is not kept any more
 */
export function readThenAndNow(paths: Paths, number: number): { readonly then: Dbs; readonly now: Dbs } {
  const { kept, dbs } = readWhole(paths, number);
  const current = storedOf(readSnapshot(paths));
  return {
    then: parseDbs(dbs),
    now: new Map(
      [...kept].map(([name, keys]) => [
        name,
        keys === 'all'
          ? (current.get(name) ?? NO_RECORDS)
          : new Map([...(current.get(name) ?? NO_RECORDS)].filter(([key]) => keys.has(key))),
      ]),
    ),
  };
}

const NO_RECORDS: Db = new Map();

export function parseDbs(dbs: DbLines): Dbs {
  return new Map(
    [...dbs].map(([name, lines]) => [name, new Map([...lines].map(([key, line]) => [key, toRecord(key, line)]))]),
  );
}

/** The records that changed, as they were and as they are. */
export function parseDbChanges(changes: DbChanges): { readonly before: Dbs; readonly after: Dbs } {
  const side = (which: 'before' | 'after'): Dbs =>
    parseDbs(
      new Map(
        [...changes].map(([name, records]) => [
          name,
          new Map(
            [...records].flatMap(([key, change]) => {
              const line = change[which];
              return line === undefined ? [] : [[key, line] as const];
            }),
          ),
        ]),
      ),
    );
  return { before: side('before'), after: side('after') };
}

/** One record that differs in two states of the dbs. */
export interface RecordChange {
  readonly db: string;
  readonly key: string;
  readonly before: DbRecord | undefined;
  readonly after: DbRecord | undefined;
  /** names of props that were added, removed or changed; `type` where that changed */
  readonly props: readonly string[];
}

/** In byte order of dbs and keys. */
export function listRecordChanges(before: Dbs, after: Dbs): readonly RecordChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort(compareBytes).flatMap((db) => {
    const keys = [...new Set([...(before.get(db)?.keys() ?? []), ...(after.get(db)?.keys() ?? [])])].sort(compareBytes);
    return keys.flatMap((key): readonly RecordChange[] => {
      const [was, is] = [before.get(db)?.get(key), after.get(db)?.get(key)];
      const names = [...new Set([...(was?.props.keys() ?? []), ...(is?.props.keys() ?? [])])].filter(
        (prop) => was?.props.get(prop) !== is?.props.get(prop),
      );
      const props = [...(was?.type === is?.type ? [] : ['type']), ...names.sort(compareBytes)];
      return (was === undefined) === (is === undefined) && props.length === 0
        ? []
        : [{ db, key, before: was, after: is, props }];
    });
  });
}

/** Which record, and what of it; no values, since some are secret. The type of one without props is its value. */
export function describeRecord({ db, key, before, after, props }: RecordChange): string {
  if (before === undefined) return `${db} ${key} added`;
  if (after === undefined) return `${db} ${key} deleted`;
  const isValue = before.props.size === 0 && after.props.size === 0;
  return `${db} ${key} ${isValue ? 'changed' : props.join(', ')}`;
}
