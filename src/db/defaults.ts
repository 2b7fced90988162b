import path from 'node:path';
import { Failure, reasonOf, throwAll } from '../base/errors.ts';
import { layersOf, listMerged, listMergedTree } from '../base/layers.ts';
import type { Paths } from '../base/paths.ts';
import { fromByteString, toByteString } from './byte-text.ts';
import { findDbFile, readDbFile } from './db-file.ts';
import { Draft } from './draft.ts';
import { FlatDb } from './flat-db.ts';
import { escapeSeparators, type Lines, parseFlatFile, sortedKeys } from './flat-file.ts';
import { runMigration } from './migrate.ts';
import type { Db } from './record.ts';
import { changeDb, readLines } from './store.ts';
import { readText } from '../files/read-file.ts';

/** A shipped value: of the record's type where `prop` is `type`. Key, prop and value are byte strings. */
interface ShippedValue {
  readonly key: string;
  readonly prop: string;
  readonly value: string;
  readonly file: string;
}

/** One value that a db has now; `from` is undefined where it had none. The prop `type` is the record's type. */
export interface AppliedValue {
  readonly db: string;
  readonly key: string;
  readonly prop: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * Brings all dbs to what the package and /etc/docksmith/db ship, in the order of the original:
 * first the executables of `migrate/` in byte order, then `defaults/KEY/PROP`, which never override,
 * then `force/KEY/PROP`, which always do. A file's content is the value, without its final newline;
 * `type` is the record's type, and without it values go only to a record that is there.
 * @param report told of each executable before it runs
 * @returns every value that is another than before, by whatever of these three
 * @throws {Failures} executables that failed and values that a db cannot hold; the others are in place then
 */
export function applyDefaults(paths: Paths, report: (line: string) => void = () => undefined): readonly AppliedValue[] {
  const failures: Failure[] = [];
  const applied: AppliedValue[] = [];
  const attempt = (what: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      failures.push(error instanceof Failure ? error : new Failure(what, { why: reasonOf(error), cause: error }));
    }
  };
  for (const db of listShippedDbs(paths)) {
    attempt(`cannot bring db "${db}" up to date`, () => {
      const before = readRecords(paths, db);
      for (const [name, file] of listMigrations(paths, db)) {
        report(`migrate ${db}: ${name}`);
        attempt(`cannot run "${file}"`, () => runMigration(paths, db, file));
      }
      const defaults = listShippedValues(paths, db, 'defaults');
      const forced = listShippedValues(paths, db, 'force');
      if (defaults.length + forced.length > 0)
        changeDb(paths, db, (draft) => setShippedValues(draft, defaults, forced));
      applied.push(...compareDbs(db, before, readRecords(paths, db)));
    });
  }
  throwAll(failures);
  return applied;
}

/** What `applyDefaults` would make of the dbs, but for what migrations do to them: these are named, and not run. */
export interface PlannedDefaults {
  readonly drafts: ReadonlyMap<string, Draft>;
  readonly applied: readonly AppliedValue[];
  /** `DB: NAME` */
  readonly migrations: readonly string[];
}

/** @throws {Failures} values that a db cannot hold */
export function planDefaults(paths: Paths): PlannedDefaults {
  const drafts = new Map<string, Draft>();
  const [applied, migrations]: [AppliedValue[], string[]] = [[], []];
  for (const db of listShippedDbs(paths)) {
    migrations.push(...listMigrations(paths, db).map(([name]) => `${db}: ${name}`));
    const before = readRecords(paths, db);
    const draft = new Draft(readLines(paths, db));
    setShippedValues(draft, listShippedValues(paths, db, 'defaults'), listShippedValues(paths, db, 'force'));
    drafts.set(db, draft);
    applied.push(...compareDbs(db, before, new FlatDb(() => draft.lines)));
  }
  return { drafts, applied, migrations };
}

function listMigrations(paths: Paths, db: string): readonly (readonly [name: string, file: string])[] {
  return [...listMerged(layersOf(paths, path.join('db', db, 'migrate')))].filter(([name]) => !name.startsWith('.'));
}

/** Names of the dbs that any layer ships something for. */
function listShippedDbs(paths: Paths): readonly string[] {
  const files = [...listMergedTree(layersOf(paths, 'db')).keys()];
  return [...new Set(files.filter((file) => file.includes(path.sep)).map((file) => file.split(path.sep)[0] ?? ''))];
}

function listShippedValues(paths: Paths, db: string, folder: 'defaults' | 'force'): readonly ShippedValue[] {
  const values: ShippedValue[] = [];
  for (const [name, file] of listMergedTree(layersOf(paths, path.join('db', db, folder)))) {
    const [key = '', prop = '', more] = name.split(path.sep);
    if (prop === '' || prop.startsWith('.')) continue;
    if (more !== undefined)
      throw new Failure(`cannot use "${file}"`, { why: `${folder} are files ${folder}/KEY/PROP` });
    const value = readText(file, 'latin1').replace(/\n$/, '');
    // as an empty fragment, it removes the one that it overrides
    if (value === '' && folder === 'defaults') continue;
    values.push({ key: toByteString(key), prop: toByteString(prop), value, file });
  }
  return values;
}

function setShippedValues(draft: Draft, defaults: readonly ShippedValue[], forced: readonly ShippedValue[]): void {
  for (const shipped of typesFirst(defaults)) {
    const fields = draft.findFields(shipped.key);
    const isSet = isType(shipped) ? fields !== undefined : fields?.props.get(shipped.prop) !== undefined;
    if (!isSet) setShippedValue(draft, shipped);
  }
  for (const shipped of typesFirst(forced)) setShippedValue(draft, shipped);
}

/** Without its record no prop can be set. */
function typesFirst(values: readonly ShippedValue[]): readonly ShippedValue[] {
  return [...values.filter(isType), ...values.filter((shipped) => !isType(shipped))];
}

function isType({ prop }: ShippedValue): boolean {
  return prop === 'type';
}

function setShippedValue(draft: Draft, shipped: ShippedValue): void {
  const { key, prop, value, file } = shipped;
  const fields = draft.findFields(key);
  try {
    if (isType(shipped)) {
      if (fields === undefined) draft.setType(key, value);
      else if (fields.type !== value) draft.changeType(key, value);
    } else if (fields !== undefined && fields.props.get(prop) !== escapeSeparators(value)) {
      draft.setProp(key, prop, value);
    }
  } catch (error) {
    throw new Failure(`cannot use the shipped value of "${fromByteString(key)}.${fromByteString(prop)}"`, {
      why: reasonOf(error),
      at: { file },
      cause: error,
    });
  }
}

function readRecords(paths: Paths, db: string): Db {
  const lines: Lines = parseFlatFile(readDbFile(findDbFile(paths, db), db) ?? Buffer.alloc(0));
  return new FlatDb(() => lines);
}

function compareDbs(db: string, before: Db, after: Db): AppliedValue[] {
  const applied: AppliedValue[] = [];
  for (const key of sortedKeys(new Map([...before, ...after]))) {
    const [old, now] = [valuesOf(before, key), valuesOf(after, key)];
    for (const prop of sortedKeys(new Map([...old, ...now]))) {
      const [from, to] = [old.get(prop), now.get(prop)];
      if (from !== to) applied.push({ db, key, prop, from, to });
    }
  }
  return applied;
}

function valuesOf(db: Db, key: string): ReadonlyMap<string, string> {
  const record = db.get(key);
  return record === undefined ? new Map() : new Map([['type', record.type], ...record.props]);
}
