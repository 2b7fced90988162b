import { toMap, type TextMap } from './value.ts';
import type { Input } from './input.ts';
import { parseBytes, parseDuration } from './quantity.ts';

// Each reads one form that Compose allows, or notes the mistake and returns undefined.

/** Text; a number is taken as it is written, since `user: 1000` and `user: "1000"` mean the same. */
export function readText(input: Input): string | undefined {
  if (typeof input.scalar === 'string') return input.scalar === '' ? input.refuse('is empty') : input.scalar;
  if (typeof input.scalar === 'number') return String(input.scalar);
  return input.refuse('must be a text');
}

export function readFlag(input: Input): boolean | undefined {
  return typeof input.scalar === 'boolean' ? input.scalar : input.refuse('must be true or false');
}

/** A whole number of at least `least`. */
export function readCount(input: Input, least = 0): number | undefined {
  const number = typeof input.scalar === 'string' && /^-?\d+$/.test(input.scalar) ? Number(input.scalar) : input.scalar;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least) return number;
  return input.refuse(`must be a whole number, ${least} or more`);
}

export function readChoice(input: Input, choices: readonly string[]): string | undefined {
  const text = readText(input);
  if (text === undefined || choices.includes(text)) return text;
  return input.refuse(`"${text}" is none of ${choices.join(', ')}`);
}

export function readBytes(input: Input): number | undefined {
  const bytes = typeof input.scalar === 'number' || typeof input.scalar === 'string' ? parseBytes(String(input.scalar)) : undefined;
  return bytes ?? input.refuse('must be a size like 512m');
}

/** In nanoseconds. */
export function readDuration(input: Input): number | undefined {
  const duration = typeof input.scalar === 'number' || typeof input.scalar === 'string' ? parseDuration(String(input.scalar)) : undefined;
  return duration ?? input.refuse('must be a duration like 1m30s');
}

/** A list of texts; with `orOne`, one text stands for a list of one. */
export function readTexts(input: Input, { orOne = false } = {}): readonly string[] | undefined {
  if (orOne && input.items === undefined && input.entries === undefined) {
    const text = readText(input);
    return text === undefined ? undefined : [text];
  }
  return readItems(input, readText);
}

export function readItems<T>(input: Input, read: (item: Input) => T | undefined): readonly T[] | undefined {
  if (input.items === undefined) return input.refuse('must be a list');
  return allDefined(input.items.map(read));
}

/** `{A: 1}` or `[A=1]`. */
export function readTextMap(input: Input, separators = '='): TextMap | undefined {
  if (input.entries !== undefined) {
    const entries = allDefined(input.entries.map(([name, value]) => toEntry(name, readMapValue(value))));
    return entries && toMap(entries);
  }
  const entries = input.items && readItems(input, (item) => {
    const text = readText(item);
    if (text === undefined) return undefined;
    const cut = [...text].findIndex((character) => separators.includes(character));
    return cut < 1 ? item.refuse(`"${text}" has no value`) : toEntry(text.slice(0, cut), text.slice(cut + 1));
  });
  return input.items === undefined ? input.refuse('must be a map or a list') : entries && toMap(entries);
}

function toEntry(name: string, value: string | undefined): readonly [string, string] | undefined {
  return value === undefined ? undefined : [name, value];
}

/** An empty text is a value; nothing at all would mean the variable of Compose's own environment. */
function readMapValue(input: Input): string | undefined {
  if (input.scalar === '') return '';
  if (typeof input.scalar === 'boolean') return String(input.scalar);
  return input.scalar === null ? input.refuse('has no value') : readText(input);
}

/** The fields of a map by name; a name outside `allowed` is a mistake at its place. */
export function readFields<Name extends string>(input: Input, allowed: readonly Name[]): Partial<Record<Name, Input>> | undefined {
  if (input.entries === undefined) return input.refuse('must be a map');
  const fields: Partial<Record<Name, Input>> = {};
  let good = true;
  for (const [name, value] of input.entries) {
    const known = allowed.find((allowedName) => allowedName === name);
    if (known === undefined) {
      value.refuse('docksmith does not carry this key out', `it knows ${allowed.join(', ')} here`);
      good = false;
    } else fields[known] = value;
  }
  return good ? fields : undefined;
}

/** undefined if any of them is: the mistake has been noted where it was found. */
export function allDefined<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  const defined = values.filter((value) => value !== undefined);
  return defined.length === values.length ? defined : undefined;
}

/** Goes on with what was read, or stays undefined. */
export function mapDefined<A, B>(value: A | undefined, make: (value: A) => B): B | undefined {
  return value === undefined ? undefined : make(value);
}
