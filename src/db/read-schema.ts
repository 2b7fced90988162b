import { lstatSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf, throwAll } from '../base/errors.ts';
import { layersOf, listMerged, listSubfolders } from '../base/layers.ts';
import { findNearest } from '../base/nearest.ts';
import type { Paths } from '../base/paths.ts';
import { findStats, sign } from '../files/signature.ts';
import { checkValue } from './check-value.ts';
import { isKind, KINDS } from './kinds.ts';
import type { PropSchema, Schema } from './schema.ts';
import { readText } from '../files/read-file.ts';

type Props = Record<string, PropSchema>;
type Kinds = Record<string, Props>;

/**
 * The schema of all dbs: `db/DB/schema.json` of the package, over it the files of
 * `/etc/docksmith/db/DB/schema.d/` (of other packages) in byte order, over them
 * `/etc/docksmith/db/DB/schema.json` (the admin's). A later file adds to an earlier one and
 * may replace single members of a prop (`{"default": "…"}`).
 * @param only one db, whose files alone are read
 * @throws {Failures} all mistakes of all files
 */
export function readSchema(paths: Paths, only?: string): Schema {
  const files = listSchemaFiles(paths, only);
  const described = describeFiles(files.map(({ file }) => file));
  const known = described === undefined ? undefined : alreadyRead.get(described);
  if (known !== undefined) return known;
  const schema = emptyObject<Kinds>();
  const mistakes: Failure[] = [];
  for (const { db, file } of files) {
    try {
      mergeFile((schema[db] ??= emptyObject<Props>()), file);
    } catch (error) {
      mistakes.push(
        error instanceof Failure
          ? error
          : new Failure('cannot read the schema', { why: reasonOf(error), at: { file }, cause: error }),
      );
    }
  }
  throwAll(mistakes);
  // those of dbs one by one, beside the one of all: of older versions nobody asks again
  if (alreadyRead.size > MOST_KEPT) alreadyRead.clear();
  if (described !== undefined) alreadyRead.set(described, schema);
  return schema;
}

const MOST_KEPT = 20;

const alreadyRead = new Map<string, Schema>();

/** What tells these files from other versions of them; undefined where that is not sure. */
function describeFiles(files: readonly string[]): string | undefined {
  const now = Date.now();
  const signatures = files.map((file) => {
    const stats = findStats(file);
    return stats === undefined ? '' : sign(stats, now);
  });
  return signatures.includes('') ? undefined : files.map((file, n) => `${file} ${signatures[n] ?? ''}`).join('\n');
}

interface SchemaFile {
  readonly db: string;
  readonly file: string;
}

/** The files of the schema in the order in which they are merged, each to be opened. */
export function listSchemaFiles(paths: Paths, only?: string): readonly SchemaFile[] {
  const [admins = '', packages = ''] = layersOf(paths, 'db');
  const schemaOf = (layer: string, db: string): string | undefined => {
    const file = path.join(layer, db, 'schema.json');
    return lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === false ? file : undefined;
  };
  const list = (layer: string, filesOf: (db: string) => readonly (string | undefined)[]): readonly SchemaFile[] =>
    (only === undefined ? listSubfolders(layer) : [only]).flatMap((db) =>
      filesOf(db).flatMap((file) => (file === undefined ? [] : [{ db, file }])),
    );
  return [
    ...list(packages, (db) => [schemaOf(packages, db)]),
    ...list(admins, (db) =>
      [...listMerged([path.join(admins, db, 'schema.d')])]
        .filter(([name]) => name.endsWith('.json'))
        .map(([, file]) => file),
    ),
    ...list(admins, (db) => [schemaOf(admins, db)]),
  ];
}

/** Without a prototype: a record may be called `constructor`. */
function emptyObject<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function mergeFile(kinds: Kinds, file: string): void {
  const fail = (where: string, why: string): Failure =>
    new Failure(`cannot use ${where} of the schema`, { why, at: { file } });
  for (const [kind, props] of members(JSON.parse(readText(file)), () => fail('the text', 'it is no JSON object'))) {
    const merged = (kinds[kind] ??= emptyObject<PropSchema>());
    for (const [prop, written] of members(props, () => fail(`"${kind}"`, 'it is no JSON object'))) {
      const where = `"${kind}.${prop}"`;
      const given = Object.fromEntries(members(written, () => fail(where, 'it is no JSON object')));
      merged[prop] = parsePropSchema({ ...merged[prop], ...given }, (why) => fail(where, why));
    }
  }
}

function members(value: unknown, failure: () => Failure): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw failure();
  return Object.entries(value);
}

const MEMBERS = ['doc', 'kind', 'default', 'values', 'secret', 'local', 'reader'];

function parsePropSchema(given: Record<string, unknown>, fail: (why: string) => Failure): PropSchema {
  const { doc, kind, default: fallback, values, secret, local, reader } = given;
  const unknown = Object.keys(given).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined) throw fail(`"${unknown}" is none of ${MEMBERS.join(', ')}`);
  if (typeof doc !== 'string') throw fail('"doc" is missing: a line for the admin');
  if (typeof kind !== 'string') throw fail('"kind" is missing');
  if (!isKind(kind)) throw fail(`there is no kind "${kind}"; did you mean "${findNearest(kind, KINDS) ?? 'text'}"?`);
  if (fallback !== undefined && typeof fallback !== 'string') throw fail('"default" is no string');
  if (secret !== undefined && typeof secret !== 'boolean') throw fail('"secret" is neither true nor false');
  if (local !== undefined && typeof local !== 'boolean') throw fail('"local" is neither true nor false');
  if (reader !== undefined && (typeof reader !== 'string' || reader.trim() === ''))
    throw fail('"reader" is no string: docksmith COMMAND, action NAME, or another program');
  if (values !== undefined && !isStrings(values)) throw fail('"values" is no list of strings');
  if ((kind === 'choice') !== (values !== undefined)) throw fail('"values" and the kind "choice" go together');
  const wrong =
    fallback === undefined || fallback === ''
      ? undefined
      : checkValue({ doc, kind, ...(values && { values }) }, fallback);
  if (wrong !== undefined) throw fail(`its default "${fallback ?? ''}" ${wrong}`);
  return {
    doc,
    kind,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(values === undefined ? {} : { values }),
    ...(secret === undefined ? {} : { secret }),
    ...(local === undefined ? {} : { local }),
    ...(reader === undefined ? {} : { reader }),
  };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
