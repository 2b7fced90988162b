import { FlatDb } from '../db/flat-db.ts';
import { FACTS, type Read } from '../db/record.ts';
import { comparableDbs } from './comparable.ts';
import { type Known, type KnownTemplate, type KnownUnit, writeKnown } from './file.ts';
import { digestOfFact, type Done, nameOfFact, nameOfRequest, type Recall, type RecallContext } from './recall.ts';
import { signatureOf } from '../signature.ts';
import { stateOfSources } from './sources-state.ts';

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
  for (const { request, db, isPart, wanted, rendered, sources } of done) {
    const name = nameOfRequest(request);
    const known = recall.findTemplate(request);
    const isWhole = wanted.stale === undefined;
    const allSources = isWhole || known === undefined ? sources : [...new Map([...known.sources, ...sources].map((source) => [`${source.kind} ${source.template}`, source])).values()];
    const state = stateOfSources(found, allSources, { isKept: true });
    if (name === undefined || state === undefined) continue;
    const units = new Map<string, KnownUnit>(isWhole || known === undefined ? [] : unitsOfOthers(known, recall, (key) => isPart && wanted.stale?.has(key) === false));
    // of those that nobody asked for nothing is known
    if (isWhole && isPart && db !== undefined) for (const key of snapshot.dbs.get(db)?.keys() ?? []) units.set(key, { reads: undefined, outputs: [] });
    for (const key of wanted.stale ?? []) units.delete(key);
    for (const { record, outputs, reads } of rendered.units) {
      units.set(record?.key ?? '', { reads: table.numberOf(reads), outputs: outputs.map(({ path }) => [path, signatureOf(paths.file(path), now) ?? '']) });
    }
    templates.push({ request: name, db, sources: allSources, state, units });
  }
  const { reads, lists } = table;
  const factsRead = reads.filter(({ db }) => db === FACTS).map((read) => [nameOfFact(read), digestOfFact(facts, read)] as const);
  writeKnown(paths, { maker, ledger, checked, facts: new Map(factsRead), reads, lists, templates, dbs });
}

/** The units of what was not rendered now: what moved since has to be rendered when it is asked for. */
function unitsOfOthers({ db, units }: KnownTemplate, recall: Recall, isForgotten: (key: string) => boolean): ReadonlyMap<string, KnownUnit> {
  const moved = db === undefined ? undefined : recall.moved?.records(db);
  const others = new Map<string, KnownUnit>();
  for (const [key, unit] of units) {
    const isStale = isForgotten(key) && (moved?.has(key) === true || recall.isStale(unit));
    others.set(key, isStale ? { ...unit, reads: undefined } : unit);
  }
  for (const key of moved?.keys() ?? []) if (!others.has(key) && isForgotten(key)) others.set(key, { reads: undefined, outputs: [] });
  return others;
}

/** Reads and lists of them by number, with those that were there. */
class ReadTable {
  readonly reads: Read[];
  readonly lists: string[];
  readonly #reads: Map<string, number>;
  readonly #lists: Map<string, number>;

  constructor(known: Known | undefined) {
    this.reads = [...known?.reads ?? []];
    this.lists = [...known?.lists ?? []];
    this.#reads = new Map(this.reads.map((read, n) => [nameOf(read), n]));
    this.#lists = new Map(this.lists.map((list, n) => [list, n]));
  }

  numberOf(reads: readonly Read[]): number {
    const list = reads.map((read) => numberIn(this.#reads, this.reads, nameOf(read), read)).join(' ');
    return numberIn(this.#lists, this.lists, list, list);
  }
}

function numberIn<T>(numbers: Map<string, number>, all: T[], name: string, item: T): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, all.length);
  return all.push(item) - 1;
}

function nameOf({ db, key, prop, filter, index }: Read): string {
  return [db, key, prop, filter, index].map((part) => part ?? '\0').join('\n');
}
