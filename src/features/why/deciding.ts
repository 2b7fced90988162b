import { findPropSchema } from '../../db/check-value.ts';
import { listOtherValues } from '../../db/other-values.ts';
import { type RecordOverlay, withRecords } from '../../db/overlay.ts';
import { FACTS, type Read } from '../../db/record.ts';
import { findProp, findRecordSchema, getDb, observeSnapshot, type Snapshot } from '../../db/snapshot.ts';
import { LINKED_WITH } from '../../model/links/links.ts';
import { alignLines } from '../../output/plan/diff.ts';
import type { Rendered } from '../../template/rendered.ts';
import type { Origin } from '../../template/language/origin.ts';
import { makeTest, parseFilterOfRead } from '../../template/language/matches.ts';
import { formatRead } from '../../template/language/tracked-text.ts';

/** A prop, or without one the type of a record. */
export type Named = Required<Pick<Read, 'db' | 'key'>> & Pick<Read, 'prop'>;

export interface Trial {
  readonly snapshot: Snapshot;
  /** the same output over other records, undefined where there is none then; `refused` where they cannot be rendered */
  readonly render: (overlay: RecordOverlay) => Rendered | 'refused' | undefined;
  /** what fragments compare values with */
  readonly words: readonly string[];
}

/**
 * For each line of an output, from 0, the props that decide it: with another value, or none, the
 * line would be another or would not be there. What was read for a line is more than that (of two
 * values either of which suffices, neither decides; a helper that makes several lines reads for
 * all of them), so everything that was read is tried.
 * @param lines the ones that are asked for
 */
export function listDeciding(
  output: Rendered,
  lines: readonly number[],
  { snapshot, render, words }: Trial,
): ReadonlyMap<number, readonly Named[]> {
  const deciding = new Map<number, Named[]>(lines.map((line) => [line, []]));
  const key = output.record?.key;
  // another record may come to name the one whose output this is
  const all = key === undefined ? words : [...words, key, `container:${key}`];
  const made = linesOf(output);
  for (const { named, readers, isListed } of listCandidates(made, lines, snapshot)) {
    const undecided = new Set(readers);
    for (const overlay of listOverlays(snapshot, named, all)) {
      if (undecided.size === 0) break;
      if (isListed !== undefined && isListed(snapshot) === isListed(withRecords(snapshot, [overlay]))) continue;
      const after = render(overlay);
      if (after === 'refused') continue;
      for (const line of listLost(output, after, made)) if (undecided.delete(line)) deciding.get(line)?.push(named);
    }
  }
  return deciding;
}

interface Candidate {
  readonly named: Named;
  /** lines that it was read for */
  readonly readers: Set<number>;
  /** for one that was only looked at to list records: whether its record is listed */
  readonly isListed?: (snapshot: Snapshot) => boolean;
}

/** What was read, each once. A listing is no single prop: what it went by is, of every record of its db. */
function listCandidates(made: readonly Line[], lines: readonly number[], snapshot: Snapshot): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  const add = (named: Named, line: number, isListed?: Candidate['isListed']): void => {
    const known = candidates.get(formatRead(named));
    const readers = (known?.readers ?? new Set<number>()).add(line);
    // what was read by itself is no mere part of a listing
    const isOnlyListed = isListed !== undefined && (known === undefined || known.isListed !== undefined);
    candidates.set(formatRead(named), { named, readers, ...(isOnlyListed ? { isListed } : {}) });
  };
  for (const line of lines) {
    for (const { db, key, prop, filter, index } of (made[line]?.origins ?? []).flatMap(({ reads }) => reads)) {
      if (db === FACTS) continue;
      if (key !== undefined && filter === undefined) add({ db, key, ...(prop === undefined ? {} : { prop }) }, line);
      else if (key === undefined && filter !== undefined)
        for (const { named, isListed } of listListed(snapshot, { db, filter, index })) add(named, line, isListed);
    }
  }
  return [...candidates.values()];
}

const INDEXES = [LINKED_WITH];

/** What tells of each record of a db whether a listing has it. */
function listListed(
  snapshot: Snapshot,
  { db, filter, index }: { readonly db: string; readonly filter: string; readonly index: string | undefined },
): readonly Omit<Candidate, 'readers'>[] {
  const found = INDEXES.find(({ name }) => name === index);
  const test = makeTest(found === undefined ? parseFilterOfRead(filter) : { equal: new Map() });
  return [...getDb(snapshot, db).keys()].flatMap((key) => {
    const isListed = (over: Snapshot): boolean => {
      const record = getDb(over, db).get(key);
      if (record === undefined) return false;
      return found === undefined ? test.holds(over, db, record) : found.listValues(over, record).includes(filter);
    };
    const looked: Read[] = [];
    const record = getDb(snapshot, db).get(key);
    if (found !== undefined && record !== undefined)
      found.listValues(
        observeSnapshot(snapshot, (read) => looked.push(read)),
        record,
      );
    const props =
      found === undefined
        ? test.names.filter((prop) => prop !== 'key' && prop !== 'type')
        : looked.flatMap(({ prop }) => prop ?? []);
    return [{ db, key }, ...props.map((prop) => ({ db, key, prop }))].map((named) => ({ named, isListed }));
  });
}

/**
 * What another value of a prop would do to outputs: for each path the lines, from 0, that would be
 * others or not there; all of them for one that would go, none for one that would come.
 * @param render the outputs over other records
 */
