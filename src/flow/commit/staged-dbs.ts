import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { toByteString } from '../../db/byte-text.ts';
import { listDbs } from '../../db/db-file.ts';
import type { Draft } from '../../db/draft.ts';
import { FlatDb } from '../../db/flat-db.ts';
import { type Db, type DbRecord, isSameRecord } from '../../db/record.ts';
import { changeDb, readDb, removeEmptyDb } from '../../db/store.ts';
import type { AttachedChange } from '../../output/commit/transaction.ts';
import type { UndoAttachedChange } from '../../output/commit/roll-back.ts';
import { type Paths, withoutRoot } from '../../base/paths.ts';
import { stageFile, syncFolder } from '../../files/replace-file.ts';
import { makeUnfinished, removeUnfinished } from '../../files/unfinished.ts';
import { readBytes } from '../../files/read-file.ts';

type Dbs = ReadonlyMap<string, Db>;

/**
 * A copy of the dbs on which the steps before the templates work, so that what they change is
 * written only together with all that follows from it.
 */
export class StagedDbs {
  readonly #paths: Paths;
  readonly #folder: string;
  readonly #before: Paths;
  /** the same host, whose dbs are the copy */
  readonly paths: Paths;

  constructor(paths: Paths) {
    this.#paths = paths;
    this.#folder = makeUnfinished(paths, 'dbs');
    this.#before = { ...paths, dbDir: path.join(this.#folder, 'before') };
    this.paths = { ...paths, dbDir: path.join(this.#folder, 'after') };
    const names = existsSync(paths.dbDir) ? listDbs(paths) : [];
    for (const [from, to] of [
      [paths.dbDir, this.#before.dbDir],
      [this.#before.dbDir, this.paths.dbDir],
    ] as const) {
      mkdirSync(to, { recursive: true, mode: 0o700 });
      // after a crash nobody reads them
      for (const name of names) copyPrivately(path.join(from, name), path.join(to, name));
    }
  }

  /** What is to be committed together with the files; undefined where the steps changed nothing. */
  attached(): AttachedChange | undefined {
    const [before, after] = [readDbs(this.#before), readDbs(this.paths)];
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (name) => !isSameDb(before.get(name), after.get(name)),
    );
    if (changed.length === 0) return undefined;
    return {
      about: formatAbout(this.#paths),
      prepare: (folder) => {
        for (const paths of [this.#before, this.paths])
          copyDbs(
            paths.dbDir,
            path.join(folder, path.basename(paths.dbDir)),
            changed.filter((name) => existsSync(path.join(paths.dbDir, name))),
          );
        syncFolder(folder);
      },
      apply: () => this.commit(),
      undo: undoDbs(this.#paths),
    };
  }

  /**
   * Writes what the steps changed to the dbs themselves, record by record, so that what others changed
   * meanwhile stays.
   */
  commit(): void {
    writeDifference(this.#paths, readDbs(this.#before), readDbs(this.paths));
  }

  remove(): void {
    removeUnfinished(this.#paths, this.#folder);
  }
}

/**
 * Takes back what `StagedDbs` wrote, by the copies in the journal: each prop that still has the value that
 * was written.
 */
export function undoDbs(paths: Paths): UndoAttachedChange {
  return (folder, about) => {
    const [before, after] = ['before', 'after'].map((name) => readDbs({ ...paths, dbDir: path.join(folder, name) }));
    if (before !== undefined && after !== undefined)
      writeDifference(parseAbout(paths, about), after, before, { isUndo: true });
  };
}

/** The folder of the dbs; `DBPATH` may have changed when the commit is rolled back. */
function formatAbout(paths: Paths): string {
  const below = withoutRoot(paths, paths.dbDir);
  return below === paths.dbDir && paths.root !== '' ? `at ${paths.dbDir}` : `below the root ${below}`;
}

function parseAbout(paths: Paths, about: string): Paths {
  const [, isBelow, folder = ''] = /^(below the root|at) (.*)$/s.exec(about) ?? [];
  return { ...paths, dbDir: isBelow === 'at' ? folder : paths.file(folder) };
}

/** By the kernel, since one of them may be large and of no interest to anybody. */
function copyPrivately(from: string, to: string): void {
  writeFileSync(to, '', { mode: 0o600, flag: 'wx' });
  copyFileSync(from, to);
  chmodSync(to, 0o600);
}

function copyDbs(from: string, to: string, names: readonly string[]): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of names) {
    const copy = path.join(to, name);
    stageFile(copy, {
      content: readBytes(path.join(from, name)),
      mode: 0o600,
      uid: process.geteuid?.() ?? 0,
      gid: process.getegid?.() ?? 0,
    });
  }
  syncFolder(to);
}

function readDbs(paths: Paths): Dbs {
  return new Map(listDbs(paths).map((name) => [name, readDb(paths, name)]));
}

/** Changes records, prop by prop, from one state of the dbs to another; what neither names stays. */
export function writeDifference(paths: Paths, from: Dbs, to: Dbs, { isUndo = false } = {}): void {
  for (const name of new Set([...from.keys(), ...to.keys()])) {
    const [before, after, current] = [from.get(name) ?? EMPTY, to.get(name) ?? EMPTY, readDb(paths, name)];
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (key) => !isSameIn(before, after, key) && !isSameIn(current, after, key),
    );
    // not where nothing is to be changed: a db that could not be written has nothing to be taken back, and
    // could not be written for that either
    if (changed.length > 0) {
      changeDb(paths, name, (draft) => {
        // what somebody else wrote since is not ours to take back
        const now = isUndo ? new FlatDb(() => draft.lines) : undefined;
        for (const key of changed) carryOver(draft, key, before.get(key), after.get(key), now);
      });
    }
    if (isUndo && !to.has(name)) removeEmptyDb(paths, name);
  }
}

const EMPTY: Db = new Map();

function isSameDb(a: Db = EMPTY, b: Db = EMPTY): boolean {
  if (a instanceof FlatDb && b instanceof FlatDb && a.content !== undefined && b.content?.equals(a.content) === true)
    return true;
  return a.size === b.size && [...a.keys()].every((key) => isSameIn(a, b, key));
}

/** Equal lines are equal records, and need no parsing. */
function isSameIn(a: Db, b: Db, key: string): boolean {
  const isSameLine = a instanceof FlatDb && b instanceof FlatDb && a.lines.get(key) === b.lines.get(key);
  return isSameLine || isSameRecord(a.get(key), b.get(key));
}

/** @param now where it is given, only what is still as in `before` is changed */
function carryOver(
  draft: Draft,
  key: string,
  before: DbRecord | undefined,
  after: DbRecord | undefined,
  now?: Db,
): void {
  const stored = toByteString(key);
  const current = now?.get(key);
  const isOurs = (value: (record: DbRecord | undefined) => string | undefined): boolean =>
    now === undefined || value(current) === value(before);
  if (after === undefined) {
    if (draft.find(stored) !== undefined && (now === undefined || isSameRecord(current, before))) draft.delete(stored);
    return;
  }
  if (now !== undefined && (before === undefined) !== (current === undefined)) return;
  if (draft.findFields(stored) === undefined) draft.setType(stored, toByteString(after.type));
  else if (before?.type !== after.type && isOurs((record) => record?.type))
    draft.changeType(stored, toByteString(after.type));
  for (const prop of new Set([...(before?.props.keys() ?? []), ...after.props.keys()])) {
    const value = after.props.get(prop);
    if (before?.props.get(prop) === value || !isOurs((record) => record?.props.get(prop))) continue;
    if (value === undefined) draft.deleteProp(stored, toByteString(prop));
    else draft.setProp(stored, toByteString(prop), toByteString(value));
  }
}
