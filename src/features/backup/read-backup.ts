import { statSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf } from '../../base/errors.ts';
import { ArchiveReader, MANIFEST } from './archive.ts';
import { type Manifest, parseManifest, parseSealedFiles, type SealedFiles, sumOf } from './manifest.ts';
import { deriveKey } from './sealed.ts';

/** A backup of which every byte is known to be as it was written. */
export interface OpenedBackup extends SealedFiles {
  readonly manifest: Manifest;
  /** of all volumes */
  readonly volumeBytes: number;
  /** the content of a volume, as a tar archive */
  readVolume(name: string): AsyncIterable<Buffer>;
}

/**
 * Reads all of it, volumes too.
 * @param findPassphrase called once the file is known to be a backup
 * @throws Failure for another passphrase, and for a file that is damaged or no backup
 */
export async function openBackup(file: string, findPassphrase: () => Promise<string>): Promise<OpenedBackup> {
  const cannot = (why: string, hint?: string): Failure =>
    new Failure(`cannot read backup "${file}"`, hint === undefined ? { why } : { why, hint });
  refuseOther(file, cannot);
  // without a folder in front, tar takes what is before a colon for a host
  const reader = new ArchiveReader(path.resolve(file));
  const [about, manifest] = await reader
    .read(MANIFEST)
    .then((content) => [content, parseManifest(content, file)] as const)
    .catch((error: unknown) => {
      if (error instanceof Failure) throw error;
      throw cannot(`it is no backup of docksmith, or damaged: ${reasonOf(error).trim().split('\n').at(-1) ?? ''}`);
    });
  const damaged = (what: string): Failure => cannot(`it is damaged: ${what}`, 'use another copy of it');
  const parse = (read: () => SealedFiles): SealedFiles => {
    try {
      return read();
    } catch (error) {
      throw damaged(reasonOf(error));
    }
  };
  const clear = new Map<string, Buffer>();
  for (const [name, sum] of manifest.sums) {
    const content = await reader.read(name).catch(() => Buffer.alloc(0));
    if (sumOf(content) !== sum) throw damaged(`"${name}" is not what was saved`);
    clear.set(name, content);
  }
  const passphrase = await findPassphrase();
  const key = await deriveKey(passphrase, manifest.scrypt).catch((error: unknown) => {
    throw damaged(reasonOf(error));
  });
  const collected: Buffer[] = [];
  try {
    for await (const piece of reader.readSealed(key, about, 0)) collected.push(piece);
  } catch {
    throw cannot('the passphrase is wrong, or the file is damaged');
  }
  const sealed = parse(() =>
    parseSealedFiles(Buffer.concat(collected), (name) => {
      const content = clear.get(name);
      if (content === undefined) throw new Error(`"${name}" is missing`);
      return content;
    }),
  );
  let bytes = 0;
  for (const [n, volume] of manifest.volumes.entries()) {
    try {
      for await (const piece of reader.readSealed(key, about, n + 1)) bytes += piece.length;
    } catch {
      throw damaged(`volume "${volume}" is not what was saved`);
    }
  }
  return {
    ...sealed,
    manifest,
    volumeBytes: bytes,
    readVolume: (name) => reader.readSealed(key, about, manifest.volumes.indexOf(name) + 1),
  };
}

/** It is read many times, which a pipe cannot be. */
function refuseOther(file: string, cannot: (why: string) => Failure): void {
  let isFile: boolean;
  try {
    isFile = statSync(file).isFile();
  } catch (error) {
    throw cannot(reasonOf(error));
  }
  if (!isFile) throw cannot('it is no file');
}
