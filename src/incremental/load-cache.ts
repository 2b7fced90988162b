import { FlatDb } from '../db/flat-db.ts';
import { type Index, indexesOf, type Snapshot } from '../db/snapshot.ts';
import type { Paths } from '../base/paths.ts';
import { comparableDbs } from './comparable.ts';
import { type CachedRenderings, readCachedRenderings } from './cached-renderings.ts';
import { CachedIndex } from './cached-index.ts';
import { DbDiff } from './db-diff.ts';

/** What is known of the last renderings, and how the dbs moved since. */
export interface LastRenderings {
  readonly cached: CachedRenderings;
  readonly diff: DbDiff;
}

export interface CacheOptions {
  /** see `CachedRenderings`: the data of another one are ignored */
  readonly maker: string;
  readonly indexes: readonly Index[];
  /** dbs that are read besides, by whoever checks records and by the indexes */
  readonly alwaysRead: readonly string[];
}

/** What is remembered, for one snapshot. */
export interface LoadedCache {
  readonly snapshot: Snapshot;
  readonly options: CacheOptions;
  /** undefined: nothing */
  readonly last: LastRenderings | undefined;
}

/** The snapshot then has the indexes that are remembered: who looks something up in them parses no record. */
export function loadCache(paths: Paths, snapshot: Snapshot, options: CacheOptions): LoadedCache {
  return { snapshot, options, last: readLastRenderings(paths, snapshot, options) };
}

function readLastRenderings(
  paths: Paths,
  snapshot: Snapshot,
  { maker, indexes }: CacheOptions,
): LastRenderings | undefined {
  const cached = readCachedRenderings(paths);
  if (cached?.maker !== maker) return undefined;
  const after: Snapshot = { dbs: comparableDbs(snapshot, new Set(cached.dbs.keys())), schema: snapshot.schema };
  const diff = new DbDiff(
    new Map([...cached.dbs].map(([name, content]) => [name, FlatDb.parse(content)])),
    after,
    indexes,
  );
  const tables = indexesOf(snapshot);
  for (const index of indexes) {
    const text = cached.indexes.get(index.name);
    if (text !== undefined && !tables.has(index.name)) tables.set(index.name, new CachedIndex(text, index, diff));
  }
  return { cached, diff };
}
