import {
  type Difference,
  formatDifference,
  listRecreating,
  listUpdating,
  withoutImage,
} from '../../container/actual/difference.ts';
import { listJoined } from '../../container/spec/endpoints.ts';
import { makeAdoptedLabels } from '../../container/actual/adopted.ts';
import { parsePublished } from '../../container/spec/published-port.ts';
import { parseMounted } from '../../container/spec/mounted.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { SPEC_KEYS } from '../../container/spec/spec-keys.ts';
import { isList, isMap, isSame, toMap, type Value } from '../../container/spec/value.ts';
import { SECRET_FILES } from '../../model/secrets.ts';
import { type Candidate, isOfProgram, type LeftOut } from './candidate.ts';

/** The keys that the run spec of its record says otherwise than the container is, or not at all. */
export function listDiffering(candidate: Candidate, spec: RunSpec, limitsSwap: boolean): readonly string[] {
  const { name, there } = candidate;
  if (there === undefined) return [];
  const container = { ...there, name, nameNow: name, labels: makeAdoptedLabels(spec), memoryUse: undefined };
  const { update, recreate } = listUpdating(spec, container, limitsSwap);
  const keys = [...listRecreating(spec, container), ...update, ...recreate, ...compare(candidate, spec)]
    .filter(({ key }) => key.answer !== 'none')
    .map(({ key }) => key.name);
  // swap follows memory, and the update of one brings the other along
  return [...new Set(keys.includes('mem_limit') ? [...keys, 'memswap_limit'] : keys)];
}

/** Differences of the container from the run spec of its record that were not reported yet. */
export function listOverlooked(candidate: Candidate, spec: RunSpec, named: readonly LeftOut[]): readonly LeftOut[] {
  const { name } = candidate;
  return compare(candidate, spec)
    .filter(({ key }) => !named.some((one) => one.name === name && one.key === key.name))
    .map((difference) => ({
      name,
      key: difference.key.name,
      value: formatDifference(difference).slice(difference.key.title.length + 1),
      why: 'its record holds this value instead',
    }));
}

function compare({ values, there }: Candidate, spec: RunSpec): readonly Difference[] {
  // what deploy says beside its props is left out already, and a fragment adds what is usual
  return SPEC_KEYS.filter((key) => !['depends_on', 'deploy'].includes(key.name)).flatMap((key) => {
    const says = key.name === 'networks' ? listJoined(spec) : spec.values[key.name];
    const [from, to] = [plain(key.name, values[key.name]), plain(key.name, withoutImage(key, says, there?.image))];
    return isSame(from, to) ? [] : [{ key, from, to }];
  });
}

/**
 * Without what is no difference: anonymous volumes are carried over, the bridge is where containers are
 * anyway, labels of Compose and the like are none of the container's.
 */
function plain(key: string, value: Value | undefined): Value | undefined {
  if (key === 'volumes' && value !== undefined && isList(value))
    return value.filter((text) => !['', ...SECRETS_AT].some((at) => isAt(parseMounted(text).source, at)));
  // docksmith finds a port of this host for those that name none
  if (key === 'ports' && value !== undefined && isList(value))
    return value.filter((text) => /^\d+$/.test(parsePublished(text)?.host ?? ''));
  if (key === 'networks' && value !== undefined && isMap(value))
    return toMap(Object.entries(value).filter(([network]) => network !== 'bridge'));
  if (key === 'labels' && value !== undefined && isMap(value))
    return toMap(Object.entries(value).filter(([label]) => !isOfProgram(label)));
  return value;
}

/** Files of secrets come by their own key. */
const SECRETS_AT = [`${SECRET_FILES}/`];

function isAt(source: string, folder: string): boolean {
  return folder === '' ? source === '' : source.includes(folder);
}
