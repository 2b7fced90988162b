import { FlatDb } from '../db/flat-db.ts';
import { FACTS, type Read } from '../db/record.ts';
import { type Index, indexesOf, type Snapshot } from '../db/snapshot.ts';
import { comparableDbs } from './comparable.ts';
import { type Known, type KnownTemplate, writeKnown } from './file.ts';
import { formatIndex } from './known-index.ts';
import { dbOfRead, formatLines, formatRead, formatUnit, type KnownUnit, listLines, parseRead, parseUnit } from './lines.ts';
import { digestOfFact, type Done, nameOfRequest, type Recall, type RecallContext } from './recall.ts';
import { signatureOf } from '../signature.ts';
import { watchSources } from './watched.ts';

/**
 * Keeps what was rendered for the next event, when all of it stands installed.
 * @param context how things stood when it was rendered, with the ledger as it is now
 */
export function remember(context: RecallContext, recall: Recall, done: readonly Done[], checked: string | undefined, now = Date.now()): void {
  const { paths, snapshot, facts, maker, ledger, sources: found } = context;
  const before = recall.known;
  const isNew = done.some(({ rendered, wanted }) => rendered.units.length > 0 || wanted.stale === undefined || wanted.stale.size > 0);
  if (before !== undefined && !isNew && recall.moved?.dbs.length === 0 && before.ledger === ledger && before.checked === checked && !recall.isAnyFactMoved) return;
  const dbs = new Map([...comparableDbs(snapshot)].flatMap(([name, db]) => (db instanceof FlatDb && db.content !== undefined ? [[name, db.content] as const] : [])));
  // one that is not as a file has it is not to be compared with a file
  if (dbs.size < snapshot.dbs.size) return;
  const table = new ReadTable(before);
  const names = new Set(done.flatMap(({ request }) => nameOfRequest(request) ?? []));
  const templates: KnownTemplate[] = (before?.templates ?? []).filter(({ request }) => !names.has(request)).map((template) => ({ ...template, units: unitsOfOthers(template, recall, () => true) }));
  for (const { request, db, onlyArguments, isPart, wanted, rendered, sources } of done) {
    const name = nameOfRequest(request);
    const known = wanted.stale === undefined ? undefined : recall.findCurrent(request);
    const allSources = known === undefined ? sources : [...new Map([...known.sources, ...sources].map((source) => [`${source.kind} ${source.template}`, source])).values()];
    const watched = known !== undefined && allSources.length === known.sources.length ? known.watched : watchSources(found, allSources);
    if (name === undefined || watched === undefined) continue;
    const units = new Map<string, KnownUnit>();
    // of those that nobody asked for nothing is known
    if (known === undefined && isPart && db !== undefined) for (const key of snapshot.dbs.get(db)?.keys() ?? []) units.set(key, { key, list: '', outputs: [] });
    for (const { record, outputs, reads } of rendered.units) {
      const key = record?.key ?? '';
      units.set(key, { key, list: table.placeOf(reads), outputs: outputs.map(({ path }) => [path, signatureOf(paths.file(path), now) ?? '']) });
    }
    const isForgotten = (key: string): boolean => isPart && wanted.stale?.has(key) === false;
    const isReplaced = (key: string): boolean => wanted.stale?.has(key) === true;
    const others = known === undefined ? [] : listLines(unitsOfOthers(known, recall, isForgotten, isReplaced));
    templates.push({ request: name, ...(db === undefined ? {} : { db }), onlyArguments, warnings: rendered.warnings, sources: allSources, watched, units: formatLines([...others, ...[...units.values()].map(formatUnit)]) });
  }
  writeKnown(paths, {
    maker, ledger, ...(checked === undefined ? {} : { checked }), templates, ...table.format(), indexes: formatIndexes(snapshot, context.indexes), dbs,
    facts: table.listReads(FACTS).map(({ key = '', prop }) => ({ key, ...(prop === undefined ? {} : { prop }), digest: digestOfFact(facts, { key, ...(prop === undefined ? {} : { prop }) }) })),
  });
}

/**
 * The units of a template that were not rendered now: of those in `isForgotten` what moved since has
 * to be rendered when it is asked for. @param isReplaced left out
 */
function unitsOfOthers({ db, units }: KnownTemplate, recall: Recall, isForgotten: (key: string) => boolean, isReplaced: (key: string) => boolean = () => false): Buffer {
  const moved = new Set(db === undefined ? [] : recall.moved?.records(db).keys());
  const others: string[] = [];
  for (const line of listLines(units)) {
    const unit = parseUnit(line);
    const { key } = unit;
    const isStale = !isReplaced(key) && isForgotten(key) && (moved.has(key) || recall.isStale(unit));
    if (!isReplaced(key)) others.push(isStale ? formatUnit({ ...unit, list: '' }) : line);
    moved.delete(key);
  }
  for (const key of moved) if (isForgotten(key) && !isReplaced(key)) others.push(formatUnit({ key, list: '', outputs: [] }));
  return formatLines(others);
}

/** Those that were made or are remembered. */
function formatIndexes(snapshot: Snapshot, indexes: readonly Index[]): ReadonlyMap<string, Buffer> {
  const tables = indexesOf(snapshot);
  return new Map(indexes.flatMap(({ name }) => {
    const table = tables.get(name);
    return table === undefined ? [] : [[name, formatIndex(table)] as const];
  }));
}

/** Reads and lists of them by their places, with those that were there. */
class ReadTable {
  readonly #reads: Map<string, number>;
  readonly #lists: Map<string, number>;

  constructor(known: Known | undefined) {
    const placesOf = (lines: Buffer | undefined): Map<string, number> => new Map((lines === undefined ? [] : listLines(lines)).map((line, n) => [line, n]));
    [this.#reads, this.#lists] = [placesOf(known?.reads), placesOf(known?.lists)];
  }

  /** Of a list of reads. */
  placeOf(reads: readonly Read[]): string {
    const list = reads.map((read) => placeIn(this.#reads, formatRead(read))).join(' ');
    return String(placeIn(this.#lists, list));
  }

  listReads(db: string): readonly Read[] {
    return [...this.#reads.keys()].filter((line) => dbOfRead(line) === db).map(parseRead);
  }

  format(): Pick<Known, 'reads' | 'lists'> {
    return { reads: formatLines([...this.#reads.keys()]), lists: formatLines([...this.#lists.keys()]) };
  }
}

function placeIn(places: Map<string, number>, line: string): number {
  let place = places.get(line);
  if (place === undefined) places.set(line, (place = places.size));
  return place;
}
