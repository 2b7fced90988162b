import { closeSync, constants, fstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { errorCode } from '../base/errors.ts';
import { CACHE_DIR, type Paths } from '../base/paths.ts';
import { openRegular } from './read-file.ts';
import { stageFile } from './replace-file.ts';

/** What may be missing, another kind of file or not ours, without being a mistake of anybody's. */
const NO_CACHE = ['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'ELOOP', 'EFTYPE', 'ENXIO', 'EFBIG'];
const OTHERS_WRITE = 0o022;

/**
 * A file of what costs time to find out and nothing else: it may be deleted at any time, and one
 * that is damaged, of another version or somebody else's is as good as none.
 * @param version of what it holds: `docksmith reads 1`
 */
export function readCacheFile(paths: Paths, name: string, version: string): Buffer | undefined {
  let content: Buffer;
  try {
    const fd = openRegular(fileOf(paths, name), constants.O_NOFOLLOW);
    try {
      // what somebody else has written there is not to be believed
      const { uid, mode } = fstatSync(fd);
      if (uid !== process.geteuid?.() || (mode & OTHERS_WRITE) !== 0) return undefined;
      content = readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (NO_CACHE.includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
  const end = content.indexOf('\n');
  const body = content.subarray(end + 1);
  return content.toString('utf8', 0, Math.max(end, 0)) === headOf(version, body) ? body : undefined;
}

/** A failure to write costs speed and nothing else. Not synced: a torn file is noticed. */
export function writeCacheFile(paths: Paths, name: string, version: string, body: Buffer): void {
  const file = fileOf(paths, name);
  // one name, which the next one takes again: the writer holds the event lock
  const temporary = `${file}.new`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    // it may hold values of dbs that others may not read
    stageFile(
      temporary,
      {
        content: Buffer.concat([Buffer.from(`${headOf(version, body)}\n`), body]),
        mode: 0o600,
        uid: process.geteuid?.() ?? 0,
        gid: process.getegid?.() ?? 0,
      },
      { sync: false },
    );
    try {
      renameSync(temporary, file);
    } catch (error) {
      // whatever is in its place is no cache
      if (errorCode(error) !== 'EISDIR') throw error;
      rmSync(file, { recursive: true });
      renameSync(temporary, file);
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

function fileOf(paths: Paths, name: string): string {
  return paths.file(path.posix.join(CACHE_DIR, name));
}

function headOf(version: string, body: Buffer): string {
  return `${version} ${crc32(body).toString(16)}`;
}
