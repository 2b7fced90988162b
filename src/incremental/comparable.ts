import { createHash } from 'node:crypto';
import { toByteString } from '../db/byte-text.ts';
import { FlatDb } from '../db/flat-db.ts';
import { escapeNewlines, escapeSeparators } from '../db/flat-file.ts';
import type { Db, DbRecord } from '../db/record.ts';
import type { Schema } from '../db/schema.ts';
import { hasSecrets, isMaskedProp, listPropSecrets, SECRETS } from '../db/secret-values.ts';
import type { Snapshot } from '../db/snapshot.ts';
import { MAY_BE_SECRET } from '../base/secret-names.ts';

/**
 * Dbs of these names as they are remembered: the bytes of their files, with a digest in place of every secret,
 * so that one that changed is noticed and none is kept. Those that are not as a file has them stay
 * what they are.
 */
export function comparableDbs({ dbs, schema }: Snapshot, names: ReadonlySet<string>): ReadonlyMap<string, Db> {
  return new Map(
    [...dbs]
      .filter(([name]) => names.has(name))
      .map(([name, db]) => [
        name,
        db instanceof FlatDb && mayHoldSecrets(schema, name, db) ? withoutSecrets(schema, name, db) : db,
      ]),
  );
}

/** By the words in it: most dbs have none, and need not be parsed for that. */
function mayHoldSecrets(schema: Schema, db: string, { content }: FlatDb): boolean {
  if (db === SECRETS || content === undefined) return true;
  const names = Object.values(schema[db] ?? {}).flatMap((kind) =>
    Object.entries(kind).flatMap(([prop, { secret }]) => (secret === true ? [prop.replace(/\*.*/, '')] : [])),
  );
  return MAY_BE_SECRET.test(content.toString('latin1')) || names.some((name) => content.includes(`|${name}`));
}

function withoutSecrets(schema: Schema, name: string, db: FlatDb): FlatDb {
  const isDeclared = hasSecrets(schema, name);
  const lines = [...db.lines].map(
    ([key, line]) =>
      `${toByteString(key)}=${isDeclared || MAY_BE_SECRET.test(line) ? formatLine(schema, name, db.get(key)) : line}\n`,
  );
  return FlatDb.parse(Buffer.from(lines.join(''), 'latin1'));
}

function formatLine(schema: Schema, db: string, record: DbRecord | undefined): string {
  const hide = (prop: string, value: string): string =>
    listPropSecrets(schema, db, prop, value).length > 0 || isMaskedProp(schema, db, prop, value)
      ? digestOf(value)
      : value;
  const fields =
    record === undefined
      ? []
      : [
          db === SECRETS ? digestOf(record.type) : record.type,
          ...[...record.props].flatMap(([prop, value]) => [prop, hide(prop, value)]),
        ];
  return fields.map((field) => escapeSeparators(escapeNewlines(toByteString(field)))).join('|');
}

function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
