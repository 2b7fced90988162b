import type { Input } from '../../container/spec/input.ts';
import type { SpecKey } from '../../container/spec/spec-key.ts';
import { isList, isMap, toMap, toSet, type Value } from '../../container/spec/value.ts';
import type { Failure } from '../../base/errors.ts';
import { showInput, tryTo } from '../../compose/inputs.ts';

export { findEntry, isNothing, showInput, tryTo, withText } from '../../compose/inputs.ts';

/** What one could not read, as it is written, and why. */
export interface Unread {
  readonly value: string;
  readonly why: string;
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

type Entry = NonNullable<Input['entries']>[number];

/** Entries of a map that can be read. @param leaveOut told of each that cannot */
export function listReadable(
  entries: readonly Entry[],
  read: (entry: Entry) => unknown,
  leaveOut: (entry: Entry, why: string) => void,
): readonly Entry[] {
  return entries.filter((entry) => {
    const { failures } = tryTo(() => read(entry));
    if (failures !== undefined) leaveOut(entry, formatWhy(failures));
    return failures === undefined;
  });
}

function joinValues(key: SpecKey, values: readonly Value[]): Value | undefined {
  if (values.length === 0) return undefined;
  if (key.kind.name === 'map') return toMap(values.flatMap((value) => (isMap(value) ? Object.entries(value) : [])));
  const members = values.flatMap((value) => (isList(value) ? value : []));
  return key.kind.name === 'set' ? toSet(members) : members;
}

function formatWhy(failures: readonly Failure[]): string {
  return failures.map(({ why }) => why).join('; ');
}
