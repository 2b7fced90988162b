import { fromByteString } from '../byte-text.ts';
import type { Draft } from '../draft.ts';
import { FlatDb } from '../flat-db.ts';
import { sortedKeys, toRecord, trim } from '../flat-file.ts';
import type { DbRecord } from '../record.ts';

/** What a command has to say: byte-exact text as the original prints it, and the same as a JSON value. */
export interface Answer {
  /** false: exit code 1, without a word, as in the original */
  readonly found: boolean;
  /** a byte string */
  readonly text: string;
  readonly json: unknown;
}

export const NOT_FOUND: Answer = { found: false, text: '', json: null };

export function chosenKeys(draft: Draft, key: string | undefined): string[] {
  if (key === undefined) return sortedKeys(draft.lines);
  return draft.find(key) === undefined ? [] : [key];
}

export function showRecord(draft: Draft, key: string): string {
  const { type = '', props } = draft.findFields(key) ?? { props: new Map<string, string | undefined>() };
  return [`${key}=${type}`, ...sortedKeys(props).map((prop) => `    ${prop}=${props.get(prop) ?? ''}`)].join('\n');
}

/** A line per item; none: not found. */
export function answer<T>(
  items: readonly T[],
  line: (item: T) => string,
  json: (items: readonly T[]) => unknown,
): Answer {
  if (items.length === 0) return NOT_FOUND;
  return { found: true, text: items.map((item) => `${line(item)}\n`).join(''), json: json(items) };
}

export function found(value: string | undefined, json: (value: string) => unknown): Answer {
  return value === undefined ? NOT_FOUND : { found: true, text: `${value}\n`, json: json(value) };
}

interface JsonRecord {
  readonly name: string;
  readonly type: string;
  readonly props: Readonly<Record<string, string>>;
}

/** All records, or the one of a key; null when there is no such record. */
export function recordsJson(draft: Draft, key: string | undefined): JsonRecord | readonly JsonRecord[] | null {
  if (key === undefined) return [...new FlatDb(() => draft.lines).values()].map(toJson);
  const value = draft.find(key);
  return value === undefined ? null : toJson(toRecord(fromByteString(trim(key)), value));
}

function toJson({ key, type, props }: DbRecord): JsonRecord {
  return { name: key, type, props: Object.fromEntries(props) };
}
