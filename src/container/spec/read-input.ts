import { toMap, type TextMap } from './value.ts';
import { collectAll, type Input } from './input.ts';
import { parseBytes, parseDuration } from '../../base/quantity.ts';

/** Whether a value stands there: not where a key is missing, or has nothing behind it. */
export function isSaid(input: Input | undefined): input is Input {
  return input !== undefined && (input.items !== undefined || input.entries !== undefined || input.scalar !== null);
}

// Each reads one form that Compose allows, or throws what is wrong with it.

/** Text; a number is taken as it is written, since `user: 1000` and `user: "1000"` mean the same. */
export function readText(input: Input): string {
  if (typeof input.scalar === 'string') return input.scalar === '' ? input.refuse('is empty') : input.scalar;
  if (typeof input.scalar === 'number') return String(input.scalar);
  return input.refuse('must be a text');
}

export function readFlag(input: Input): boolean {
  if (input.scalar === 'true' || input.scalar === 'false') return input.scalar === 'true';
  return typeof input.scalar === 'boolean' ? input.scalar : input.refuse('must be true or false');
}

/** A whole number of at least `least`. */
export function readCount(input: Input, least = 0): number {
  const number = typeof input.scalar === 'string' && /^-?\d+$/.test(input.scalar) ? Number(input.scalar) : input.scalar;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least) return number;
  return input.refuse(`must be a whole number, ${least} or more`);
}

export function readInteger(input: Input): number {
  const text = String(input.scalar);
  return /^-?\d{1,9}$/.test(text) ? Number(text) : input.refuse(`"${text}" is no whole number`);
}

export function readChoice(input: Input, choices: readonly string[]): string {
  const text = readText(input);
  return choices.includes(text) ? text : input.refuse(`"${text}" is none of ${choices.join(', ')}`);
}

/** One of the choices, or `container:NAME`. */
export function readContainerOr(input: Input, choices: readonly string[]): string {
  return /^container:[a-zA-Z0-9][\w.-]+$/.test(readText(input))
    ? readText(input)
    : readChoice(input, [...choices, 'container:NAME']);
}

export function readBytes(input: Input): number {
  const bytes =
    typeof input.scalar === 'number' || typeof input.scalar === 'string' ? parseBytes(String(input.scalar)) : undefined;
  return bytes ?? input.refuse('must be a size like 512m');
}

/** In nanoseconds. */
export function readDuration(input: Input): number {
  const duration =
    typeof input.scalar === 'number' || typeof input.scalar === 'string'
      ? parseDuration(String(input.scalar))
      : undefined;
  return duration ?? input.refuse('must be a duration like 1m30s');
}

/** A list of texts; with `orOne`, one text stands for a list of one. */
export function readTexts(input: Input, { orOne = false } = {}): readonly string[] {
  return orOne && input.items === undefined && input.entries === undefined
    ? [readText(input)]
    : readItems(input, readText);
}

/** All items; throws the mistakes of all of them. */
export function readItems<T>(input: Input, read: (item: Input) => T): readonly T[] {
  return collectAll(input.items ?? input.refuse('must be a list'), read);
}

/**
 * `{A: 1}` or `[A=1]`.
 * @param bare what a name without a value holds; not given, it is a mistake
 */
export function readTextMap(input: Input, separators = '=', bare?: string): TextMap {
  if (input.entries !== undefined)
    return toMap(
      collectAll(
        input.entries,
        ([name, value]) => [name, value.scalar === null && bare !== undefined ? bare : readMapValue(value)] as const,
      ),
    );
  if (input.items === undefined) return input.refuse('must be a map or a list');
  return toMap(
    readItems(input, (item) => {
      const text = readText(item);
      const cut = Math.min(
        ...Array.from(separators, (separator) => text.indexOf(separator)).filter((index) => index > 0),
      );
      return Number.isFinite(cut)
        ? ([text.slice(0, cut), text.slice(cut + 1)] as const)
        : bare === undefined
          ? item.refuse(`"${text}" has no value`)
          : ([text, bare] as const);
    }),
  );
}

/** An empty text is a value; nothing at all would mean the variable of Compose's own environment. */
function readMapValue(input: Input): string {
  if (input.scalar === '') return '';
  if (typeof input.scalar === 'boolean') return String(input.scalar);
  return input.scalar === null ? input.refuse('has no value') : readText(input);
}

/**
 * The fields of a map by name; a name outside `allowed` is a mistake at its place, unless who reads the file has
 * asked to be told of it instead.
 * @param idle fields of Compose's that change nothing for an engine of one host
 */
export function readFields<Name extends string>(
  input: Input,
  allowed: readonly Name[],
  idle: readonly string[] = [],
): Partial<Record<Name, Input>> {
  const fields: Partial<Record<Name, Input>> = {};
  collectAll(input.entries ?? input.refuse('must be a map'), ([name, value]) => {
    const known = allowed.find((allowedName) => allowedName === name);
    if (known === undefined && idle.includes(name)) return;
    if (known === undefined && input.onUnknown !== undefined) return input.onUnknown(value);
    if (known === undefined)
      return value.refuse('docksmith does not support this key', `supported here: ${allowed.join(', ')}`);
    fields[known] = value;
  });
  return fields;
}
