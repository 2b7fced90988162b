import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../../base/errors.ts';
import { listNames } from '../../base/layers.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { asStateFile } from '../../files/state-file.ts';
import { digestOf } from '../plan/ledger.ts';
import { readBytes } from '../../files/read-file.ts';

/** Contents of files by their digest, for their owner's eyes only: any of them may hold a secret. */
export const OBJECTS_DIR = path.posix.join(STATE_DIR, 'generations', 'objects');

/** As many contents of one commit lie in one file: making a file costs more than writing it. */
const MANY = 100;
const PACK = /^pack-\d+$/;

/** By digest. */
export type Contents = ReadonlyMap<string, Pick<FileContent, 'content'>>;

const objectsFolder = (paths: Paths): string => paths.file(OBJECTS_DIR);

/**
 * The files to be written so that these contents are kept, by path without the root: none for one that is
 * kept already.
 * @param number of the generation that they are of
 */
export function filesOfObjects(paths: Paths, contents: Contents, number: number): ReadonlyMap<string, FileContent> {
  const files =
    contents.size >= MANY
      ? [[`pack-${number}`, asStateFile(formatPack(contents))] as const]
      : [...contents]
          .filter(([digest]) => !existsSync(path.join(objectsFolder(paths), digest)))
          .map(([digest, { content }]) => [digest, asStateFile(content)] as const);
  return new Map(files.map(([name, file]) => [path.posix.join(OBJECTS_DIR, name), file]));
}

/** A line `DIGEST LENGTH` per content, an empty line, and the contents in that order. */
function formatPack(contents: Contents): Buffer {
  const lines = [...contents].map(([digest, { content }]) => `${digest} ${content.length}\n`);
  return Buffer.concat([Buffer.from(`${lines.join('')}\n`), ...[...contents.values()].map(({ content }) => content)]);
}

function parsePack(pack: Buffer): ReadonlyMap<string, Buffer> {
  const end = pack.indexOf('\n\n') + 1;
  let at = end + 1;
  return new Map(
    pack
      .subarray(0, end)
      .toString('latin1')
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const [digest = '', length = ''] = line.split(' ');
        const content = pack.subarray(at, at + Number(length));
        at += Number(length);
        return [digest, content] as const;
      }),
  );
}

/** Finds contents by their digest; undefined for one that is not kept any more, or is damaged. */
export function objectFinder(paths: Paths): (digest: string) => Buffer | undefined {
  const folder = objectsFolder(paths);
  let packs: readonly ReadonlyMap<string, Buffer>[] | undefined;
  return (digest) => {
    const content =
      readIfThere(path.join(folder, digest)) ??
      (packs ??= listPacks(folder).map((name) => parsePack(readIfThere(path.join(folder, name)) ?? Buffer.alloc(0))))
        .find((pack) => pack.has(digest))
        ?.get(digest);
    return content !== undefined && digestOf(content) === digest ? content : undefined;
  };
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readBytes(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new Failure('cannot read a file of the history', { why: reasonOf(error), at: { file }, cause: error });
  }
}

/** Removes all but these; a pack goes when none of them is in it. */
export function removeOtherObjects(paths: Paths, digests: ReadonlySet<string>): void {
  const folder = objectsFolder(paths);
  for (const name of listNames(folder))
    if (/^[0-9a-f]{64}$/.test(name) && !digests.has(name)) rmSync(path.join(folder, name), { force: true });
  for (const name of listPacks(folder)) {
    const pack = parsePack(readIfThere(path.join(folder, name)) ?? Buffer.alloc(0));
    if (![...pack.keys()].some((digest) => digests.has(digest))) rmSync(path.join(folder, name), { force: true });
  }
}

function listPacks(folder: string): readonly string[] {
  return listNames(folder).filter((name) => PACK.test(name));
}
