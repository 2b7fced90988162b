import { statSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import { type HeldLock, type LockOptions, takeLock } from '../files/lock.ts';
import type { Paths } from '../base/paths.ts';
import { removeIfThere, replaceFile, syncFolder } from '../files/replace-file.ts';
import { toByteString } from './byte-text.ts';
import { logChanges } from './change-log/change-log.ts';
import { findDbFile, readDbFile } from './db-file.ts';
import { Draft } from './draft.ts';
import { ownLockFile, removeCopiesOf } from './left-copies.ts';
import { FlatDb } from './flat-db.ts';
import { formatFlatFile, type Lines, parseFlatFile } from './flat-file.ts';
import { HOSTS, nameOfHost, placesOf } from './hosts/host-records.ts';
import type { Db } from './record.ts';
import { SECRETS } from './secret-values.ts';
import { type DbChange } from './snapshot.ts';

/** Writers hold a db for milliseconds. */
const QUIET_SECONDS = 1;

/** The records of one db; a db without a file is empty. @throws {Failure} for a bad name or an unreadable file */
export function readDb(paths: Paths, name: string): Db {
  return FlatDb.parse(readDbFile(findDbFile(paths, name), name) ?? Buffer.alloc(0));
}

/** The same, as the file spells it. */
export function readLines(paths: Paths, name: string): Lines {
  return parseFlatFile(readDbFile(findDbFile(paths, name), name) ?? Buffer.alloc(0));
}

/**
 * Changes a db: reads it, lets `change` work on a draft, and replaces the file if anything was
 * stored, all under locks. `change` may be called again with a fresh draft, so it may do nothing
 * else. Mode and owner stay; a new file has mode 0640. `secrets` has 0600 at most. What changed is logged.
 * @param onWait told who holds the db when that takes longer than a write does
 * @returns what the last call of `change` returned
 * @throws {Failure} what `change` throws (the file then stays as it was), or when the db cannot be read,
 * locked or written
 */
export function changeDb<T>(
  paths: Paths,
  name: string,
  change: (draft: Draft) => T,
  onWait?: LockOptions['onWait'],
): T {
  const file = findDbFile(paths, name);
  return underLocks(file, name, onWait, (shared) => {
    const attempt = tryToChange(paths, name, file, change, shared);
    return attempt.done ? { result: attempt.result } : undefined;
  });
}

/**
 * Removes the file of a db that holds no record. Lock files stay, as those of every db.
 * @throws {Failure} when it cannot be read, locked or removed
 */
export function removeEmptyDb(paths: Paths, name: string): void {
  const file = findDbFile(paths, name);
  if (readDbFile(file, name) === undefined) return;
  underLocks(file, name, undefined, () => {
    if (readDb(paths, name).size > 0) return { result: undefined };
    try {
      if (removeIfThere(file)) syncFolder(path.dirname(file));
    } catch (error) {
      throw new Failure(`cannot remove db "${name}"`, { why: reasonOf(error), at: { file }, cause: error });
    }
    return { result: undefined };
  });
}

/** @param attempt called again under a fresh lock as long as it returns nothing */
function underLocks<T>(
  file: string,
  name: string,
  onWait: LockOptions['onWait'],
  attempt: (shared: HeldLock) => { readonly result: T } | undefined,
): T {
  // The original locks DB.lock and unlinks it after unlocking it, so two writers can hold locks on two
  // files of that name. Ours exclude each other by a second file, which nobody unlinks.
  const lock = (lockFile: string): HeldLock => {
    try {
      return takeLock(lockFile, { holder: `db ${name}`, quietSeconds: QUIET_SECONDS, onWait });
    } catch (error) {
      throw new Failure(`cannot write db "${name}"`, {
        why: error instanceof Failure ? error.message : reasonOf(error),
        cause: error,
      });
    }
  };
  const ours = lock(ownLockFile(file));
  try {
    removeCopiesOf(file);
    for (;;) {
      const shared = lock(`${file}.lock`);
      try {
        const done = attempt(shared);
        if (done !== undefined) return done.result;
      } finally {
        shared.release();
      }
    }
  } finally {
    ours.release();
  }
}

function tryToChange<T>(
  paths: Paths,
  name: string,
  file: string,
  change: (draft: Draft) => T,
  lock: HeldLock,
): { readonly done: boolean; readonly result: T } {
  const before = parseFlatFile(readDbFile(file, name) ?? Buffer.alloc(0));
  const draft = new Draft(before);
  const result = change(draft);
  if (!draft.stored) return { done: true, result };
  try {
    const content = formatFlatFile(draft.lines, new Date());
    // a writer that found the lock file gone made a new one: what it writes must not be lost
    const done = replaceFile(file, { content, ...ownership(file, name) }, () => lock.isInPlace());
    if (done) logChanges(paths, { name, file, before, after: draft.lines });
    return { done, result };
  } catch (error) {
    throw new Failure(`cannot write db "${name}"`, { why: reasonOf(error), at: { file }, cause: error });
  }
}

function ownership(file: string, name: string): { mode: number; uid: number; gid: number } {
  const isSecret = path.basename(name) === SECRETS;
  try {
    const { mode, uid, gid } = statSync(file);
    return { mode: mode & (isSecret ? 0o600 : 0o7777), uid, gid };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return { mode: isSecret ? 0o600 : 0o640, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  }
}

/**
 * Writes changes of props that were made in memory, one write per db.
 * @throws {Failure} when a record is not there, or a db cannot be written
 */
export function writeDbChanges(paths: Paths, changes: readonly DbChange[]): void {
  for (const name of new Set(changes.map(({ db }) => db))) {
    changeDb(paths, name, (draft) => {
      for (const { db, key, prop, value } of changes) {
        if (db === name)
          draft.setProp(findStored(paths, draft, toByteString(key)), toByteString(prop), toByteString(value));
      }
    });
  }
}

/** The record itself, or the one that makes it on this host alone. */
function findStored(paths: Paths, draft: Draft, key: string): string {
  if (draft.find(key) !== undefined) return key;
  const dbs = new Map(['configuration', HOSTS].map((name) => [name, readDb(paths, name)]));
  const names = placesOf(dbs, nameOfHost(dbs)).map((where) => `${key}@${toByteString(where)}`);
  return names.find((name) => draft.find(name) !== undefined) ?? key;
}
