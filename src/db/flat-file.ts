import { fromByteString, toByteString } from './byte-text.ts';
import type { DbRecord } from './record.ts';

/**
 * What the lines of a db file hold, in the order of the file: key -> what follows the first
 * `=`, undefined for a line without one. All byte strings. The format and its rules are those of
 * SME Server's esmith::config and esmith::db.
 */
export type Lines = Map<string, string | undefined>;

/** The fields of one line's value as the file spells them (`\|` stays); undefined where a field is missing. */
export interface Fields {
  readonly type: string | undefined;
  readonly props: Map<string, string | undefined>;
}

// not JavaScript's \s: that takes a byte 0xa0, which may be a part of a UTF-8 character, for a space
const BLANK_OR_COMMENT = /^[ \t\n\v\f\r]*(?:#|$)/;
const NUMBER_SIGN = 0x23;
const SPACE = ' \t\n\v\f\r';
const SEPARATOR = /(?<!\\)\|/;
const EVERY_SEPARATOR = /(?<!\\)\|/g;

/**
 * Any bytes are some db: there is no error. Of two lines with one key the second wins.
 * @param onDouble told of such a pair
 */
export function parseFlatFile(content: Buffer, onDouble?: () => void): Lines {
  const lines: Lines = new Map();
  for (const line of content.toString('latin1').split('\n')) {
    // most begin with a letter, and are looked at no further
    if (!(line.charCodeAt(0) > NUMBER_SIGN) && BLANK_OR_COMMENT.test(line)) continue;
    const equals = line.indexOf('=');
    const key = equals === -1 ? line : line.slice(0, equals);
    if (onDouble !== undefined && lines.has(key)) onDouble();
    lines.set(key, equals === -1 ? undefined : line.slice(equals + 1));
  }
  return lines;
}

/** The whole file, records in byte order of their keys, under a header that both programs skip. */
export function formatFlatFile(lines: Lines, changed: Date): Buffer {
  const header = [
    '# This db belongs to docksmith: change it with "db" or "config".',
    '# Every change rewrites the file, and removes other comments.',
    `# updated: ${changed.toISOString()}`,
  ];
  const records = sortedKeys(lines).map((key) => `${key}=${lines.get(key) ?? ''}`);
  return Buffer.from([...header, ...records, ''].join('\n'), 'latin1');
}

export function sortedKeys(byKey: ReadonlyMap<string, unknown>): string[] {
  return sortKeys([...byKey.keys()]);
}

/**
 * Sorts byte strings in place: by code unit is by byte. What comes from a file is in order, and to sort it
 * takes longer than to see that.
 */
export function sortKeys(keys: string[]): string[] {
  return keys.every((key, n) => n === 0 || (keys[n - 1] ?? '') <= key) ? keys : keys.sort();
}

export function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACE.includes(text.charAt(start))) start++;
  while (end > start && SPACE.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Splits a value at each `|` without a backslash before it. An empty one has not even a type. */
export function parseFields(value: string): Fields {
  if (value === '') return { type: undefined, props: new Map() };
  // of thousands of records hardly one has a backslash, and a plain split takes a tenth of the time
  const fields = value.split(value.includes('\\') ? SEPARATOR : '|');
  const props = new Map<string, string | undefined>();
  for (let i = 1; i < fields.length; i += 2) props.set(fields[i] ?? '', fields[i + 1]);
  return { type: fields[0], props };
}

/** The fields of a value in the order in which they are joined by `|`: type, then props in byte order. */
export function listFields({ type, props }: Fields): string[] {
  const fields = [type ?? ''];
  for (const prop of sortedKeys(props)) fields.push(prop, props.get(prop) ?? '');
  return fields;
}

/**
 * A newline is spelled `\n`; so a `\n` that was typed as two characters reads back as a newline, as in
 * the original.
 */
export function escapeNewlines(text: string): string {
  return text.replaceAll('\n', '\\n');
}

export function unescapeNewlines(text: string): string {
  return text.replaceAll('\\n', '\n');
}

/** Spells a value so that no reader takes its `|` for a separator; a `\|` stays as it is. */
export function escapeSeparators(value: string): string {
  return value.replace(EVERY_SEPARATOR, '\\|');
}

export function toRecord(key: string, value: string): DbRecord {
  const fields = parseFields(unescapeNewlines(value));
  const props = new Map<string, string>();
  for (const prop of sortedKeys(fields.props)) {
    const field = fields.props.get(prop);
    if (field !== undefined) props.set(toText(prop), toText(field));
  }
  return { key, type: toText(fields.type ?? ''), props };
}

/** The line of a record, after its key: what `toRecord` reads back. */
export function formatRecord({ type, props }: Pick<DbRecord, 'type' | 'props'>): string {
  const fields = listFields({
    type: toByteString(type),
    props: new Map([...props].map(([prop, value]) => [toByteString(prop), escapeSeparators(toByteString(value))])),
  });
  return escapeNewlines(fields.join('|'));
}

/** A field's text: a `\|` is a plain `|`. */
export function toText(field: string): string {
  return fromByteString(field.replaceAll('\\|', '|'));
}
