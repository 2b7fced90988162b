import type { ActualContainer } from './actual.ts';
import type { ImageInspect } from '../../engine/engine-api.ts';
import { parseMounted } from '../spec/mounted.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { getHashedValues, isMadeOf, type RecordedSpec, readRecordedSpec } from '../spec/spec-hash.ts';
import type { SpecKey } from '../spec/spec-key.ts';
import { RECREATING_KEYS, SPEC_KEYS, UPDATED_KEYS } from '../spec/spec-keys.ts';
import { isList, isMap, isSame, toMap, type Value, withoutBase } from '../spec/value.ts';

/** A key that says something else now; undefined is what the engine takes by itself. */
export interface Difference<Key = SpecKey> {
  readonly key: Key;
  readonly from: Value | undefined;
  readonly to: Value | undefined;
}

/**
 * What only a new container can change: by the recorded spec, else by what the engine says of the keys that
 * either of them names.
 */
export function listRecreating(spec: RunSpec, container: ActualContainer): readonly Difference[] {
  const runRecorded = readRecordedSpec(container.labels);
  if (isMadeOf(spec, container.labels)) return [];
  const wanted = getHashedValues(spec);
  const has = runRecorded.isComparable ? runRecorded.values : readValues(container);
  return RECREATING_KEYS.flatMap((key) => {
    if (isAccepted(runRecorded, key, wanted[key.name])) return [];
    let [from, to] = [has[key.name], wanted[key.name]];
    if (!runRecorded.isComparable) {
      if (to === undefined && runRecorded.values[key.name] === undefined) return [];
      [from, to] = [from, to].map((value) => withoutImage(key, value, container.image));
      from = restrict(key, from, [to, runRecorded.values[key.name]]);
    }
    return isSame(from, to) ? [] : [{ key, from, to }];
  });
}

/**
 * Live updates that bring the container to the run spec, and those that the engine cannot take back on
 * a living one.
 */
export function listUpdating(
  spec: RunSpec,
  { inspect, labels }: Pick<ActualContainer, 'inspect' | 'labels'>,
  limitsSwap: boolean,
): { readonly update: readonly Difference[]; readonly recreate: readonly Difference[] } {
  const runRecorded = readRecordedSpec(labels);
  const differences = UPDATED_KEYS.flatMap((key): readonly Difference[] => {
    if (key.name === 'memswap_limit' && !limitsSwap) return [];
    const has = key.read(inspect);
    const [from, to] = [isSame(has, key.default) ? undefined : has, getWanted(spec, key)];
    return isSame(from, to) || isAccepted(runRecorded, key, to) ? [] : [{ key, from, to }];
  });
  const isMemory = ({ key: { name } }: Difference): boolean => name === 'mem_limit';
  // swap that is not set follows memory, and a plan need not say so
  const told = differences.filter(
    ({ key }) =>
      key.name !== 'memswap_limit' || spec.values['memswap_limit'] !== undefined || !differences.some(isMemory),
  );
  const needsNew = ({ key, to }: Difference): boolean => to === undefined && !key.canUnset;
  return { update: told.filter((difference) => !needsNew(difference)), recreate: told.filter(needsNew) };
}

/**
 * In what an adopted container is not as its run spec says, and stays so until it is recreated, since it was
 * so when it was adopted.
 */
export function listAcceptedDifferences(
  spec: RunSpec,
  { labels, inspect, image }: ActualContainer,
  limitsSwap: boolean,
): readonly Difference[] {
  const runRecorded = readRecordedSpec(labels);
  if (runRecorded.kept.length === 0) return [];
  return SPEC_KEYS.filter(
    (key) => isAccepted(runRecorded, key, getWanted(spec, key)) && (key.name !== 'memswap_limit' || limitsSwap),
  ).flatMap((key) => {
    const to = withoutImage(key, getWanted(spec, key), image);
    const from = restrict(key, withoutImage(key, key.read(inspect), image), [to], false);
    return isSame(from, to) ? [] : [{ key, from, to }];
  });
}

