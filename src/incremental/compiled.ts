import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { readCacheFile, writeCacheFile } from '../files/cache-file.ts';
import type { Paths } from '../base/paths.ts';
import type { Program } from '../template/language/program.ts';

/** In the folder of caches. */
const FILE = 'templates';

/** What another build of the program has parsed counts for nothing. */
const VERSION = `docksmith templates ${path.basename(import.meta.filename)} ${statSync(import.meta.filename).mtimeMs}`;

const [NEWLINE, TAB] = [10, 9];

/** One file of fragments: from what its program was made, and the program. */
interface Entry {
  readonly mark: string;
  readonly program: Program;
}

/** The texts of one folder by name. */
interface Folder {
  /** those that nobody has asked for */
  readonly cached: Map<string, Entry>;
  /** those that were asked for and stand in the line: thousands of them are not to be kept twice */
  readonly used: Set<string>;
  readonly added: Map<string, Entry>;
}

/**
 * Handlebars that was parsed before, in a file with a line for each folder of fragments: its name,
 * a tab, and JSON of what is in it. A line is read when a fragment of that folder is asked for.
 */
export class Compiled {
  readonly #paths: Paths;
  #lines: Map<string, Buffer> | undefined;
  readonly #folders = new Map<string, Folder>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /**
   * @param folder without the root
   * @param mark the signature of the text: another one means another text
   * @returns undefined also for one that was given out before
   */
  find(folder: string, name: string, mark: string): Program | undefined {
    const { cached, used } = this.#folder(folder);
    const entry = cached.get(name);
    if (entry?.mark !== mark) return undefined;
    cached.delete(name);
    used.add(name);
    return entry.program;
  }

  add(folder: string, name: string, mark: string, program: Program): void {
    this.#folder(folder).added.set(name, { mark, program });
  }

  /** Keeps what was asked for; of folders that nobody looked into what is there, as long as they are. */
  write(): void {
    const changed = [...this.#folders].filter(([, { added }]) => added.size > 0);
    if (changed.length === 0) return;
    const before = this.#readLines();
    const lines = new Map([...before].filter(([folder]) => existsSync(this.#paths.file(folder)) || existsSync(folder)));
    for (const [folder, { used, added }] of changed)
      lines.set(folder, formatLine([...parseLine(before.get(folder)).filter(([name]) => used.has(name)), ...added]));
    const body = [...lines].flatMap(([folder, line]) => [
      Buffer.from(`${JSON.stringify(folder)}\t`),
      line,
      Buffer.from('\n'),
    ]);
    writeCacheFile(this.#paths, FILE, VERSION, Buffer.concat(body));
  }

  #folder(name: string): Folder {
    let folder = this.#folders.get(name);
    if (folder === undefined) {
      folder = { cached: new Map(parseLine(this.#readLines().get(name))), used: new Set(), added: new Map() };
      this.#folders.set(name, folder);
    }
    return folder;
  }

  #readLines(): ReadonlyMap<string, Buffer> {
    return (this.#lines ??= splitLines(readCacheFile(this.#paths, FILE, VERSION) ?? Buffer.alloc(0)));
  }
}

function parseLine(line: Buffer | undefined): readonly (readonly [name: string, entry: Entry])[] {
  const items = line === undefined ? [] : (JSON.parse(line.toString()) as (readonly [string, string, Program])[]);
  return items.map(([name, mark, program]) => [name, { mark, program }]);
}

function formatLine(entries: readonly (readonly [name: string, entry: Entry])[]): Buffer {
  return Buffer.from(JSON.stringify(entries.map(([name, { mark, program }]) => [name, mark, program])));
}

function splitLines(body: Buffer): Map<string, Buffer> {
  const lines = new Map<string, Buffer>();
  for (let at = 0, end = body.indexOf(NEWLINE); end >= 0; at = end + 1, end = body.indexOf(NEWLINE, at)) {
    const tab = body.indexOf(TAB, at);
    lines.set(JSON.parse(body.toString('utf8', at, tab)) as string, body.subarray(tab + 1, end));
  }
  return lines;
}
