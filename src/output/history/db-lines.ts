import path from 'node:path';
import { crc32 } from 'node:zlib';
import { compareBytes } from '../../base/layers.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { asStateFile, readStateText, VERSION } from '../../files/state-file.ts';

/** Name of a db -> key -> the record's line as its file spells it. */
export type DbLines = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What was there and what is; undefined: nothing. */
export interface Change<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** The records that are others, by db and key. */
export type DbChanges = ReadonlyMap<string, ReadonlyMap<string, Change<string>>>;

/** Which records history keeps: of a db all, or those of these keys, whether they are there or not. */
export type StoredRecords = ReadonlyMap<string, 'all' | ReadonlySet<string>>;

/** The records that history keeps, as they stood at a moment. */
export interface StoredDbs {
  readonly kept: StoredRecords;
  readonly lines: DbLines;
}

/** The dbs as the last commit left them, without the root. Secret values stand in it. */
export const LAST_DBS = path.posix.join(STATE_DIR, 'generations', 'dbs');

/** Nothing where nothing was committed yet. @throws Failure where it is damaged */
export function readLastDbs(paths: Paths): StoredDbs | undefined {
  return readStateText(paths.file(LAST_DBS), 'the dbs of the last commit', parse);
}

/**
 * A head with a checksum, then a line per record: the db, a tab, and the line of the db file. A db
 * all of whose records are kept has a line `=`; a record that is kept and is not there one of its key alone.
 */
export function formatLastDbs({ kept, lines: dbs }: StoredDbs): FileContent {
  const lines = [...kept].flatMap(([name, keys]) => {
    const records = dbs.get(name) ?? NONE;
    const absent = keys === 'all' ? ['='] : [...keys].filter((key) => !records.has(key));
    return [...absent, ...[...records].map(([key, line]) => `${key}=${line}`)].map((line) => `${name}\t${line}`);
  });
  const body = [...lines, ''].join('\n');
  return asStateFile(Buffer.from(`docksmith dbs ${VERSION} ${crc32(body)}\n${body}`));
}

function parse(text: string, checkVersion: (version: number) => void): StoredDbs {
  const [head = '', version = '', sum = ''] = /^docksmith dbs (\d+) (\d+)\n/.exec(text) ?? [];
  if (head === '') throw new Error('it does not begin as it should');
  checkVersion(Number(version));
  const body = text.slice(head.length);
  if (String(crc32(body)) !== sum) throw new Error('checksum mismatch');
  const dbs = new Map<string, Map<string, string>>();
  const kept = new Map<string, 'all' | Set<string>>();
  for (const line of body.split('\n').slice(0, -1)) {
    const [tab, equals] = [line.indexOf('\t'), line.indexOf('=')];
    const name = line.slice(0, tab);
    const key = line.slice(tab + 1, equals < 0 ? undefined : equals);
    let [records, keys] = [dbs.get(name), kept.get(name)];
    if (records === undefined) dbs.set(name, (records = new Map<string, string>()));
    if (keys === undefined) kept.set(name, (keys = key === '' ? 'all' : new Set<string>()));
    if (keys !== 'all') keys.add(key);
    if (key !== '' && equals >= 0) records.set(key, line.slice(equals + 1));
  }
  return { kept, lines: dbs };
}

/**
 * In byte order of dbs and keys. What was not kept before has not changed: it is not known how it was.
 * @param before undefined: this is the first
 */
export function listDbChanges(before: StoredDbs | undefined, after: DbLines): DbChanges {
  const changes = new Map<string, ReadonlyMap<string, Change<string>>>();
  for (const name of [...new Set([...(before?.lines.keys() ?? []), ...after.keys()])].sort(compareBytes)) {
    const [was, is, keys] = [before?.lines.get(name) ?? NONE, after.get(name) ?? NONE, before?.kept.get(name)];
    if (before !== undefined && keys === undefined) continue;
    const changed: [string, Change<string>][] = [];
    for (const [key, line] of is)
      if (was.get(key) !== line && (keys === undefined || keys === 'all' || keys.has(key)))
        changed.push([key, { before: was.get(key), after: line }]);
    for (const [key, line] of was) if (!is.has(key)) changed.push([key, { before: line, after: undefined }]);
    if (changed.length > 0) changes.set(name, new Map(changed.sort(([a], [b]) => compareBytes(a, b))));
  }
  return changes;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** The dbs before the changes. */
export function undoDbChanges(dbs: DbLines, changes: DbChanges): DbLines {
  const undone = new Map(dbs);
  for (const [name, records] of changes) {
    const lines = new Map(undone.get(name));
    for (const [key, { before }] of records) {
      if (before === undefined) lines.delete(key);
      else lines.set(key, before);
    }
    undone.set(name, lines);
  }
  return undone;
}
