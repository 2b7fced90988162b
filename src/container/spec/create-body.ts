import type { ContainerInspect, CreateBody, HostConfig } from '../../engine/engine-api.ts';
import { getLimit } from '../actual/difference.ts';
import { isAnonymousName, parseMounted } from './mounted.ts';
import type { RunSpec } from './run-spec.ts';
import { makeLabels } from './spec-hash.ts';
import { SPEC_KEYS } from './spec-keys.ts';
import { isList, isMap } from './value.ts';

/**
 * What is sent to make the container.
 * @param old the container that it takes over from: its anonymous volumes come along
 */
export function makeCreateBody(spec: RunSpec, old?: ContainerInspect): CreateBody {
  const body: CreateBody = { HostConfig: {} };
  for (const key of SPEC_KEYS) {
    const value = spec.values[key.name];
    if (value !== undefined) key.send(value, body);
  }
  body.Labels = { ...body.Labels, ...makeLabels(spec) };
  const carried = old === undefined ? [] : listCarried(spec, old);
  if (carried.length > 0) body.HostConfig.Mounts = [...(body.HostConfig.Mounts ?? []), ...carried];
  return body;
}

/**
 * The limits of a living container, as the engine's update wants them; a limit that is taken back is sent as
 * its default.
 */
export function makeUpdateBody(spec: RunSpec, names: readonly string[]): HostConfig {
  const body: CreateBody = { HostConfig: {} };
  // the engine refuses the one without the other
  const sent = new Set(names.some((name) => MEMORY_KEYS.includes(name)) ? [...names, ...MEMORY_KEYS] : names);
  for (const key of SPEC_KEYS.filter(({ name }) => sent.has(name))) {
    const value = getLimit(spec, key) ?? key.default;
    if (value !== undefined) key.send(value, body);
  }
  return body.HostConfig;
}

const MEMORY_KEYS = ['mem_limit', 'memswap_limit'];

function listCarried(
  { values: { volumes = [], tmpfs = {} } }: RunSpec,
  old: ContainerInspect,
): NonNullable<HostConfig['Mounts']> {
  // a path that the run spec itself names without a source is the anonymous volume we carry
  const taken = new Set(
    (isList(volumes) ? volumes.map(parseMounted) : [])
      .filter(({ source }) => source !== '')
      .map(({ target }) => target),
  );
  const anonymous = old.Mounts.filter(
    ({ Type, Name = '', Destination }) =>
      Type === 'volume' && isAnonymousName(Name) && !taken.has(Destination) && !(isMap(tmpfs) && Destination in tmpfs),
  );
  return anonymous.map(({ Name = '', Destination }) => ({ Type: 'volume', Source: Name, Target: Destination }));
}
