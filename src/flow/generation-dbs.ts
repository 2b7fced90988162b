import type { Db, DbRecord } from '../db/record.ts';
import { readSnapshot } from '../db/read-snapshot.ts';
import { findProp, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../errors.ts';
import { compareBytes } from '../layers.ts';
import type { Run } from '../event/runs.ts';
import { type Generation, type NewGeneration, pruneGenerations } from '../output/generations.ts';
import { findObject } from '../output/objects.ts';
import type { Paths } from '../paths.ts';
import { Field } from '../state-file.ts';

export type Dbs = ReadonlyMap<string, Db>;

/** The dbs whose records mean something to docksmith alone; `networks` and most of `configuration` are the host's. */
const HOSTS_OWN = 'networks';

/** What history keeps of a commit of this run over these dbs. */
export function generationOf(snapshot: Snapshot, { who: { user, sudoUser } }: Pick<Run, 'who'>): NewGeneration {
  return { who: sudoUser ?? user, dbs: formatOurDbs(snapshot) };
}

/** Forgets what the record `docksmith` does not want to be kept so long. */
export function pruneHistory(paths: Paths): void {
  const snapshot = readSnapshot(paths);
  const read = (prop: string): number => Number(findProp(snapshot, 'configuration', 'docksmith', prop));
  pruneGenerations(paths, { count: read('HistoryCount'), days: read('HistoryDays') });
}

/** name -> JSON of the records, `[key, type, prop, value…]` each */
function formatOurDbs(snapshot: Snapshot): ReadonlyMap<string, Buffer> {
  return new Map([...ourDbs(snapshot)].map(([name, db]) => [name, Buffer.from(JSON.stringify([...db.values()].map(({ key, type, props }) => [key, type, ...[...props].flat()])))]));
}

/** Records of docksmith's dbs, and of `configuration` those that its schema knows. */
export function ourDbs({ dbs, schema }: Pick<Snapshot, 'dbs' | 'schema'>): Dbs {
  const names = Object.keys(schema).filter((name) => name !== HOSTS_OWN).sort(compareBytes);
  return new Map(names.map((name) => [name, new Map([...dbs.get(name) ?? []].filter(([key]) => name !== 'configuration' || Object.hasOwn(schema[name] ?? {}, key)))]));
}

/** @throws Failure where a db of the generation is not kept any more */
export function readGenerationDbs(paths: Paths, { number, dbs }: Generation): Dbs {
  return new Map([...dbs].map(([name, digest]) => {
    const content = findObject(paths, digest);
    if (content === undefined) throw new Failure(`cannot read db "${name}" of generation ${number}`, { why: 'its content is damaged or not kept any more' });
    return [name, parseDb(new Field(JSON.parse(content.toString()), name))];
  }));
}

function parseDb(field: Field): Db {
  return new Map(field.list((record): readonly [string, DbRecord] => {
    const [key = '', type = '', ...rest] = record.list((part) => part.text());
    const props = new Map<string, string>();
    for (let n = 0; n < rest.length; n += 2) props.set(rest[n] ?? '', rest[n + 1] ?? '');
    return [key, { key, type, props }];
  }));
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
