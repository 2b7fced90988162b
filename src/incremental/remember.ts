import { FlatDb } from '../db/flat-db.ts';
import { FACTS } from '../db/record.ts';
import { type Index, indexesOf, type Snapshot } from '../db/snapshot.ts';
import { comparableDbs } from './comparable.ts';
import { type KnownTemplate, writeKnown } from './file.ts';
import { formatIndex } from './known-index.ts';
import { formatLines, formatUnit, type KnownUnit, listLines, parseUnit } from './lines.ts';
import { ReadTable } from './read-table.ts';
import { digestOfFact, type Done, nameOfRequest, type Recall, type RecallContext } from './recall.ts';
import { signStanding } from './standing.ts';
import { watchSources } from './watched.ts';

export interface Kept {
  /** see `Known` */
  readonly checked: string | undefined;
  /** paths of which the ledger says something else now, though their files stayed */
  readonly entered: readonly string[];
}

/**
 * Keeps what was rendered for the next event, when all of it stands installed.
 * @param context how things stood when it was rendered, with the ledger as it is now
 */
export function remember(
  context: RecallContext,
  recall: Recall,
  done: readonly Done[],
  { checked, entered }: Kept,
): void {
  const { paths, snapshot, facts, maker, ledger, alwaysRead } = context;
  const before = recall.known;
  const isNew = done.some(
    ({ rendered, wanted }) => rendered.units.length > 0 || wanted.stale === undefined || wanted.stale.size > 0,
  );
  if (
    before !== undefined &&
    !isNew &&
    recall.moved?.dbs.length === 0 &&
    before.ledger === ledger &&
    before.checked === checked &&
    !recall.isAnyFactMoved
  )
    return;
  const table = new ReadTable(before);
  const names = new Set(done.flatMap(({ request }) => nameOfRequest(request) ?? []));
  const others = (before?.templates ?? [])
    .filter(({ request }) => !names.has(request))
    .map((template) => ({
      ...template,
      units: withoutEntered(
        unitsOfOthers(template, recall, () => true),
        entered,
      ),
    }));
  const known = [...others, ...done.flatMap((each) => templateOf(each, table, recall, context) ?? [])];
  // a db that is read no more is not to be compared for ever
  const mayBeUnused =
    done.some(({ wanted }) => wanted.stale === undefined) ||
    table.listDbs().some((db) => !alwaysRead.includes(db)) ||
    table.size > 2 * countUnits(known);
  const templates = isNew && mayBeUnused ? table.sweep(known) : known;
  const read = [...table.listDbs(), ...templates.flatMap(({ db }) => db ?? []), ...alwaysRead].filter(
    (db) => db !== FACTS,
  );
  const dbs = contentsOf(snapshot, new Set(read));
  if (dbs === undefined) return;
  writeKnown(paths, {
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
  recall: Recall,
  { paths, sources: found }: RecallContext,
): KnownTemplate | undefined {
  const name = nameOfRequest(request);
  const known = wanted.stale === undefined ? undefined : recall.findCurrent(request);
  const allSources =
    known === undefined
      ? sources
      : [
          ...new Map(
            [...known.sources, ...sources].map((source) => [`${source.kind} ${source.template}`, source]),
          ).values(),
        ];
  const watched =
    known !== undefined && allSources.length === known.sources.length
      ? known.watched
      : watchSources(paths, found, allSources);
  if (name === undefined || watched === undefined) return undefined;
  const now = Date.now();
  const units = rendered.units.map(
    ({ record, outputs, reads }): KnownUnit => ({
      key: record?.key ?? '',
      list: table.placeOf(reads),
      outputs: outputs.map((output) => [output.path, signStanding(paths, output, found.begun, now)]),
    }),
  );
  const isForgotten = (key: string): boolean => isPart && wanted.stale?.has(key) === false;
  const isReplaced = (key: string): boolean => wanted.stale?.has(key) === true;
  const others = known === undefined ? [] : listLines(unitsOfOthers(known, recall, isForgotten, isReplaced));
  return {
    request: name,
    ...(db === undefined ? {} : { db }),
    onlyArguments,
    isPart: isPart && known?.isPart !== false,
    warnings: rendered.warnings,
    sources: allSources,
    watched,
    units: formatLines([...others, ...units.map(formatUnit)]),
  };
}

function countUnits(templates: readonly KnownTemplate[]): number {
  return templates.reduce((count, { units }) => count + listLines(units).length, 0);
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
  { db, units }: KnownTemplate,
  recall: Recall,
  isForgotten: (key: string) => boolean,
  isReplaced: (key: string) => boolean = () => false,
): Buffer {
  const moved = new Set(db === undefined ? [] : recall.moved?.records(db).keys());
  const others: string[] = [];
  for (const line of listLines(units)) {
    const unit = parseUnit(line);
    const { key } = unit;
    const isStale = !isReplaced(key) && isForgotten(key) && (moved.has(key) || recall.isStale(unit));
    if (!isReplaced(key)) others.push(isStale ? formatUnit({ ...unit, list: '' }) : line);
    moved.delete(key);
  }
  for (const key of moved)
    if (isForgotten(key) && !isReplaced(key)) others.push(formatUnit({ key, list: '', outputs: [] }));
  return formatLines(others);
}

/**
 * For a request whose metadata say something else of an output than those of the one that entered it, that is
 * not as it would be.
 */
function withoutEntered(units: Buffer, entered: readonly string[]): Buffer {
  if (entered.length === 0) return units;
  const paths = new Set(entered);
  return formatLines(
    listLines(units).map((line) => {
      const unit = parseUnit(line);
      return unit.outputs.some(([path]) => paths.has(path)) ? formatUnit({ ...unit, list: '' }) : line;
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
