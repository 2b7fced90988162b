import { formatDifference, listRecreating, listUpdating, withoutImage } from '../../container/difference.ts';
import { listJoined } from '../../container/endpoints.ts';
import { makeAdoptedLabels } from '../../container/adopted.ts';
import { parseMounted } from '../../container/mounted.ts';
import type { RunSpec } from '../../container/run-spec.ts';
import { SPEC_KEYS } from '../../container/spec-keys.ts';
import { isList, isMap, isSame, toMap, type Value } from '../../container/value.ts';
import type { LeftOut, Subject } from './subject.ts';

/** The keys that a plan would act on, since the run spec of its record says them otherwise than the container is. */
export function listDiffering({ name, there }: Subject, spec: RunSpec, limitsSwap: boolean): readonly string[] {
  if (there === undefined) return [];
  const container = { ...there, name, nameNow: name, labels: makeAdoptedLabels(spec), memoryUse: undefined };
  const { update, recreate } = listUpdating(spec, container, limitsSwap);
  return [...new Set([...listRecreating(spec, container), ...update, ...recreate].map(({ key }) => key.name))];
}

/** What the run spec of the record says otherwise than the container is, or not at all, and nobody has named yet. */
export function listOverlooked({ name, values, there }: Subject, spec: RunSpec, named: readonly LeftOut[]): readonly LeftOut[] {
  return SPEC_KEYS.filter((key) => key.name !== 'depends_on' && !named.some((one) => one.name === name && one.key === key.name)).flatMap((key) => {
    const [from, to] = [plain(key.name, values[key.name]), plain(key.name, withoutImage(key, key.name === 'networks' ? listJoined(spec) : spec.values[key.name], there?.image))];
    if (isSame(from, to)) return [];
    const words = formatDifference({ key, from, to });
    return [{ name, key: key.name, value: words.slice(key.title.length + 1), why: 'this is how its record reads back' }];
  });
}

/** Without what is no difference: anonymous volumes are carried over, the bridge is where containers are anyway, a command's image default may be said. */
function plain(key: string, value: Value | undefined): Value | undefined {
  if (key === 'volumes' && value !== undefined && isList(value)) return value.filter((text) => parseMounted(text).source !== '');
  if (key === 'networks' && value !== undefined && isMap(value)) return toMap(Object.entries(value).filter(([network]) => network !== 'bridge'));
  return value;
}
