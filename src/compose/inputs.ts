import type { Input } from '../container/spec/input.ts';
import { type Failure, failuresOf } from '../base/errors.ts';

type Parts = Partial<Pick<Input, 'scalar' | 'items' | 'entries' | 'tag' | 'path'>>;

/** An input with something else in the same place. */
export function withParts(input: Input, { scalar, items, entries, tag, path = input.path }: Parts): Input {
  return {
    path,
    place: input.place,
    keyPlace: input.keyPlace,
    tag,
    refuse: (why, hint) => input.refuse(why, hint),
    scalar,
    items,
    entries,
  };
}

/** An input with another text in the same place. */
export function withText(input: Input, scalar: string): Input {
  return withParts(input, { scalar });
}

export function withItems(input: Input, items: NonNullable<Input['items']>): Input {
  return withParts(input, { items, tag: input.tag });
}

export function withEntries(input: Input, entries: NonNullable<Input['entries']>): Input {
  return withParts(input, { entries, tag: input.tag });
}

export function findEntry(input: Input, name: string): Input | undefined {
  return input.entries?.find(([key]) => key === name)?.[1];
}

/** With an entry changed, or a new one at the end. */
export function withEntry(input: Input, name: string, value: Input): Input {
  const entries = input.entries ?? [];
  return withEntries(
    input,
    entries.some(([key]) => key === name)
      ? entries.map((entry) => (entry[0] === name ? [name, value] : entry))
      : [...entries, [name, value]],
  );
}

export function withoutEntry(input: Input, name: string): Input {
  return withEntries(
    input,
    (input.entries ?? []).filter(([key]) => key !== name),
  );
}

/** Whether nothing is said: `command:` and `tty: false`. */
export function isNothing({ scalar, items, entries }: Input): boolean {
  return items === undefined && entries === undefined && (scalar === null || scalar === false || scalar === '');
}

/** Whether no value stands there at all: `ports:`. */
export function isNull({ scalar }: Input): boolean {
  return scalar === null;
}

/** What is written, on one line. */
export function showInput({ scalar, items, entries }: Input): string {
  if (items !== undefined) return items.map(showInput).join(' ');
  if (entries !== undefined) return entries.map(([name, value]) => `${name}=${showInput(value)}`).join(' ');
  return String(scalar);
}

/** A list of texts, or one of them alone. */
export function listTexts(input: Input | undefined): readonly string[] {
  if (input === undefined || isNull(input)) return [];
  return input.items?.map(showInput) ?? [showInput(input)];
}

/** A result, or why there is none. */
export function tryTo<T>(read: () => T): { readonly result?: T; readonly failures?: readonly Failure[] } {
  try {
    return { result: read() };
  } catch (error) {
    return { failures: failuresOf(error) };
  }
}
