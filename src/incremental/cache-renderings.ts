import { FlatDb } from '../db/flat-db.ts';
import { FACTS } from '../db/record.ts';
import { type Index, indexesOf, type Snapshot } from '../db/snapshot.ts';
import { comparableDbs } from './comparable.ts';
import { type CachedTemplate, writeCachedRenderings } from './cached-renderings.ts';
import { formatIndex } from './cached-index.ts';
import { formatLines, formatInstance, type CachedInstance, listLines, parseInstance } from './cache-lines.ts';
import { ReadTable } from './read-table.ts';
import { digestOfFact, type Done, nameOfRequest, type RenderCache, type RenderCacheContext } from './render-cache.ts';
import { signStanding } from './standing.ts';
import { watchSources } from './watched.ts';

export interface Kept {
  /** see `CachedRenderings` */
  readonly checked: string | undefined;
  /** paths of which the ledger says something else now, though their files stayed */
  readonly entered: readonly string[];
}

/**
 * Keeps what was rendered for the next event, when all of it stands installed.
 * @param context how things stood when it was rendered, with the ledger as it is now
 */
export function cacheRenderings(
  context: RenderCacheContext,
  renderCache: RenderCache,
  done: readonly Done[],
  { checked, entered }: Kept,
): void {
  const { paths, snapshot, facts, maker, ledger, alwaysRead } = context;
  const before = renderCache.cached;
  const isNew = done.some(
    ({ rendered, wanted }) => rendered.instances.length > 0 || wanted.stale === undefined || wanted.stale.size > 0,
  );
  if (
    before !== undefined &&
    !isNew &&
    renderCache.diff?.dbs.length === 0 &&
    before.ledger === ledger &&
    before.checked === checked &&
    !renderCache.isAnyFactChanged
  )
    return;
  const table = new ReadTable(before);
  const names = new Set(done.flatMap(({ request }) => nameOfRequest(request) ?? []));
  const others = (before?.templates ?? [])
    .filter(({ request }) => !names.has(request))
    .map((template) => ({
      ...template,
      instances: withoutEntered(
        unitsOfOthers(template, renderCache, () => true),
        entered,
      ),
    }));
  const cached = [...others, ...done.flatMap((each) => templateOf(each, table, renderCache, context) ?? [])];
  // a db that is no longer read should not be compared for ever
  const mayBeUnused =
    done.some(({ wanted }) => wanted.stale === undefined) ||
    table.listDbs().some((db) => !alwaysRead.includes(db)) ||
    table.size > 2 * countInstances(cached);
  const templates = isNew && mayBeUnused ? table.sweep(cached) : cached;
  const read = [...table.listDbs(), ...templates.flatMap(({ db }) => db ?? []), ...alwaysRead].filter(
    (db) => db !== FACTS,
  );
  const dbs = contentsOf(snapshot, new Set(read));
  if (dbs === undefined) return;
  writeCachedRenderings(paths, {
    maker,
    ledger,
    ...(checked === undefined ? {} : { checked }),
    templates,
    ...table.format(),
    indexes: formatIndexes(snapshot, context.indexes),
    dbs,
    facts: table.listReads(FACTS).map(({ key = '', prop }) => ({
      key,
      ...(prop === undefined ? {} : { prop }),
      digest: digestOfFact(facts, { key, ...(prop === undefined ? {} : { prop }) }),
    })),
  });
}

/** Undefined for one that cannot be known again. */
function templateOf(
  { request, db, onlyArguments, isPart, wanted, rendered, sources }: Done,
  table: ReadTable,
  renderCache: RenderCache,
  { paths, sources: found }: RenderCacheContext,
): CachedTemplate | undefined {
  const name = nameOfRequest(request);
  const cached = wanted.stale === undefined ? undefined : renderCache.findCurrent(request);
  const allSources =
    cached === undefined
      ? sources
      : [
          ...new Map(
            [...cached.sources, ...sources].map((source) => [`${source.kind} ${source.template}`, source]),
          ).values(),
        ];
  const watched =
    cached !== undefined && allSources.length === cached.sources.length
      ? cached.watched
      : watchSources(paths, found, allSources);
  if (name === undefined || watched === undefined) return undefined;
  const now = Date.now();
  const instances = rendered.instances.map(
    ({ record, outputs, reads }): CachedInstance => ({
      key: record?.key ?? '',
      list: table.placeOf(reads),
      outputs: outputs.map((output) => [output.path, signStanding(paths, output, found.begun, now)]),
    }),
  );
  const isForgotten = (key: string): boolean => isPart && wanted.stale?.has(key) === false;
  const isReplaced = (key: string): boolean => wanted.stale?.has(key) === true;
  const others = cached === undefined ? [] : listLines(unitsOfOthers(cached, renderCache, isForgotten, isReplaced));
  return {
    request: name,
    ...(db === undefined ? {} : { db }),
    onlyArguments,
    isPart: isPart && cached?.isPart !== false,
    warnings: rendered.warnings,
    sources: allSources,
    watched,
    instances: formatLines([...others, ...instances.map(formatInstance)]),
  };
}

function countInstances(templates: readonly CachedTemplate[]): number {
  return templates.reduce((count, { instances }) => count + listLines(instances).length, 0);
}

/** Undefined where one of them is not as a file has it, and so not to be compared with a file. */
function contentsOf(snapshot: Snapshot, names: ReadonlySet<string>): ReadonlyMap<string, Buffer> | undefined {
  const contents = new Map([...names].map((name): [string, Buffer] => [name, Buffer.alloc(0)]));
  for (const [name, db] of comparableDbs(snapshot, names)) {
    if (!(db instanceof FlatDb) || db.content === undefined) return undefined;
    contents.set(name, db.content);
  }
  return contents;
}

/**
 * The units of a template that were not rendered now: of those in `isForgotten` what moved since has
 * to be rendered when it is asked for. @param isReplaced left out
 */
function unitsOfOthers(
  { db, instances }: CachedTemplate,
  renderCache: RenderCache,
  isForgotten: (key: string) => boolean,
  isReplaced: (key: string) => boolean = () => false,
): Buffer {
  const diff = new Set(db === undefined ? [] : renderCache.diff?.records(db).keys());
  const others: string[] = [];
  for (const line of listLines(instances)) {
    const instance = parseInstance(line);
    const { key } = instance;
    const isStale = !isReplaced(key) && isForgotten(key) && (diff.has(key) || renderCache.isStale(instance));
    if (!isReplaced(key)) others.push(isStale ? formatInstance({ ...instance, list: '' }) : line);
    diff.delete(key);
  }
  for (const key of diff)
    if (isForgotten(key) && !isReplaced(key)) others.push(formatInstance({ key, list: '', outputs: [] }));
  return formatLines(others);
}

/**
 * For a request whose metadata say something else of an output than those of the one that entered it, that is
 * not as it would be.
 */
function withoutEntered(instances: Buffer, entered: readonly string[]): Buffer {
  if (entered.length === 0) return instances;
  const paths = new Set(entered);
  return formatLines(
    listLines(instances).map((line) => {
      const instance = parseInstance(line);
      return instance.outputs.some(([path]) => paths.has(path)) ? formatInstance({ ...instance, list: '' }) : line;
    }),
  );
}

/** Those that were made or are remembered. */
function formatIndexes(snapshot: Snapshot, indexes: readonly Index[]): ReadonlyMap<string, Buffer> {
  const tables = indexesOf(snapshot);
  return new Map(
    indexes.flatMap(({ name }) => {
      const table = tables.get(name);
      return table === undefined ? [] : [[name, formatIndex(table)] as const];
    }),
  );
}
