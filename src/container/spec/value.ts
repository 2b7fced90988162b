import { compareBytes } from '../../base/layers.ts';

/**
 * The canonical form of what one key of a run spec says: two specs mean the same if and only
 * if these are equal. A list is in order (a command), a set is a sorted list.
 */
export type Value = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;
export type TextMap = Readonly<Record<string, string>>;

/** What form the values of a key have. */
export interface Kind<T extends Value> {
  readonly name: 'text' | 'number' | 'flag' | 'list' | 'set' | 'map';
  holds(value: Value): value is T;
}

export const TEXT: Kind<string> = { name: 'text', holds: (value) => typeof value === 'string' };
export const NUMBER: Kind<number> = { name: 'number', holds: (value) => typeof value === 'number' };
export const FLAG: Kind<boolean> = { name: 'flag', holds: (value) => typeof value === 'boolean' };
export const LIST: Kind<readonly string[]> = { name: 'list', holds: isList };
export const SET: Kind<readonly string[]> = { name: 'set', holds: isList };
export const MAP: Kind<TextMap> = { name: 'map', holds: isMap };

export function isList(value: Value): value is readonly string[] {
  return Array.isArray(value);
}

export function isMap(value: Value): value is TextMap {
  return typeof value === 'object' && !Array.isArray(value);
}

/** A set's canonical form: each member once, in byte order. */
export function toSet(members: Iterable<string>): readonly string[] {
  return [...new Set(members)].sort(compareBytes);
}

/** Entries in byte order of their keys, whatever order they came in. */
export function toMap(entries: Iterable<readonly [string, string]>): TextMap {
  return Object.fromEntries([...entries].sort(([a], [b]) => compareBytes(a, b)));
}

/** JSON with the keys of objects in byte order: equal values give equal text. */
export function formatCanonical(value: Value | Readonly<Record<string, Value>>): string {
  return JSON.stringify(inOrder(value));
}

/** A replacer of JSON.stringify would be called for every member of every list. */
function inOrder(part: Value | Readonly<Record<string, Value>>): unknown {
  if (typeof part !== 'object' || Array.isArray(part)) return part;
  return Object.fromEntries(
    Object.entries(part)
      .sort(([a], [b]) => compareBytes(a, b))
      .map(([key, value]: [string, Value]) => [key, inOrder(value)]),
  );
}

/** What such a text says; undefined where it is none. */
export function parseCanonical(json: string): Readonly<Record<string, Value>> | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const entries = Object.entries(parsed).map(([key, value]: [string, unknown]) => [key, toValue(value)] as const);
    return Object.fromEntries(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
  } catch {
    return undefined;
  }
}

function toValue(value: unknown): Value | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}

/** Nothing said and an empty list or map are the same. */
export function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (typeof a !== 'object' && typeof b !== 'object') return a === b;
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  return formatCanonical(a) === formatCanonical(b);
}

function isEmpty(value: Value | undefined): value is undefined {
  return value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}

/**
 * What `value` says beyond `base`: members and entries that are in both go, any other value that equals it
 * goes wholly.
 */
export function withoutBase(kind: Kind<Value>, value: Value | undefined, base: Value | undefined): Value | undefined {
  if (value === undefined || base === undefined) return value;
  if (kind.name === 'set' && isList(value) && isList(base)) return value.filter((member) => !base.includes(member));
  if (isMap(value) && isMap(base)) return toMap(Object.entries(value).filter(([key, text]) => base[key] !== text));
  return isSame(value, base) ? undefined : value;
}