export function listEffects(
  outputs: readonly Rendered[],
  named: Named,
  {
    snapshot,
    render,
    words,
  }: Omit<Trial, 'render'> & { readonly render: (overlay: RecordOverlay) => readonly Rendered[] | 'refused' },
): ReadonlyMap<string, ReadonlySet<number>> {
  const effects = new Map<string, Set<number>>();
  const names = outputs.flatMap(({ record }) => (record === undefined ? [] : [record.key, `container:${record.key}`]));
  const made = new Map(outputs.map((output) => [output, linesOf(output)]));
  for (const overlay of listOverlays(snapshot, named, [...words, ...new Set(names)])) {
    const after = render(overlay);
    if (after === 'refused') continue;
    for (const output of outputs) {
      const lost = listLost(
        output,
        after.find(({ path }) => path === output.path),
        made.get(output),
      );
      if (lost.length > 0) effects.set(output.path, new Set([...(effects.get(output.path) ?? []), ...lost]));
    }
    for (const { path } of after) if (!outputs.some((output) => output.path === path)) effects.set(path, new Set());
  }
  return effects;
}

/** The record of a prop with other values of it; one that is not there, as if it came. */
function listOverlays(
  snapshot: Snapshot,
  { db, key, prop }: Named,
  words: readonly string[],
): readonly RecordOverlay[] {
  const record = getDb(snapshot, db).get(key);
  const [only = 'service'] = Object.keys(snapshot.schema[db] ?? {});
  const base = record ?? { key, type: db === 'configuration' ? 'service' : only, props: new Map<string, string>() };
  const schema = findPropSchema(findRecordSchema(snapshot, db, base) ?? {}, prop ?? 'type');
  if (prop === undefined) {
    const types = listOtherValues(schema, record?.type, words);
    return [
      ...types.map((type) => ({ db, key, record: type === undefined ? undefined : { ...base, type } })),
      { db, key, record: record === undefined ? base : { ...base, type: 'other' } },
    ];
  }
  const others = listOtherValues(schema, findProp(snapshot, db, key, prop), words);
  return others.map((value) => ({ db, key, record: { ...base, props: withProp(base.props, prop, value) } }));
}

function withProp(
  props: ReadonlyMap<string, string>,
  prop: string,
  value: string | undefined,
): ReadonlyMap<string, string> {
  const changed = new Map(props);
  if (value === undefined) changed.delete(prop);
  else changed.set(prop, value);
  return changed;
}

/**
 * Lines of an output, from 0, that the other one does not have. In a merged document they are told by their keys,
 * since their order means nothing there.
 * @param was its lines, for who has them
 */
export function listLost(before: Rendered, after: Rendered | undefined, was = linesOf(before)): readonly number[] {
  if (after?.path === before.path && after.content.equals(before.content)) return [];
  const is = after?.path === before.path ? linesOf(after) : [];
  const isMerged = was.some(({ origins }) => origins.some(({ documentKey }) => documentKey !== undefined));
  return isMerged ? listLostKeys(was, is) : listLostLines(was, is);
}

/**
 * Of lines that read the same, those stay which come from the same place as before; then others that are
 * there, wherever they have moved to and come from now.
 */
function listLostLines(was: readonly Line[], is: readonly Line[]): readonly number[] {
  const textOf = ({ text }: Line): string => text;
  const nameOf = ({ text, origins }: Line): string =>
    [text, ...origins.map(({ fragment, line }) => `${fragment}:${line}`)].join('\n');
  const places = alignLines(was.map(nameOf), is.map(nameOf));
  const taken = new Set(places);
  const free = is.filter((_, n) => !taken.has(n));
  const unplaced = places.flatMap((place, n) => (place === undefined ? [n] : []));
  return [nameOf, textOf].reduce((lost, by) => withoutFound(lost, was, free, by), unplaced);
}

/** Those of the numbered lines that are not among the free ones; a line that is found is no longer free. */
function withoutFound(
  lost: readonly number[],
  was: readonly Line[],
  free: Line[],
  by: (line: Line) => string,
): number[] {
  return lost.filter((n) => {
    const line = was[n];
    const found = line === undefined ? -1 : free.findIndex((other) => by(other) === by(line));
    if (found >= 0) free.splice(found, 1);
    return found < 0;
  });
}

/** A comma behind a value of JSON belongs to what comes after it. */
function listLostKeys(was: readonly Line[], is: readonly Line[]): readonly number[] {
  const nameOf = ({ text, origins }: Line): string =>
    `${origins.map(({ documentKey }) => documentKey).find((key) => key !== undefined) ?? ''}\n${text.replace(/,$/, '')}`;
  return withoutFound(
    was.map((_, n) => n),
    was,
    [...is],
    nameOf,
  );
}

export interface Line {
  readonly text: string;
  readonly origins: readonly Origin[];
}

/** The lines of an output, each without its newline. */
export function linesOf({ content, text }: Pick<Rendered, 'content' | 'text'>): readonly Line[] {
  const origins = text.lineOrigins();
  return textsOf(content).map((line, n) => ({ text: line, origins: origins[n] ?? [] }));
}

/** The same of any file. */
export function textsOf(content: Buffer): readonly string[] {
  const texts = content.toString().split('\n');
  if (texts.at(-1) === '') texts.pop();
  return texts;
}
