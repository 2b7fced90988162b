import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Failure } from '../base/errors.ts';
import type { Paths } from '../base/paths.ts';
import { refuseUntrusted } from '../files/trust.ts';
import { findDbFile } from './db-file.ts';

/**
 * Runs one executable of a db's `migrate/` as `FILE DB DBFILE`, with the same in `DB` and `DBFILE`.
 * It may call `db`, so no lock is held; it must find by itself whether there is anything to do.
 * What it prints goes to standard error.
 * @throws {Failure} when it cannot be run, others can write it, or it does not end with 0
 */
export function runMigration(paths: Paths, db: string, file: string): void {
  const dbFile = findDbFile(paths, db);
  refuseUntrusted(file, `"${file}"`);
  const env = {
    ...process.env,
    DB: db,
    DBFILE: dbFile,
    DBPATH: paths.dbDir,
    DOCKSMITH_ROOT: paths.root === '' ? '/' : paths.root,
    PATH: withOurCommands(paths),
  };
  const { status, signal, error } = spawnSync(file, [db, dbFile], { env, stdio: ['ignore', 2, 2] });
  if (error !== undefined)
    throw new Failure(`cannot run "${file}"`, {
      why: 'code' in error && error.code === 'EACCES' ? 'it is not executable' : error.message,
      cause: error,
    });
  if (status !== 0)
    throw new Failure(`cannot migrate db "${db}"`, {
      why: status === null ? `it was ended by ${signal ?? 'a signal'}` : `it ended with exit code ${status}`,
      at: { file },
    });
}

/** This program's own commands come first, as for the steps of events. */
function withOurCommands(paths: Paths): string {
  return `${path.join(paths.packageDir, 'bin/path')}:${process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`;
}
