import { lstatSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import type { Paths } from '../base/paths.ts';
import { isPast } from '../files/signature.ts';
import { listDbs, readDbFile } from './db-file.ts';
import { FlatDb } from './flat-db.ts';
import { onHost } from './hosts/host-records.ts';
import { readSchema } from './read-schema.ts';
import type { Db } from './record.ts';
import type { Snapshot } from './snapshot.ts';

const ATTEMPTS = 100;

let last:
  | { readonly folder: string; readonly described: ReadonlyMap<string, Version>; readonly snapshot: Snapshot }
  | undefined;

/**
 * All dbs of the folder as they stood at one moment, with their schema. Writers replace whole
 * files and are not waited for: if any file changed while it was read, all is read again.
 * @throws {Failure} for a db that cannot be read, or a broken schema file
 */
export function readSnapshot(paths: Paths): Snapshot {
  const schema = readSchema(paths);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = describeDbs(paths);
    // the parts of a command that read the dbs mostly find them as another part did, and need not parse them once more
    if (last?.folder === paths.dbDir && isSame(last.described, before) && last.snapshot.schema === schema)
      return last.snapshot;
    const dbs = readDbs(paths, [...before.keys()]);
    if (!isSame(before, describeDbs(paths))) continue;
    const snapshot = onHost({ dbs, schema }, dbs);
    last = isSettled(before) ? { folder: paths.dbDir, described: before, snapshot } : undefined;
    return snapshot;
  }
  throw new Failure('cannot read the dbs', {
    why: `they changed during each of ${ATTEMPTS} attempts`,
    at: { file: paths.dbDir },
  });
}

function readDbs(paths: Paths, names: readonly string[]): ReadonlyMap<string, Db> {
  const dbs = new Map<string, Db>();
  for (const name of names) {
    const content = readDbFile(path.join(paths.dbDir, name), name);
    if (content !== undefined) dbs.set(name, FlatDb.parse(content));
  }
  return dbs;
}

interface Version {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** db -> what tells one version of its file from another */
function describeDbs(paths: Paths): ReadonlyMap<string, Version> {
  const described = new Map<string, Version>();
  for (const name of listDbs(paths)) {
    const file = path.join(paths.dbDir, name);
    try {
      described.set(name, statSync(file, { bigint: true }));
    } catch (error) {
      if (errorCode(error) === 'ENOENT' && lstatSync(file, { throwIfNoEntry: false }) !== undefined)
        throw new Failure(`cannot read db "${name}"`, {
          why: 'it is a symbolic link that leads nowhere',
          at: { file },
        });
      if (errorCode(error) !== 'ENOENT')
        throw new Failure(`cannot read db "${name}"`, { why: reasonOf(error), at: { file }, cause: error });
    }
  }
  return described;
}

function isSame(a: ReadonlyMap<string, Version>, b: ReadonlyMap<string, Version>): boolean {
  return (
    a.size === b.size &&
    [...a].every(([name, { ino, size, mtimeNs, ctimeNs }]) => {
      const other = b.get(name);
      return other?.ino === ino && other.size === size && other.mtimeNs === mtimeNs && other.ctimeNs === ctimeNs;
    })
  );
}

/** Whether no file was changed just now: what changes one next bears another time. */
function isSettled(described: ReadonlyMap<string, Version>): boolean {
  return [...described.values()].every(({ ctimeNs }) => isPast(Number(ctimeNs) / 1e6));
}
