import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from '../paths.ts';
import { UNFINISHED_DIR } from '../unfinished.ts';

/** So much stays in memory. */
const IN_MEMORY = 4 * 2 ** 20;

/**
 * Holds what was rendered until it is installed: of many files more than memory should. From some
 * size on that is a file without a name, which goes with this process however it ends. Where none
 * can be written, memory has to do.
 */
export class Spool {
  readonly #paths: Paths;
  #kept = 0;
  #file: number | undefined;
  #end = 0;

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** @returns reads it back */
  keep(content: Buffer): () => Buffer {
    this.#kept += content.length;
    const at = this.#kept <= IN_MEMORY ? undefined : this.#write(content);
    return at === undefined ? fromMemory(content) : this.#fromFile(at, content.length);
  }

  /** Not made in `keep`: what is made there holds the content. */
  #fromFile(at: number, length: number): () => Buffer {
    return () => this.#read(at, length);
  }

  /** @returns where it stands; undefined: nowhere */
  #write(content: Buffer): number | undefined {
    try {
      const file = (this.#file ??= this.#open());
      const at = this.#end;
      for (let done = 0; done < content.length;) done += writeSync(file, content, done, content.length - done, at + done);
      this.#end += content.length;
      return at;
    } catch {
      return undefined;
    }
  }

  #open(): number {
    const file = openNameless(this.#paths.file(UNFINISHED_DIR));
    UNUSED.register(this, file);
    return file;
  }

  #read(at: number, length: number): Buffer {
    const content = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const count = this.#file === undefined ? 0 : readSync(this.#file, content, done, length - done, at + done);
      if (count === 0) throw new Error('what was rendered cannot be read back');
      done += count;
    }
    return content;
  }
}

/** Closes the file when nothing that reads it back is left. */
const UNUSED = new FinalizationRegistry(tryToClose);

function fromMemory(content: Buffer): () => Buffer {
  return () => content;
}

function openNameless(folder: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `spool-${process.pid}`);
  const fd = openSync(file, 'wx+', 0o600);
  try {
    unlinkSync(file);
    return fd;
  } catch (error) {
    tryToClose(fd);
    throw error;
  }
}

function tryToClose(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // it had no name, and so is gone with this process
  }
}
