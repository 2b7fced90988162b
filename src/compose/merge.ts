import type { Input } from '../container/spec/input.ts';
import { findEntry, isNull, showInput, withEntries, withItems, withParts, withText } from './inputs.ts';
import { findKeyOf, withoutRepeats } from './unique.ts';

type Merge = (base: Input, over: Input, path: readonly string[]) => Input;

const replace: Merge = (_base, over) => over;

/** Keys that are not merged as plain maps and lists are: https://docs.docker.com/reference/compose-file/merge/ */
const RULES: readonly (readonly [pattern: string, merge: Merge])[] = [
  ...['command', 'entrypoint', 'healthcheck.test'].map((key) => [`services.*.${key}`, replace] as const),
  ...[
    'annotations',
    'build.additional_contexts',
    'build.args',
    'build.labels',
    'build.ssh',
    'deploy.labels',
    'environment',
    'labels',
    'sysctls',
  ].map((key) => [`services.*.${key}`, mergeAssignments] as const),
  ...['networks', 'volumes', 'secrets', 'configs'].map((key) => [`${key}.*.labels`, mergeAssignments] as const),
  ...['services.*.extra_hosts', 'services.*.build.extra_hosts'].map((key) => [key, mergeHosts] as const),
  ...['dns', 'dns_opt', 'dns_search', 'env_file', 'label_file', 'tmpfs'].map(
    (key) => [`services.*.${key}`, mergeLists] as const,
  ),
  ['services.*.build', mergeBuild],
  ['services.*.depends_on', mergeNamed],
  ['services.*.networks', mergeNamed],
  ['services.*.models', mergeNamed],
  ['services.*.logging', mergeLogging],
  ['services.*.ulimits.*', mergeUlimit],
];

/**
 * Lays a file over another one, or a service over the one that it extends: maps are merged, lists joined, and
 * of one value the later counts. `!reset` takes away what was said before, `!override` puts itself in its place.
 */
export function mergeInputs(base: Input, over: Input, path: readonly string[] = []): Input {
  if (over.tag === '!reset' || over.tag === '!override') return over;
  if (base.tag === '!reset') return over;
  const rule = RULES.find(([pattern]) => isLike(path, pattern))?.[1];
  if (path.at(-1)?.startsWith('x-') === true) return over;
  if (rule !== undefined && rule !== replace && (isNull(base) || isNull(over))) return isNull(over) ? base : over;
  return (rule ?? mergePlain)(base, over, path);
}

export function isLike(path: readonly string[], pattern: string): boolean {
  const parts = pattern.split('.');
  return parts.length === path.length && parts.every((part, n) => part === '*' || part === path[n]);
}

function mergePlain(base: Input, over: Input, path: readonly string[]): Input {
  if (base.entries === undefined && base.items === undefined) return over;
  // nothing behind the name of a list or map says nothing
  if (isNull(over)) return base;
  if (base.entries !== undefined) return mergeMaps(base, over, path);
  if (over.items === undefined) return over.refuse(`is no list, and ${showPlace(base)} has one`);
  return mergeLists(base, over, path);
}

function mergeMaps(base: Input, over: Input, path: readonly string[]): Input {
  const entries = over.entries ?? over.refuse(`is no map, and ${showPlace(base)} has one`);
  const merged = (base.entries ?? []).map(([name, value]) => {
    const other = findEntry(over, name);
    return [name, other === undefined ? value : mergeInputs(value, other, [...path, name])] as const;
  });
  return withParts(over, {
    path: base.path,
    tag: base.tag,
    entries: [...merged, ...entries.filter(([name]) => findEntry(base, name) === undefined)],
  });
}

function showPlace({ place: { file, line } }: Input): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** One value counts as a list of one. */
function mergeLists(base: Input, over: Input, path: readonly string[]): Input {
  const items = [...listItems(base), ...listItems(over)];
  return withoutRepeats(
    withParts(over, { tag: base.tag, items }),
    findKeyOf(path) ??
      ((item) => (item.entries === undefined && item.items === undefined ? showInput(item) : undefined)),
  );
}

function listItems(input: Input): readonly Input[] {
  return input.items ?? (isNull(input) ? [] : [input]);
}

/** `{A: 1}` and `[A=1]` in one. */
function mergeAssignments(base: Input, over: Input, path: readonly string[]): Input {
  if (base.entries !== undefined && over.entries !== undefined) return mergeMaps(base, over, path);
  return withoutRepeats(
    withParts(over, { tag: base.tag, items: [...listAssignments(base), ...listAssignments(over)] }),
    (item) => showInput(item).split('=', 1)[0],
  );
}

function listAssignments(input: Input, sign = '='): readonly Input[] {
  return (
    input.entries?.flatMap(([name, value]) =>
      (value.items ?? [value]).map((one) => withText(one, isNull(one) ? name : `${name}${sign}${showInput(one)}`)),
    ) ?? listItems(input)
  );
}

/** A host may have several addresses. */
function mergeHosts(base: Input, over: Input): Input {
  return withoutRepeats(
    withParts(over, { tag: base.tag, items: [...listAssignments(base), ...listAssignments(over)] }),
    (item) => showInput(item).replace('=', ':'),
  );
}

/** `[a, b]` and `{a: {…}}` in one. */
function mergeNamed(base: Input, over: Input, path: readonly string[]): Input {
  if (base.items !== undefined && over.items !== undefined) return mergeLists(base, over, path);
  return mergeMaps(toNamed(base), toNamed(over), path);
}

function toNamed(input: Input): Input {
  return input.items === undefined
    ? input
    : withEntries(
        input,
        input.items.map((item) => [showInput(item), withParts(item, { scalar: null })]),
      );
}

function mergeBuild(base: Input, over: Input, path: readonly string[]): Input {
  const toMap = (input: Input): Input =>
    input.entries === undefined ? withEntries(input, [['context', withText(input, showInput(input))]]) : input;
  return mergeMaps(toMap(base), toMap(over), path);
}

/** Options are those of a driver. */
function mergeLogging(base: Input, over: Input, path: readonly string[]): Input {
  const [before, after] = [findEntry(base, 'driver'), findEntry(over, 'driver')];
  const isSame = before === undefined || after === undefined || showInput(before) === showInput(after);
  return isSame ? mergeMaps(base, over, path) : over;
}

function mergeUlimit(base: Input, over: Input, path: readonly string[]): Input {
  return base.entries !== undefined && over.entries !== undefined ? mergeMaps(base, over, path) : over;
}

/** What is left when all files are merged: what was reset is gone, and of what was said twice the last is there. */
export function settle(input: Input, path: readonly string[] = []): Input {
  if (input.items !== undefined) {
    const items = input.items.filter(({ tag }) => tag !== '!reset').map((item) => settle(item, [...path, '*']));
    const key = findKeyOf(path);
    const list = withoutTag(withItems(input, items));
    return key === undefined ? list : withoutRepeats(list, key);
  }
  if (input.entries !== undefined)
    return withoutTag(
      withEntries(
        input,
        input.entries
          .filter(([, { tag }]) => tag !== '!reset')
          .map(([name, value]) => [name, settle(value, [...path, name])]),
      ),
    );
  return input.tag === undefined ? input : withoutTag(input);
}

function withoutTag(input: Input): Input {
  return input.tag === undefined ? input : withParts(input, { ...partsOf(input), tag: undefined });
}

function partsOf({ scalar, items, entries }: Input): Pick<Input, 'scalar' | 'items' | 'entries'> {
  return { scalar, items, entries };
}
