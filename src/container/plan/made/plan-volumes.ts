import { Failure } from '../../../base/errors.ts';
import type { VolumeSummary } from '../../../engine/engine.ts';
import type { Actual } from '../../actual/actual.ts';
import { MANAGED_LABEL } from '../../spec/names.ts';
import { listVolumeNames, type RunSpec } from '../../spec/run-spec.ts';
import type { VolumeDefinition } from '../../spec/volume-definition.ts';
import type { DesiredContainer } from '../desired.ts';
import type { Operation } from '../operation.ts';

/** Volumes with a name that are to be made. @param specs of the containers that are made */
export function planVolumes(specs: readonly RunSpec[], { volumes }: Pick<Actual, 'volumes'>): readonly Operation[] {
  const missing = new Set(specs.flatMap(listVolumeNames).filter((name) => !volumes.has(name)));
  return [...missing].map((name) => {
    const users = specs.filter((spec) => listVolumeNames(spec).includes(name));
    const {
      driver = 'local',
      options = {},
      labels = {},
    } = users.flatMap((spec) => findDefinition(spec, name))[0] ?? {};
    return {
      verb: 'volume',
      name,
      create: { name, driver, options, labels: { ...labels, [MANAGED_LABEL]: 'true' } },
      cause: `wanted by ${users.map((spec) => spec.name).join(', ')}`,
    };
  });
}

/** Volumes of others that are not there, and those that are not as wanted: a volume cannot be changed. */
export function findVolumeMismatches(wanted: readonly DesiredContainer[], { volumes }: Actual): readonly Failure[] {
  const failures = new Map<string, Failure>();
  for (const container of wanted) {
    for (const definition of container.state === 'running' ? (container.spec.volumes ?? []) : []) {
      const failure = findMismatch(definition, volumes.get(definition.name), container.name);
      if (failure !== undefined) failures.set(definition.name, failure);
    }
  }
  return [...failures.values()];
}

function findMismatch(
  { name, external, driver, options, labels }: VolumeDefinition,
  there: VolumeSummary | undefined,
  user: string,
): Failure | undefined {
  if (there === undefined)
    return external
      ? new Failure(`cannot use volume "${name}"`, {
          why: `${user} needs it, and the engine has no such volume`,
          hint: `docker volume create ${name}`,
        })
      : undefined;
  if (external) return undefined;
  // options may hold passwords
  const differ = (
    what: string,
    has: Readonly<Record<string, string>>,
    wants: Readonly<Record<string, string>>,
    keys = Object.keys(wants),
  ): readonly string[] => keys.filter((key) => has[key] !== wants[key]).map((key) => `another ${what} ${key}`);
  const whys = [
    ...(driver === there.driver ? [] : [`driver ${there.driver}, not ${driver}`]),
    ...differ('option', there.options, options, Object.keys({ ...options, ...there.options })),
    ...differ('label', there.labels, labels),
  ];
  return whys.length === 0
    ? undefined
    : new Failure(`cannot change volume "${name}"`, {
        why: `it exists with ${whys.join(', ')}, and the engine cannot change an existing volume`,
        hint: `save its data, remove its containers, docker volume rm ${name}, and repeat the event`,
      });
}

function findDefinition(spec: RunSpec, name: string): readonly VolumeDefinition[] {
  return (spec.volumes ?? []).filter((definition) => definition.name === name);
}
