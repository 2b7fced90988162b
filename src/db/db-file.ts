import { readdirSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import { isBackupName } from '../base/layers.ts';
import type { Paths } from '../base/paths.ts';
import { readBytes } from '../files/read-file.ts';

/**
 * The file of a db: one in the folder of the dbs, or with a leading `/` any file under the root.
 * @throws {Failure} for a name that could leave the folder, or would be taken for a lock or a left-over
 */
export function findDbFile(paths: Paths, name: string): string {
  const refuse = (why: string, hint?: string): Failure =>
    new Failure(`cannot open db "${name}"`, hint === undefined ? { why } : { why, hint });
  if (name.includes('\0')) throw refuse('its name holds a NUL');
  if (name.split('/').includes('..')) throw refuse('its name holds ..');
  if (name.startsWith('/')) return paths.file(name);
  if (name.includes('/')) throw refuse('its name holds a /: a db is named alone, or with its whole path from /');
  if (name === '' || isNoDb(name))
    throw refuse(
      'that is no name of a db: lock files and left-overs of editors and package managers are named so',
      name === ''
        ? undefined
        : `to look into it all the same, give its whole path: db ${path.join(paths.dbDir, name)} …`,
    );
  return path.join(paths.dbDir, name);
}

/**
 * The names of all dbs in the folder, in byte order; none where there is no folder.
 * @throws {Failure} when it cannot be read
 */
export function listDbs(paths: Paths): string[] {
  try {
    return readdirSync(paths.dbDir, { withFileTypes: true })
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !isNoDb(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new Failure(`cannot list the dbs in "${paths.dbDir}"`, { why: reasonOf(error), cause: error });
  }
}

/** A db's bytes; undefined where there is no file. @throws {Failure} when it cannot be read */
export function readDbFile(file: string, name: string): Buffer | undefined {
  try {
    return readBytes(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new Failure(`cannot read db "${name}"`, { why: reasonOf(error), at: { file }, cause: error });
  }
}

/** Also hidden ones, and the temporary files of the original: the db's name, a dot and a process number. */
function isNoDb(name: string): boolean {
  return name.startsWith('.') || isBackupName(name) || name.endsWith('.lock') || /\.\d+$/.test(name);
}
