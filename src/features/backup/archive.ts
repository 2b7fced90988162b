import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { errorCode, Failure } from '../../base/errors.ts';
import { linkIfPossible } from '../../files/link-file.ts';
import { syncFolder } from '../../files/replace-file.ts';
import { open, PIECE_BYTES, type Place, seal, TAG_BYTES } from './sealed.ts';

const execute = promisify(execFile);
/** Of a file that is read whole: all but volumes. */
const MOST_BYTES = 1024 ** 3;

export const MANIFEST = 'backup.json';
const sealedFolder = (part: number): string => `sealed/${String(part).padStart(4, '0')}`;
const pieceName = (part: number, piece: number): string => `${sealedFolder(part)}/${String(piece).padStart(6, '0')}`;

/** Writes a tar archive piece by piece beside its place, so that it is there whole or not at all. */
export class ArchiveWriter {
  readonly #file: string;
  /** all that it lays on the disk before the end */
  readonly folder: string;
  readonly #tar: string;
  readonly #tree: string;

  constructor(file: string) {
    this.#file = file;
    this.folder = path.join(path.dirname(file), `.${path.basename(file)}.docksmith-part`);
    this.#tar = path.join(this.folder, 'tar');
    this.#tree = path.join(this.folder, 'tree');
    // what a run that was killed left
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { mode: 0o700 });
    mkdirSync(this.#tree);
    closeSync(openSync(this.#tar, 'wx', 0o600));
  }

  async add(name: string, content: Buffer): Promise<void> {
    const file = path.join(this.#tree, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
    await execute('tar', [
      ...['--append', '--remove-files', '--format=gnu', '--owner=0', '--group=0', '--numeric-owner'],
      ...['--mode=0600', '--no-recursion', '--file', this.#tar, '--directory', this.#tree, '--', name],
    ]);
  }

  /** Seals what comes, however long it is. */
  async addSealed(key: Buffer, about: Buffer, part: number, content: Readable | readonly Buffer[]): Promise<void> {
    let [piece, waiting, bytes] = [0, [] as Buffer[], 0];
    const flush = async (isLast: boolean): Promise<void> => {
      const whole = Buffer.concat(waiting);
      const sealed = seal(key, { about, part, piece, isLast }, isLast ? whole : whole.subarray(0, PIECE_BYTES));
      await this.add(pieceName(part, piece), sealed);
      piece++;
      waiting = isLast ? [] : [whole.subarray(PIECE_BYTES)];
      bytes = waiting[0]?.length ?? 0;
    };
    for await (const chunk of content as AsyncIterable<Buffer> | Iterable<Buffer>) {
      waiting.push(chunk);
      bytes += chunk.length;
      while (bytes > PIECE_BYTES) await flush(false);
    }
    await flush(true);
  }

  /** It is in its place, and lasts. @throws Failure where another file is there by now */
  finish(): void {
    const fd = openSync(this.#tar, 'r');
    fsyncSync(fd);
    closeSync(fd);
    try {
      // unlike a rename it replaces nothing; without links, a file that is made for it alone is replaced
      if (!linkIfPossible(this.#tar, this.#file)) {
        closeSync(openSync(this.#file, 'wx', 0o600));
        renameSync(this.#tar, this.#file);
      }
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      throw new Failure(`cannot write backup "${this.#file}"`, { why: 'the file exists already' });
    }
    syncFolder(path.dirname(this.#file));
    this.remove();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Reads such an archive; nothing of it is ever laid on the disk by its name. */
export class ArchiveReader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async read(name: string): Promise<Buffer> {
    const { stdout } = await execute(
      'tar',
      ['--extract', '--to-stdout', '--occurrence=1', '--file', this.#file, '--no-wildcards', '--', name],
      { encoding: 'buffer', maxBuffer: MOST_BYTES },
    );
    return stdout;
  }

  /** What was sealed, each piece once it is known to be whole. @throws as `open` */
  async *readSealed(key: Buffer, about: Buffer, part: number): AsyncGenerator<Buffer, undefined> {
    const tar = spawn(
      'tar',
      ['--extract', '--to-stdout', '--file', this.#file, '--wildcards', '--', `${sealedFolder(part)}/*`],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const ended = once(tar, 'close');
    const size = PIECE_BYTES + TAG_BYTES;
    const place = (piece: number, isLast: boolean): Place => ({ about, part, piece, isLast });
    let [piece, waiting, bytes] = [0, [] as Buffer[], 0];
    try {
      for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
        waiting.push(chunk);
        bytes += chunk.length;
        while (bytes > size) {
          const whole = Buffer.concat(waiting);
          yield open(key, place(piece++, false), whole.subarray(0, size));
          waiting = [whole.subarray(size)];
          bytes -= size;
        }
      }
      yield open(key, place(piece, true), Buffer.concat(waiting));
    } finally {
      tar.kill();
      await ended;
    }
  }
}
