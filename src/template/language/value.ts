import { findProp, findRecord, listProps, observeSnapshot, plainOf, type Snapshot } from '../../db/snapshot.ts';
import type { Read } from '../../db/record.ts';
import type { RecordRef } from './origin.ts';
import { type ReadScope, TrackedText } from './tracked-text.ts';

/** What an expression of a fragment can be. `undefined` is a missing record or prop. */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | RecordView
  | TrackedText
  | Verbatim
  | VariableMap
  | readonly Value[];

/** Named values: the hash of `expand`, one port of `ports`, the variables of a template. */
export class VariableMap {
  readonly entries: ReadonlyMap<string, Value>;
  /** the records that they were made of, where other records of the same db have no part in it */
  readonly subjects: readonly RecordRef[];

  constructor(entries: Iterable<readonly [string, Value]>, subjects: readonly RecordRef[] = []) {
    this.entries = new Map(entries);
    this.subjects = subjects;
  }
}

/** The records that an item of a list is about; none: it may be about all that was read for the list. */
export function subjectsOf(value: Value): readonly RecordRef[] {
  if (value instanceof RecordView) return [{ db: value.db, key: value.key }];
  return value instanceof VariableMap ? value.subjects : [];
}

/** Text that is finished syntax of the output's format: it is printed as it is, not escaped. */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A snapshot whose reads are noted in the scope. */
export function observe(snapshot: Snapshot, scope: ReadScope): Snapshot {
  return observeSnapshot(snapshot, (read) => scope.note(read));
}

/** A record as fragments see it; every look at it is recorded in the scope that asks. */
export class RecordView {
  readonly snapshot: Snapshot;
  readonly db: string;
  readonly plainKey: string;
  readonly #scope: ReadScope | undefined;
  readonly #reads: Set<Read> | undefined;

  /** @param scope is told when its key is looked at; with one, it knows which reads were made through it */
  constructor(snapshot: Snapshot, db: string, key: string, scope?: ReadScope) {
    this.snapshot = plainOf(snapshot);
    this.db = db;
    this.plainKey = key;
    this.#scope = scope;
    this.#reads = scope === undefined ? undefined : new Set();
  }

  get key(): string {
    this.#scope?.noteIndividual();
    return this.plainKey;
  }

  /** Whether a read was made through this view: the same record may be read under its name, too. */
  hasMade(read: Read): boolean {
    return this.#reads?.has(read) === true;
  }

  #observe(scope: ReadScope): Snapshot {
    return observeSnapshot(this.snapshot, (read) => {
      if (read.db === this.db && read.key === this.plainKey) this.#reads?.add(read);
      scope.note(read);
    });
  }

  /** This view, or undefined when there is neither such a record nor a schema that has defaults for it. */
  orMissing(scope: ReadScope): RecordView | undefined {
    const record = findRecord(this.#observe(scope), this.db, this.plainKey);
    const hasDefaults =
      this.db === 'configuration' && Object.hasOwn(this.snapshot.schema[this.db] ?? {}, this.plainKey);
    return record !== undefined || hasDefaults ? this : undefined;
  }

  /** `{{wiki.key}}`, `{{wiki.type}}`, or a prop; props of those two names are read with the helper `prop`. */
  lookUp(name: string, scope: ReadScope): string | undefined {
    if (name === 'key') return this.key;
    return name === 'type' ? this.type(scope) : this.prop(name, scope);
  }

  /** The prop's value, or its default in the schema. */
  prop(name: string, scope: ReadScope): string | undefined {
    return findProp(this.#observe(scope), this.db, this.plainKey, name);
  }

  /** The record's type: what prints when a fragment names the record itself, since SME keeps single values there. */
  type(scope: ReadScope): string | undefined {
    return findRecord(this.#observe(scope), this.db, this.plainKey)?.type;
  }

  /** The names of its own props that begin so. */
  listProps(scope: ReadScope, prefix?: string): readonly string[] {
    return listProps(this.#observe(scope), this.db, this.plainKey, prefix);
  }
}

/**
 * As in Handlebars: the empty string, 0, false, null, missing and an empty list are false; so `"disabled"` is
 * true, see the helper `enabled`.
 */
export function isTrue(value: Value): boolean {
  if (value instanceof TrackedText) return value.toString() !== '';
  if (value instanceof VariableMap) return value.entries.size > 0;
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** The text of a value as it prints, or undefined for what has none (lists, maps, missing). */
export function textOf(value: Value, scope: ReadScope): string | undefined {
  if (value instanceof RecordView) return value.type(scope);
  if (value instanceof TrackedText) return value.toString();
  if (value instanceof Verbatim) return value.text;
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return formatNumber(value);
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

/** Digits that a fraction prints with, as many as every one survives. */
const DIGITS = 15;

/** A number as C's `%.15g` prints it, and so Perl: whole ones in full, 0.1 times 3 as 0.3. */
export function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  const [mantissa = '', exponent = ''] = value.toExponential(DIGITS - 1).split('e');
  const power = Number(exponent);
  const withoutZeros = (digits: string): string => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits);
  if (power >= -4 && power < DIGITS) return withoutZeros(value.toFixed(DIGITS - 1 - power));
  return `${withoutZeros(mantissa)}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** The number that a text is, or undefined. */
export function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}
