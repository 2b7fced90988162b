import { statSync } from 'node:fs';
import path from 'node:path';
import { MASK, maskerOf, maskWord } from '../../base/mask.ts';
import type { Paths } from '../../base/paths.ts';
import { MAY_BE_SECRET } from '../../base/secret-names.ts';
import { findPropSchema } from '../check-value.ts';
import { listDbs, readDbFile } from '../db-file.ts';
import { FlatDb } from '../flat-db.ts';
import { type Lines, toRecord } from '../flat-file.ts';
import { readSchema } from '../read-schema.ts';
import type { Schema } from '../schema.ts';
import { hasSecrets, isMaskedProp, listPropSecrets, listSecretValues, SECRETS } from '../secret-values.ts';

export interface ChangedDb {
  readonly name: string;
  readonly file: string;
  readonly before: Lines;
  readonly after: Lines;
}

/** What is shown of a prop's value, of a key and a type (which have no name); or everything is secret, or nothing. */
export type SecretProps = ((prop: string, value: string) => string) | 'all' | 'none';

/** What is masked of the db's values; all of them where its schema cannot tell. */
export function readSecretProps(paths: Paths, db: string, { before, after }: ChangedDb): SecretProps {
  if (db === SECRETS) return 'all';
  try {
    const schema = readSchema(paths, db);
    const lines = [...after]
      .filter(([key, line]) => before.get(key) !== line)
      .concat([...before].filter(([key, line]) => after.get(key) !== line));
    const known = [...listKnown(paths), ...listLineSecrets(schema, db, lines)];
    if (known.length === 0 && !hasSecrets(schema, db) && !lines.some(([, line]) => MAY_BE_SECRET.test(line ?? '')))
      return 'none';
    const mask = maskerOf(known);
    const isList = (prop: string): boolean =>
      Object.values(schema[db] ?? {}).some((kind) => findPropSchema(kind, prop)?.kind === 'assignments');
    return (prop, value) => {
      if (isMaskedProp(schema, db, prop, value)) return MASK;
      const masked = isList(prop)
        ? value
            .split(',')
            .map((item) => maskWord(mask, item))
            .join(',')
        : mask(value);
      return listPropSecrets(schema, db, prop, value).reduce((text, secret) => text.replaceAll(secret, MASK), masked);
    };
  } catch {
    return 'all';
  }
}

/**
 * Of larger dbs those are looked at whose schema has secrets: a db is written by the hundred, and may have a
 * hundred megabytes beside it.
 */
const LOOKED_THROUGH_BYTES = 1024 ** 2;

/** The secrets of all dbs, as any of them may repeat a value of another. */
function listKnown(paths: Paths): readonly string[] {
  return listDbs(paths)
    .flatMap((name) => {
      const schema = schemaOf(paths, name);
      if (!hasSecrets(schema, name) && sizeOf(path.join(paths.dbDir, name)) > LOOKED_THROUGH_BYTES) return [];
      const content = readDbFile(path.join(paths.dbDir, name), name);
      return content === undefined ? [] : listSecretValues({ dbs: new Map([[name, FlatDb.parse(content)]]), schema });
    })
    .flatMap((value) => [value, value.replaceAll('|', '\\|')]);
}

/** That of another db may have mistakes: the names of its props still tell. */
function schemaOf(paths: Paths, db: string): Schema {
  try {
    return readSchema(paths, db);
  } catch {
    return {};
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Those of the lines themselves: what was a secret a moment ago is in no db any more. */
function listLineSecrets(
  schema: Schema,
  db: string,
  lines: readonly (readonly [string, string | undefined])[],
): readonly string[] {
  const isDeclared = hasSecrets(schema, db);
  return lines.flatMap(([key, line]) =>
    line === undefined || !(isDeclared || MAY_BE_SECRET.test(line))
      ? []
      : [...toRecord(key, line).props].flatMap(([prop, value]) => listPropSecrets(schema, db, prop, value)),
  );
}
