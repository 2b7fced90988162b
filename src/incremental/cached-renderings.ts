import { rmSync } from 'node:fs';
import { readCacheFile, writeCacheFile } from '../files/cache-file.ts';
import { CACHE_DIR, type Paths } from '../base/paths.ts';
import type { Source } from '../template/sources.ts';
import type { Watched } from './watched.ts';

/** In the folder of caches. Where it is gone, the next event renders everything. */
const FILE = 'reads';

export interface CachedTemplate {
  /** what was asked for: template and the metadata of the event */
  readonly request: string;
  /** db of FOREACH */
  readonly db?: string;
  readonly onlyArguments: boolean;
  /** only some records were ever asked for: of those that have no unit here nothing is known */
  readonly isPart: boolean;
  readonly warnings: readonly string[];
  readonly sources: readonly Source[];
  /** the files and folders that the sources are, each with its signature */
  readonly watched: Watched;
  /** a line for each, see `lines.ts` */
  readonly instances: Buffer;
}

/** A fact that was read, with a digest of its value. */
export interface CachedFact {
  readonly key: string;
  readonly prop?: string;
  readonly digest: string;
}

/**
 * All that is known of the last renderings. What is long stays as its bytes: an event that changes
 * one of many thousand outputs looks at few of the lines.
 */
export interface CachedRenderings {
  /** what made them: equal while the program, the schema and the owners of files are the same */
  readonly maker: string;
  /** signature of the ledger that the outputs were entered in */
  readonly ledger: string;
  /** what the containers were checked with, where nothing was to be said of any of them */
  readonly checked?: string;
  readonly facts: readonly CachedFact[];
  readonly templates: readonly CachedTemplate[];
  /** a line for each read; lists of reads name them by their places */
  readonly reads: Buffer;
  /** a line for each list; units name them by their places */
  readonly lists: Buffer;
  /** the indexes of dbs by name */
  readonly indexes: ReadonlyMap<string, Buffer>;
  /** the dbs that were read, as they stood, see `comparableDbs`; an empty one where there was none */
  readonly dbs: ReadonlyMap<string, Buffer>;
}

const VERSION = 'docksmith reads 4';

/** Undefined where there is none. */
export function readCachedRenderings(paths: Paths): CachedRenderings | undefined {
  const body = readCacheFile(paths, FILE, VERSION);
  return body === undefined ? undefined : parseKnown(body);
}

/** Of each part that is kept as bytes: how many. */
type Sized<T, K extends keyof T> = Omit<T, K> & { readonly [key in K]: number };

interface Head extends Omit<Sized<CachedRenderings, 'reads' | 'lists'>, 'templates' | 'indexes' | 'dbs'> {
  readonly templates: readonly Sized<CachedTemplate, 'instances'>[];
  readonly indexes: readonly (readonly [name: string, bytes: number])[];
  readonly dbs: readonly (readonly [name: string, bytes: number])[];
}

function parseKnown(body: Buffer): CachedRenderings {
  let at = body.indexOf(10) + 1;
  const head = JSON.parse(body.toString('utf8', 0, at)) as Head;
  const take = (bytes: number): Buffer => body.subarray(at, (at += bytes));
  return {
    ...head,
    templates: head.templates.map((template) => ({ ...template, instances: take(template.instances) })),
    reads: take(head.reads),
    lists: take(head.lists),
    indexes: new Map(head.indexes.map(([name, bytes]) => [name, take(bytes)])),
    dbs: new Map(head.dbs.map(([name, bytes]) => [name, take(bytes)])),
  };
}

export function writeCachedRenderings(paths: Paths, cached: CachedRenderings): void {
  const { templates, reads, lists, indexes, dbs } = cached;
  const sizes = (parts: ReadonlyMap<string, Buffer>): Head['dbs'] =>
    [...parts].map(([name, { length }]) => [name, length]);
  const head: Head = {
    ...cached,
    templates: templates.map((template) => ({ ...template, instances: template.instances.length })),
    reads: reads.length,
    lists: lists.length,
    indexes: sizes(indexes),
    dbs: sizes(dbs),
  };
  writeCacheFile(
    paths,
    FILE,
    VERSION,
    Buffer.concat([
      Buffer.from(`${JSON.stringify(head)}\n`),
      ...templates.map(({ instances }) => instances),
      reads,
      lists,
      ...indexes.values(),
      ...dbs.values(),
    ]),
  );
}

/** Nothing is remembered any more. */
export function removeCachedRenderings(paths: Paths): void {
  rmSync(paths.file(CACHE_DIR), { recursive: true, force: true });
}
