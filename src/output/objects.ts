import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../errors.ts';
import { listNames } from '../layers.ts';
import { type Paths, STATE_DIR } from '../paths.ts';
import type { FileContent } from '../replace-file.ts';
import { digestOf } from './ledger.ts';

/** Contents of files and dbs by their digest, each kept once, for their owner's eyes only: any of them may hold a secret. */
export const OBJECTS_DIR = path.posix.join(STATE_DIR, 'generations', 'objects');

const objectsFolder = (paths: Paths): string => paths.file(OBJECTS_DIR);

/** The files to be written so that these contents are kept: none for one that is kept already. */
export function missingObjects(paths: Paths, contents: Iterable<Buffer>): ReadonlyMap<string, FileContent> {
  const known = new Set(listObjects(objectsFolder(paths)));
  const missing = new Map<string, FileContent>();
  for (const content of contents) {
    const digest = digestOf(content);
    if (!known.has(digest)) missing.set(path.posix.join(OBJECTS_DIR, digest), { content, mode: 0o600, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 });
  }
  return missing;
}

/** Undefined for one that is not kept any more, or is damaged. */
export function findObject(paths: Paths, digest: string): Buffer | undefined {
  try {
    const content = readFileSync(path.join(objectsFolder(paths), digest));
    return digestOf(content) === digest ? content : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new Failure('cannot read a file of the history', { why: reasonOf(error), at: { file: path.join(objectsFolder(paths), digest) }, cause: error });
  }
}

/** Removes all but these. */
export function removeOtherObjects(paths: Paths, digests: ReadonlySet<string>): void {
  const folder = objectsFolder(paths);
  for (const name of listObjects(folder)) if (!digests.has(name)) rmSync(path.join(folder, name), { force: true });
}

function listObjects(folder: string): readonly string[] {
  return listNames(folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
}
