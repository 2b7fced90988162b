import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * Where things are. Every path handed around in this program is the admin's, without
 * the root (`/etc/docker/daemon.json`); `paths.file()` turns it into one to open.
 */
export interface Paths {
  /** `DOCKSMITH_ROOT`, without a trailing slash; empty for the real root */
  readonly root: string;
  /** the folder of the installed package, or of the checkout */
  readonly packageDir: string;
  /** the folder of the dbs, already with the root where one applies */
  readonly dbDir: string;
  /** puts the root in front of an absolute path */
  file(pathUnderRoot: string): string;
}

export const CONFIG_DIR = '/etc/docksmith';
export const STATE_DIR = '/var/lib/docksmith/state';
/** What containers see of git repositories: a folder for each. */
export const CONTENT_DIR = '/var/lib/docksmith/content';
/** What may be deleted at any time. */
export const CACHE_DIR = '/var/cache/docksmith';

/** Built, this file is in `dist/`; as source it is in `src/base/`. */
const packageDir = path.resolve(import.meta.dirname, path.basename(import.meta.dirname) === 'dist' ? '..' : '../..');

/** Reads `DOCKSMITH_ROOT` and `DBPATH`; `DBPATH` is taken as it is, the root does not go in front of it. */
export function findPaths(env: NodeJS.ProcessEnv = process.env): Paths {
  const root = env['DOCKSMITH_ROOT'] ? path.resolve(env['DOCKSMITH_ROOT']).replace(/\/$/, '') : '';
  const file = (pathUnderRoot: string): string => root + path.posix.resolve('/', pathUnderRoot);
  return { root, packageDir, file, dbDir: env['DBPATH'] ? path.resolve(env['DBPATH']) : findDbDir(file) };
}

function findDbDir(file: Paths['file']): string {
  const ofSmeServer = file('/home/e-smith/db');
  return existsSync(ofSmeServer) ? ofSmeServer : file('/var/lib/docksmith/db');
}

/** An opened file's name as the admin knows it: the root taken off again. */
export function withoutRoot(paths: Paths, file: string): string {
  return paths.root !== '' && file.startsWith(`${paths.root}/`) ? file.slice(paths.root.length) : file;
}

/**
 * Whether a text is an absolute path that leads nowhere else than it says: no `..`, no NUL, nothing that a
 * terminal would obey.
 */
export function isPlainPath(text: string): boolean {
  return text.startsWith('/') && !text.split('/').includes('..') && !/[\u0000-\u001f\u007f]/.test(text);
}
