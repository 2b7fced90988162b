import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { CACHE_DIR, type Paths } from '../paths.ts';
import { removeIfThere } from '../replace-file.ts';
import type { RunSpec } from './run-spec.ts';

/** Without the root. */
const CACHE_FILE = path.posix.join(CACHE_DIR, 'run-specs.json');

/** What another build of the program has read counts for nothing: its parser may have been another one. */
const BUILD = statSync(import.meta.filename).mtimeMs;

/**
 * Run specs as they were read before, by their very text: reading YAML with a place for every
 * mistake takes longer than all the rest of a reconcile that has nothing to do. The file can go
 * at any time; one that is damaged, or that somebody else could have written, is none.
 */
export class SpecCache {
  readonly #file: string;
  readonly #before: ReadonlyMap<string, RunSpec>;
  readonly #used = new Map<string, RunSpec>();

  constructor(paths: Paths) {
    this.#file = paths.file(CACHE_FILE);
    this.#before = readEntries(this.#file);
  }

  /** @param parse called where the text is not known; what it throws is thrown */
  get(file: string, text: string, parse: () => RunSpec): RunSpec {
    // what other files say is in it, too
    if (/\b(?:env_file|secrets)\b/.test(text)) return parse();
    const key = `${file}\0${text}`;
    const spec = this.#before.get(key) ?? parse();
    this.#used.set(key, spec);
    return spec;
  }

  /** Keeps what was asked for, and nothing else. Not synced, and no failure where it cannot be: it is only a cache. */
  write(): void {
    if (this.#used.size === this.#before.size && [...this.#used.keys()].every((key) => this.#before.has(key))) return;
    // one name, which the next run takes again: whoever reconciles holds the event lock
    const temporary = `${this.#file}.new`;
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      removeIfThere(temporary);
      const body = JSON.stringify([...this.#used]);
      writeFileSync(temporary, `${BUILD} ${checksum(body)}\n${body}`, { mode: 0o600, flag: 'wx' });
      renameSync(temporary, this.#file);
    } catch {
      // a full or read-only disk
    }
  }
}

function readEntries(file: string): ReadonlyMap<string, RunSpec> {
  try {
    const { uid, mode } = statSync(file);
    if ((uid !== 0 && uid !== process.geteuid?.()) || (mode & 0o022) !== 0) return new Map();
    const content = readFileSync(file, 'utf8');
    const end = content.indexOf('\n');
    const body = content.slice(end + 1);
    return content.slice(0, end) === `${BUILD} ${checksum(body)}` ? new Map(JSON.parse(body) as [string, RunSpec][]) : new Map();
  } catch {
    return new Map(); // there is none
  }
}

/** Against damage alone. node:crypto takes longer to load than all of the cache to read. */
function checksum(text: string): string {
  return crc32(text).toString(16);
}
