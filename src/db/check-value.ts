import { findNearest } from '../base/nearest.ts';
import { decodeValue } from './encoded.ts';
import { checkByKind } from './kinds.ts';
import type { DbRecord } from './record.ts';
import type { PropSchema, RecordSchema } from './schema.ts';

/**
 * What is wrong with a prop's value and what is allowed instead, in words that follow the
 * value (`is not a port from 1 to 65535`); undefined where nothing is wrong.
 */
export function checkValue(schema: PropSchema, value: string): string | undefined {
  if (schema.kind !== 'choice') return checkByKind(schema.kind, value);
  const values = schema.values ?? [];
  if (values.includes(value)) return undefined;
  const nearest = findNearest(value, values);
  return `is none of ${values.join(', ')}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

/** The schema of one prop: by its name, or by a pattern with a final `*` (`Env.*`). */
export function findPropSchema(kind: RecordSchema, prop: string): PropSchema | undefined {
  if (Object.hasOwn(kind, prop)) return kind[prop];
  const pattern = ofKind(kind).patterns.find(
    (name) => prop.length >= name.length && prop.startsWith(name.slice(0, -1)),
  );
  return pattern === undefined ? undefined : kind[pattern];
}

/** What is found out of a kind once, since ten thousand records are of it. */
interface OfKind {
  readonly patterns: readonly string[];
  /** unknown prop -> the known one that may be meant */
  readonly nearest: Map<string, string | undefined>;
}

const found = new WeakMap<RecordSchema, OfKind>();

function ofKind(kind: RecordSchema): OfKind {
  let known = found.get(kind);
  if (known === undefined)
    found.set(kind, (known = { patterns: Object.keys(kind).filter((name) => name.endsWith('*')), nearest: new Map() }));
  return known;
}

function nearestProp(kind: RecordSchema, prop: string): string | undefined {
  const { nearest } = ofKind(kind);
  if (!nearest.has(prop)) nearest.set(prop, findNearest(prop, Object.keys(kind)));
  return nearest.get(prop);
}

/** Dbs in whose records other programs of the host set props as well, as on an SME Server. */
const SHARED: readonly string[] = ['accounts', 'configuration', 'domains', 'hosts', 'networks'];

/** Whether a prop that no schema knows may well be another program's, and no mistake. */
export function isShared(db: string): boolean {
  return SHARED.includes(db);
}

export interface RecordFindings {
  /** values that their props do not allow: `MaxMemory "2x" is not …` */
  readonly mistakes: readonly { readonly prop: string; readonly why: string }[];
  /** props that the schema does not know; fragments of admins may have props of their own, so these are warnings */
  readonly unknown: readonly { readonly prop: string; readonly nearest: string | undefined }[];
}

/**
 * Checks all that a record says, its type too where the schema has one under `type`. Secret values are
 * not repeated.
 */
export function checkRecord(kind: RecordSchema, record: DbRecord): RecordFindings {
  const mistakes: { prop: string; why: string }[] = [];
  const unknown: { prop: string; nearest: string | undefined }[] = [];
  const isSingle = Object.keys(kind).every((name) => name === 'type');
  const typed = Object.hasOwn(kind, 'type') ? [['type', record.type] as const] : [];
  for (const [prop, value] of [...typed, ...record.props]) {
    const schema = findPropSchema(kind, prop);
    if (schema === undefined) {
      unknown.push({ prop, nearest: nearestProp(kind, prop) });
      continue;
    }
    // an empty value is one that is not set
    const why = value === '' ? undefined : checkValue(schema, decodeValue(value));
    // a single value is the type of a record that has no props
    const what = isSingle ? '' : `${prop} `;
    if (why !== undefined)
      mistakes.push({ prop, why: `${what}${schema.secret === true ? '(a secret)' : `"${value}"`} ${why}` });
  }
  return { mistakes, unknown };
}
