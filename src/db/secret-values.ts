import { isSecretVariable, listAssignments, listVariableSecrets, MAY_BE_SECRET } from '../base/secret-names.ts';
import { findPropSchema } from './check-value.ts';
import { FlatDb } from './flat-db.ts';
import { decodeValue } from './encoded.ts';
import type { Read } from './record.ts';
import type { PropSchema, Schema } from './schema.ts';
import type { Snapshot } from './snapshot.ts';

/** The db all of whose values are secret, whatever a schema says. */
export const SECRETS = 'secrets';

/** Whether the schema of any kind of the db's records marks the prop as secret. */
export function isSecretProp(schema: Schema, db: string, prop: string): boolean {
  return db === SECRETS || Object.values(schema[db] ?? {}).some((kind) => findPropSchema(kind, prop)?.secret === true);
}

/** Whether any prop of the db can be secret: of most dbs none is. */
export function hasSecrets(schema: Schema, db: string): boolean {
  return (
    db === SECRETS ||
    Object.values(schema[db] ?? {}).some((kind) => Object.values(kind).some(({ secret }) => secret === true))
  );
}

/** Whether what was read is secret. The type of a record of `secrets` is one where it is more than that word. */
export function isSecretRead({ dbs, schema }: Pick<Snapshot, 'dbs' | 'schema'>, { db, key, prop }: Read): boolean {
  if (prop !== undefined) return isSecretProp(schema, db, prop);
  const type = key === undefined ? undefined : dbs.get(db)?.get(key)?.type;
  return db === SECRETS && type !== undefined && type !== 'secret';
}

/**
 * A prop by the schema of the db's records; `named`: the schema names that very prop, and so says itself
 * whether it is secret.
 */
interface PropKind {
  readonly schema: PropSchema | undefined;
  readonly isNamed: boolean;
}

const kindsOfProps = new WeakMap<Schema, Map<string, PropKind>>();

function kindOfProp(schema: Schema, db: string, prop: string): PropKind {
  let known = kindsOfProps.get(schema);
  if (known === undefined) kindsOfProps.set(schema, (known = new Map<string, PropKind>()));
  let kind = known.get(`${db}\n${prop}`);
  if (kind === undefined) {
    const kinds = Object.values(schema[db] ?? {});
    const found = kinds.map((one) => findPropSchema(one, prop)).find((one) => one !== undefined);
    known.set(`${db}\n${prop}`, (kind = { schema: found, isNamed: kinds.some((one) => Object.hasOwn(one, prop)) }));
  }
  return kind;
}

/**
 * Whether a prop of that value is masked as a whole: a secret by the schema, or a variable or an unknown prop
 * whose name says so.
 */
export function isMaskedProp(schema: Schema, db: string, prop: string, value: string | undefined): boolean {
  if (isSecretProp(schema, db, prop)) return true;
  return (
    value !== undefined &&
    !kindOfProp(schema, db, prop).isNamed &&
    isSecretVariable(prop.replace(/^Env\./, ''), decodeValue(value))
  );
}

/** What of a prop's value is to be masked wherever it stands: all of it, or of `NAME=VALUE,…` some values. */
export function listPropSecrets(schema: Schema, db: string, prop: string, written: string): readonly string[] {
  const value = decodeValue(written);
  const found = listPlainSecrets(schema, db, prop, value);
  // the db shows it as it is written
  return found.length === 0 || value === written ? found : [...found, written];
}

function listPlainSecrets(schema: Schema, db: string, prop: string, value: string): readonly string[] {
  if (isSecretProp(schema, db, prop)) return [value];
  const kind = kindOfProp(schema, db, prop);
  if (kind.schema?.kind === 'assignments')
    return listAssignments(value).flatMap(([name, held]) => listVariableSecrets(name, held));
  return kind.isNamed ? [] : listVariableSecrets(prop.replace(/^Env\./, ''), value);
}

/** Whether what was read is, or holds, something that is masked. */
export function isMaskedRead(snapshot: Pick<Snapshot, 'dbs' | 'schema'>, read: Read): boolean {
  const { db, key, prop } = read;
  if (isSecretRead(snapshot, read)) return true;
  const value = key === undefined || prop === undefined ? undefined : snapshot.dbs.get(db)?.get(key)?.props.get(prop);
  return (
    value !== undefined &&
    prop !== undefined &&
    (isMaskedProp(snapshot.schema, db, prop, value) || listPropSecrets(snapshot.schema, db, prop, value).length > 0)
  );
}

/** In a line behind its key, which often enough is called `key…`. */
const MAY_HOLD_SECRET = new RegExp(`=.*?(?:${MAY_BE_SECRET.source})`, MAY_BE_SECRET.flags);

/** All values of all dbs that are to be masked wherever values are shown. */
export function listSecretValues({ dbs, schema }: Pick<Snapshot, 'dbs' | 'schema'>): readonly string[] {
  const values: string[] = [];
  for (const [db, records] of dbs) {
    const isDeclared = hasSecrets(schema, db);
    // of most dbs no record has to be looked at
    if (
      !isDeclared &&
      records instanceof FlatDb &&
      records.content !== undefined &&
      !MAY_HOLD_SECRET.test(records.content.toString('latin1'))
    )
      continue;
    for (const key of records.keys()) {
      if (!isDeclared && records instanceof FlatDb && !MAY_BE_SECRET.test(records.lines.get(key) ?? '')) continue;
      const record = records.get(key);
      if (record === undefined) continue;
      if (isSecretRead({ dbs, schema }, { db, key })) values.push(record.type);
      for (const [prop, value] of record.props) values.push(...listPropSecrets(schema, db, prop, value));
    }
  }
  return values;
}
