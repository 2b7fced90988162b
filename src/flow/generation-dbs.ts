import { FlatDb } from '../db/flat-db.ts';
import { formatRecord, toRecord } from '../db/flat-file.ts';
import type { Db, DbRecord } from '../db/record.ts';
import { readSnapshot } from '../db/read-snapshot.ts';
import { findProp, type Snapshot } from '../db/snapshot.ts';
import { compareBytes } from '../layers.ts';
import type { Run } from '../event/runs.ts';
import type { DbChanges, DbLines } from '../output/db-lines.ts';
import { type NewGeneration, pruneGenerations, readWhole } from '../output/generations.ts';
import type { Paths } from '../paths.ts';

export type Dbs = ReadonlyMap<string, Db>;

/** The dbs whose records mean something to docksmith alone; `networks` and most of `configuration` are the host's. */
const HOSTS_OWN = 'networks';

/** What history keeps of a commit of this run over these dbs. */
export function generationOf({ dbs, schema }: Snapshot, { who: { user, sudoUser } }: Pick<Run, 'who'>): NewGeneration {
  return { who: sudoUser ?? user, dbs: new Map(ourNames(schema).map((name) => [name, ourLines(name, dbs.get(name), schema)])) };
}

/** Forgets what the record `docksmith` does not want to be kept so long. */
export function pruneHistory(paths: Paths): void {
  const snapshot = readSnapshot(paths);
  const read = (prop: string): number => Number(findProp(snapshot, 'configuration', 'docksmith', prop));
  pruneGenerations(paths, { count: read('HistoryCount'), days: read('HistoryDays') });
}

function ourNames(schema: Snapshot['schema']): readonly string[] {
  return Object.keys(schema).filter((name) => name !== HOSTS_OWN).sort(compareBytes);
}

function isOurs(schema: Snapshot['schema'], name: string, key: string): boolean {
  return name !== 'configuration' || Object.hasOwn(schema[name] ?? {}, key);
}

/** As the file spells them where the db is one that was read: so no record has to be parsed. */
function ourLines(name: string, db: Db | undefined, schema: Snapshot['schema']): ReadonlyMap<string, string> {
  if (db instanceof FlatDb && name !== 'configuration') return db.lines;
  const lines = db instanceof FlatDb ? db.lines : new Map([...db ?? []].map(([key, record]) => [key, formatRecord(record)]));
  return new Map([...lines].filter(([key]) => isOurs(schema, name, key)));
}

/** Records of docksmith's dbs, and of `configuration` those that its schema knows. */
export function ourDbs({ dbs, schema }: Pick<Snapshot, 'dbs' | 'schema'>): Dbs {
  return new Map(ourNames(schema).map((name) => [name, new Map([...dbs.get(name) ?? []].filter(([key]) => isOurs(schema, name, key)))]));
}

/** The dbs as a generation left them. @throws Failure where it is not kept any more */
export function readGenerationDbs(paths: Paths, number: number): Dbs {
  return parseDbs(readWhole(paths, number).dbs);
}

export function parseDbs(dbs: DbLines): Dbs {
  return new Map([...dbs].map(([name, lines]) => [name, new Map([...lines].map(([key, line]) => [key, toRecord(key, line)]))]));
}

/** The records that changed, as they were and as they are. */
export function parseDbChanges(changes: DbChanges): { readonly before: Dbs; readonly after: Dbs } {
  const side = (which: 'before' | 'after'): Dbs => parseDbs(new Map([...changes].map(([name, records]) => [name, new Map([...records].flatMap(([key, change]) => {
    const line = change[which];
    return line === undefined ? [] : [[key, line] as const];
  }))])));
  return { before: side('before'), after: side('after') };
}

/** One record that is another one in two states of the dbs. */
export interface RecordChange {
  readonly db: string;
  readonly key: string;
  readonly before: DbRecord | undefined;
  readonly after: DbRecord | undefined;
  /** names of those that came, went or have another value; `type` where that is another one */
  readonly props: readonly string[];
}

/** In byte order of dbs and keys. */
export function listRecordChanges(before: Dbs, after: Dbs): readonly RecordChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort(compareBytes).flatMap((db) => {
    const keys = [...new Set([...before.get(db)?.keys() ?? [], ...after.get(db)?.keys() ?? []])].sort(compareBytes);
    return keys.flatMap((key): readonly RecordChange[] => {
      const [was, is] = [before.get(db)?.get(key), after.get(db)?.get(key)];
      const names = [...new Set([...was?.props.keys() ?? [], ...is?.props.keys() ?? []])].filter((prop) => was?.props.get(prop) !== is?.props.get(prop));
      const props = [...(was?.type === is?.type ? [] : ['type']), ...names.sort(compareBytes)];
      return (was === undefined) === (is === undefined) && props.length === 0 ? [] : [{ db, key, before: was, after: is, props }];
    });
  });
}
