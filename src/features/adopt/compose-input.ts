import type { Input } from '../../container/spec/input.ts';
import type { SpecKey } from '../../container/spec/spec-key.ts';
import { isList, isMap, toMap, toSet, type Value } from '../../container/spec/value.ts';
import { Failure, Failures } from '../../base/errors.ts';

/** What one could not read, as it is written, and why. */
export interface Unread {
  readonly value: string;
  readonly why: string;
}

/** An input with another text in the same place. */
export function withText(input: Input, scalar: string): Input {
  return {
    path: input.path,
    place: input.place,
    refuse: (why, hint) => input.refuse(why, hint),
    scalar,
    items: undefined,
    entries: undefined,
  };
}

export function findEntry(input: Input, name: string): Input | undefined {
  return input.entries?.find(([key]) => key === name)?.[1];
}

/** Whether nothing is said: `command:` and `tty: false`. */
export function isNothing({ scalar, items, entries }: Input): boolean {
  return items === undefined && entries === undefined && (scalar === null || scalar === false || scalar === '');
}

/** What is written, on one line. */
export function showInput({ scalar, items, entries }: Input): string {
  if (items !== undefined) return items.map(showInput).join(' ');
  if (entries !== undefined) return entries.map(([name, value]) => `${name}=${showInput(value)}`).join(' ');
  return String(scalar);
}

/** Reads a key as a run spec has it; of a list or map whose members cannot all be read, those that can. */
export function readKey(
  key: SpecKey,
  input: Input,
): { readonly value: Value | undefined; readonly unread: readonly Unread[] } {
  const parts =
    input.items?.map((item) => ({ ...input, items: [item] })) ??
    input.entries?.map((entry) => ({ ...input, entries: [entry] }));
  const whole = tryTo(() => key.parse(input));
  if (whole.failures === undefined) return { value: whole.result, unread: [] };
  const show = (part: Input): string =>
    key.hidden ? (part.entries ?? []).map(([name]) => name).join(' ') : showInput(part);
  if (parts === undefined || parts.length < 2)
    return { value: undefined, unread: [{ value: show(input), why: formatWhy(whole.failures) }] };
  const read = parts.map((part) => ({ part, ...tryTo(() => key.parse(part)) }));
  const values = read.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const unread = read.flatMap(({ part, failures }) =>
    failures === undefined ? [] : [{ value: show(part), why: formatWhy(failures) }],
  );
  return { value: joinValues(key, values), unread };
}

function joinValues(key: SpecKey, values: readonly Value[]): Value | undefined {
  if (values.length === 0) return undefined;
  if (key.kind.name === 'map') return toMap(values.flatMap((value) => (isMap(value) ? Object.entries(value) : [])));
  const members = values.flatMap((value) => (isList(value) ? value : []));
  return key.kind.name === 'set' ? toSet(members) : members;
}

/** A result, or why there is none. */
export function tryTo<T>(read: () => T): { readonly result?: T; readonly failures?: readonly Failure[] } {
  try {
    return { result: read() };
  } catch (error) {
    if (error instanceof Failures) return { failures: error.failures };
    if (error instanceof Failure) return { failures: [error] };
    throw error;
  }
}

function formatWhy(failures: readonly Failure[]): string {
  return failures.map(({ why }) => why).join('; ');
}
