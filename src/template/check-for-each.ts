import { type Failure, throwAll } from '../base/errors.ts';
import { findNearest } from '../base/nearest.ts';
import { checkValue, findPropSchema } from '../db/check-value.ts';
import type { Db } from '../db/record.ts';
import type { RecordSchema } from '../db/schema.ts';
import { plainOf, type Snapshot } from '../db/snapshot.ts';
import { failureAt, type Metadata } from './metadata.ts';

/** A FOREACH that matches no record, whatever the dbs hold. */
export interface Doubt {
  readonly failure: Failure;
  /** a known name or an allowed value is meant; else it may be one that is to come */
  readonly isSure: boolean;
}

/** Looks up what FOREACH names in schemas and dbs: a wrong name would remove all outputs without a word. */
export function checkForEach(metadata: Metadata, given: Snapshot): readonly Doubt[] {
  const { forEach } = metadata;
  if (forEach === undefined) return [];
  const { dbs, schema } = plainOf(given);
  const { db, filter } = forEach;
  const doubt = (why: string, known: Iterable<string>, word: string): Doubt => {
    const nearest = findNearest(word, known);
    const hint = nearest === undefined ? undefined : `did you mean "${nearest}"?`;
    return {
      failure: failureAt(metadata, 'FOREACH', 'cannot use metadata FOREACH', why, hint),
      isSure: hint !== undefined,
    };
  };
  const records: Db | undefined = dbs.get(db);
  const kinds = Object.hasOwn(schema, db) ? (schema[db] ?? {}) : {};
  if (records === undefined && Object.keys(kinds).length === 0)
    return [
      doubt(`there is no db "${db}", and no schema of one`, new Set([...dbs.keys(), ...Object.keys(schema)]), db),
    ];
  // kinds are keys in configuration
  const types = db === 'configuration' ? [] : Object.keys(kinds);
  const type = filter.get('type');
  const found: Doubt[] = [];
  const has = (
    test: (record: { readonly type: string; readonly props: ReadonlyMap<string, string> }) => boolean,
  ): boolean => [...(records?.values() ?? [])].some(test);
  if (type !== undefined && types.length > 0 && !types.includes(type) && !has((record) => record.type === type))
    found.push(doubt(`${db} has no type "${type}", but ${types.join(', ')}`, types, type));
  const of = type !== undefined && types.includes(type) ? [kinds[type] ?? {}] : Object.values(kinds);
  for (const [prop, wanted] of filter) {
    if (prop === 'type' || prop === 'key' || of.length === 0) continue;
    const schemas = of.flatMap((kind) => findPropSchema(kind, prop) ?? []);
    if (schemas.length === 0) {
      if (!has(({ props }) => props.has(prop)))
        found.push(doubt(`records of ${db} have no prop "${prop}"`, listPropNames(of), prop));
      continue;
    }
    const wrong = schemas.map((one) => (wanted === '' ? undefined : checkValue(one, wanted)));
    const [first] = wrong;
    if (first !== undefined && !wrong.includes(undefined))
      found.push({
        failure: failureAt(metadata, 'FOREACH', 'cannot use metadata FOREACH', `${prop}=${wanted} ${first}`),
        isSure: true,
      });
  }
  return found;
}

/** @returns what is not sure, as warnings @throws Failure(s) for what is */
export function refuseSure(doubts: readonly Doubt[]): readonly string[] {
  throwAll(doubts.filter(({ isSure }) => isSure).map(({ failure }) => failure));
  return doubts.map(({ failure }) => failure.message);
}

function listPropNames(kinds: readonly RecordSchema[]): readonly string[] {
  return ['type', 'key', ...new Set(kinds.flatMap((kind) => Object.keys(kind)))];
}
