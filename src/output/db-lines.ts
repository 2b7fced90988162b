import path from 'node:path';
import { crc32 } from 'node:zlib';
import { compareBytes } from '../layers.ts';
import { type Paths, STATE_DIR } from '../paths.ts';
import type { FileContent } from '../replace-file.ts';
import { asStateFile, readStateText } from '../state-file.ts';

/** Name of a db -> key -> the record's line as its file spells it. */
export type DbLines = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What was there and what is; undefined: nothing. */
export interface Change<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** The records that are others, by db and key. */
export type DbChanges = ReadonlyMap<string, ReadonlyMap<string, Change<string>>>;

/** The dbs as the last commit left them, without the root. Secret values stand in it. */
export const LAST_DBS = path.posix.join(STATE_DIR, 'generations', 'dbs');

/** Nothing where nothing was committed yet. @throws Failure where it is damaged */
export function readLastDbs(paths: Paths): DbLines {
  return readStateText(paths.file(LAST_DBS), 'the dbs of the last commit', parse) ?? new Map<string, ReadonlyMap<string, string>>();
}

/** A head with a checksum, then a line per record: the db, a tab, and the line of the db file. */
export function formatLastDbs(dbs: DbLines): FileContent {
  const lines = [...dbs].flatMap(([name, records]) => [...records].map(([key, line]) => `${name}\t${key}=${line}`));
  const body = [...lines, ''].join('\n');
  return asStateFile(Buffer.from(`docksmith dbs 1 ${crc32(body)}\n${body}`));
}

function parse(text: string, checkVersion: (version: number) => void): DbLines {
  const [head = '', version = '', sum = ''] = /^docksmith dbs (\d+) (\d+)\n/.exec(text) ?? [];
  if (head === '') throw new Error('it does not begin as it should');
  checkVersion(Number(version));
  const body = text.slice(head.length);
  if (String(crc32(body)) !== sum) throw new Error('its checksum is another one');
  const dbs = new Map<string, Map<string, string>>();
  for (const line of body.split('\n').slice(0, -1)) {
    const [tab, equals] = [line.indexOf('\t'), line.indexOf('=')];
    const name = line.slice(0, tab);
    let records = dbs.get(name);
    if (records === undefined) dbs.set(name, (records = new Map<string, string>()));
    records.set(line.slice(tab + 1, equals), line.slice(equals + 1));
  }
  return dbs;
}

/** In byte order of dbs and keys. */
export function listDbChanges(before: DbLines, after: DbLines): DbChanges {
  const changes = new Map<string, ReadonlyMap<string, Change<string>>>();
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort(compareBytes)) {
    const [was, is] = [before.get(name) ?? NONE, after.get(name) ?? NONE];
    const changed: [string, Change<string>][] = [];
    for (const [key, line] of is) if (was.get(key) !== line) changed.push([key, { before: was.get(key), after: line }]);
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
