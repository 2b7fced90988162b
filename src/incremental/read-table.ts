import type { Read } from '../db/record.ts';
import type { CachedRenderings, CachedTemplate } from './cached-renderings.ts';
import {
  dbOfRead,
  formatLines,
  formatRead,
  formatInstance,
  listLines,
  parseRead,
  parseInstance,
} from './cache-lines.ts';

/** Reads and lists of them by their places, with those that were there. */
export class ReadTable {
  #reads: Map<string, number>;
  #lists: Map<string, number>;

  constructor(cached: CachedRenderings | undefined) {
    const placesOf = (lines: Buffer | undefined): Map<string, number> =>
      new Map((lines === undefined ? [] : listLines(lines)).map((line, n) => [line, n]));
    [this.#reads, this.#lists] = [placesOf(cached?.reads), placesOf(cached?.lists)];
  }

  /** Of a list of reads. */
  placeOf(reads: readonly Read[]): string {
    return this.#place(reads.map(formatRead));
  }

  #place(reads: readonly string[]): string {
    return String(placeIn(this.#lists, reads.map((read) => placeIn(this.#reads, read)).join(' ')));
  }

  listReads(db: string): readonly Read[] {
    return [...this.#reads.keys()].filter((line) => dbOfRead(line) === db).map(parseRead);
  }

  /** The dbs that any of the reads is of. */
  listDbs(): readonly string[] {
    return [...new Set([...this.#reads.keys()].map(dbOfRead))];
  }

  /** How many lists there are. */
  get size(): number {
    return this.#lists.size;
  }

  /** Forgets what no unit of these has any more. @returns them, with the places where their lists are now */
  sweep(templates: readonly CachedTemplate[]): readonly CachedTemplate[] {
    const [reads, lists] = [[...this.#reads.keys()], [...this.#lists.keys()]];
    this.#reads = new Map();
    this.#lists = new Map();
    const places = new Map<string, string>();
    const move = (list: string): string => {
      let place = places.get(list);
      if (place === undefined)
        places.set(
          list,
          (place = this.#place((lists[Number(list)] ?? '').split(' ').flatMap((read) => reads[Number(read)] ?? []))),
        );
      return place;
    };
    return templates.map((template) => ({
      ...template,
      instances: formatLines(
        listLines(template.instances).map((line) => {
          const instance = parseInstance(line);
          return instance.list === '' ? line : formatInstance({ ...instance, list: move(instance.list) });
        }),
      ),
    }));
  }

  format(): Pick<CachedRenderings, 'reads' | 'lists'> {
    return { reads: formatLines([...this.#reads.keys()]), lists: formatLines([...this.#lists.keys()]) };
  }
}

function placeIn(places: Map<string, number>, line: string): number {
  let place = places.get(line);
  if (place === undefined) places.set(line, (place = places.size));
  return place;
}