function isAccepted({ kept, values }: RecordedSpec, key: SpecKey, wanted: Value | undefined): boolean {
  return kept.includes(key.name) && isSame(values[key.name], wanted);
}

/** The values of all keys that are compared, but for those that say what the engine takes anyway. */
export function getComparedValues(spec: RunSpec): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    SPEC_KEYS.filter(({ answer }) => answer !== 'none').flatMap((key) => {
      const value = getWanted(spec, key);
      return value === undefined ? [] : [[key.name, value]];
    }),
  );
}

function getWanted(spec: RunSpec, key: SpecKey): Value | undefined {
  const value = getLimit(spec, key);
  return isSame(value, key.default) ? undefined : value;
}

/** What a key of kind `update` is to be; swap is twice the memory, as the engine makes it. */
export function getLimit({ values }: RunSpec, key: SpecKey): Value | undefined {
  const memory = values['mem_limit'];
  return values[key.name] ?? (key.name === 'memswap_limit' && typeof memory === 'number' ? 2 * memory : undefined);
}

/** What a plan says of a key. */
export type ShownKey = Pick<SpecKey, 'title' | 'kind' | 'hidden' | 'default' | 'format'>;

/** `volumes /srv/wiki:/images -> /srv/wiki2:/images`; entries that may be secrets are named without their values. */
export function formatDifference({ key, from, to }: Difference<ShownKey>): string {
  const [before, after] = [from, to].map((value, index) => withoutBase(key.kind, value, index === 0 ? to : from));
  if (key.hidden) return formatHidden(key, before, after);
  const show = (value: Value | undefined): string =>
    value === undefined || (typeof value === 'object' && Object.keys(value).length === 0) ? 'none' : key.format(value);
  const shown = [before, after].map((value) => show(value ?? key.default));
  return `${key.title} ${shown.join(' -> ')}`;
}

function formatHidden(key: ShownKey, before: Value = {}, after: Value = {}): string {
  const [old, now] = [before, after].map((value) => (isMap(value) ? Object.keys(value) : []));
  const names = new Set([...(old ?? []), ...(now ?? [])]);
  const words = [...names].map(
    (name) => `${name} ${!old?.includes(name) ? 'added' : now?.includes(name) ? 'changed' : 'removed'}`,
  );
  return `${key.title} ${words.join(', ')}`;
}

function readValues({ inspect }: ActualContainer): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    SPEC_KEYS.flatMap((key) => {
      const value = key.read(inspect);
      return value === undefined ? [] : [[key.name, value]];
    }),
  );
}

/** The part of a value that is neither the engine's default nor the image's. */
export function withoutImage(
  key: SpecKey,
  value: Value | undefined,
  image: ImageInspect | undefined,
): Value | undefined {
  const own = isSame(value, key.default) ? undefined : value;
  return image === undefined ? own : withoutBase(key.kind, own, key.ofImage(image));
}

/**
 * Of a map only the entries that somebody names: the engine adds its own, as options of logs from
 * daemon.json. Of volumes not the anonymous ones that nobody names: a new container has them too.
 * @param onlyNamed false: all entries of a map
 */
function restrict(
  { name: key }: SpecKey,
  value: Value | undefined,
  naming: readonly (Value | undefined)[],
  onlyNamed = true,
): Value | undefined {
  if (value === undefined) return value;
  if (key === 'volumes' && isList(value))
    return value.filter(
      (mount) =>
        parseMounted(mount).source !== '' ||
        naming.some((other) => other !== undefined && isList(other) && other.includes(mount)),
    );
  if (!isMap(value) || !onlyNamed) return value;
  return toMap(
    Object.entries(value).filter(([name]) =>
      naming.some((other) => other !== undefined && isMap(other) && name in other),
    ),
  );
}
