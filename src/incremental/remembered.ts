import { FlatDb } from '../db/flat-db.ts';
import { type Index, indexesOf, type Snapshot } from '../db/snapshot.ts';
import type { Paths } from '../base/paths.ts';
import { comparableDbs } from './comparable.ts';
import { type Known, readKnown } from './file.ts';
import { KnownIndex } from './known-index.ts';
import { Moved } from './moved.ts';

/** What is known of the last renderings, and how the dbs moved since. */
export interface LastRendered {
  readonly known: Known;
  readonly moved: Moved;
}

export interface RememberedOptions {
  /** see `Known`: what another one has made is as good as nothing */
  readonly maker: string;
  readonly indexes: readonly Index[];
  /** dbs that are read besides, by whoever checks records and by the indexes */
  readonly alwaysRead: readonly string[];
}

/** What is remembered, for one snapshot. */
export interface Remembered {
  readonly snapshot: Snapshot;
  readonly options: RememberedOptions;
  /** undefined: nothing */
  readonly last: LastRendered | undefined;
}

/** The snapshot then has the indexes that are remembered: who looks something up in them parses no record. */
export function readRemembered(paths: Paths, snapshot: Snapshot, options: RememberedOptions): Remembered {
  return { snapshot, options, last: readLast(paths, snapshot, options) };
}

function readLast(paths: Paths, snapshot: Snapshot, { maker, indexes }: RememberedOptions): LastRendered | undefined {
  const known = readKnown(paths);
  if (known?.maker !== maker) return undefined;
  const after: Snapshot = { dbs: comparableDbs(snapshot, new Set(known.dbs.keys())), schema: snapshot.schema };
  const moved = new Moved(
    new Map([...known.dbs].map(([name, content]) => [name, FlatDb.parse(content)])),
    after,
    indexes,
  );
  const tables = indexesOf(snapshot);
  for (const index of indexes) {
    const text = known.indexes.get(index.name);
    if (text !== undefined && !tables.has(index.name)) tables.set(index.name, new KnownIndex(text, index, moved));
  }
  return { known, moved };
}
