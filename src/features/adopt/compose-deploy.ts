import { findOwn } from '../../base/own.ts';
import type { Input } from '../../container/spec/input.ts';
import { readPublished } from '../../container/spec/published-port.ts';
import { readCount, readItems } from '../../container/spec/read-input.ts';
import { findEntry, isNothing, showInput, tryTo, withText } from './compose-input.ts';
import type { LeaveOut } from './compose-network.ts';

const FOR_SWARMS = 'only a swarm does something with it';

/** What `deploy.resources` calls a key of the service. */
const LIMITS: Readonly<Record<string, string>> = { cpus: 'cpus', memory: 'mem_limit', pids: 'pids_limit' };

/** How many containers a service is to be, and why it can only be one; undefined: it can be so many. */
export interface Scale {
  readonly count: number;
  readonly key: 'scale' | 'deploy.replicas';
  readonly whyOne: string | undefined;
}

export function readScale(service: Input): Scale {
  const scale = findEntry(service, 'scale');
  const said = scale ?? findField(findEntry(service, 'deploy'), 'replicas');
  const count = said === undefined || isNothing(said) ? 1 : readCount(said);
  return {
    count,
    key: scale === undefined ? 'deploy.replicas' : 'scale',
    whyOne: count > 1 ? findWhyOne(service, count) : undefined,
  };
}

/** What only one container can have; of a second one Compose reports that the engine refuses it. */
function findWhyOne(service: Input, count: number): string | undefined {
  const name = findEntry(service, 'container_name');
  if (name !== undefined && !isNothing(name)) return `its container_name "${showInput(name)}" is that of one container`;
  for (const { host } of tryTo(() => readItems(findEntry(service, 'ports') ?? service, readPublished)).result?.flat() ??
    []) {
    const [first = 0, last = first] = host.split('-').map(Number);
    if (host !== '' && last - first + 1 < count)
      return `port ${host} of this server can be published by ${last - first + 1} of them: a range has room for more`;
  }
  for (const [network, endpoint] of findEntry(service, 'networks')?.entries ?? [])
    for (const field of ['ipv4_address', 'ipv6_address', 'mac_address'])
      if (findEntry(endpoint, field) !== undefined) return `its ${field} on network "${network}" is that of one`;
  return undefined;
}

/**
 * A service with what its `deploy` means for one host said by keys of its own, as Compose takes it; a key of the
 * service itself wins.
 * @param ignore told of what only swarms read
 */
export function withDeploy(service: Input, ignore: LeaveOut): Input {
  const deploy = findEntry(service, 'deploy');
  const made: (readonly [string, Input])[] = [];
  for (const [field, held] of deploy?.entries ?? []) {
    if (field === 'replicas' || isNothing(held) || field.startsWith('x-')) continue;
    if (field === 'restart_policy') made.push(...readRestart(held, ignore));
    else if (field === 'resources') made.push(...readResources(held, ignore));
    else if (field !== 'mode' || showInput(held) !== 'replicated')
      ignore(`deploy.${field}`, showInput(held), FOR_SWARMS);
  }
  const own = (service.entries ?? []).filter(([key]) => key !== 'deploy');
  return { ...service, entries: [...own, ...made.filter(([key]) => !own.some(([other]) => other === key))] };
}

function readRestart(policy: Input, ignore: LeaveOut): readonly (readonly [string, Input])[] {
  const [condition, attempts] = [findEntry(policy, 'condition'), findEntry(policy, 'max_attempts')];
  for (const [field, held] of policy.entries ?? [])
    if (field !== 'condition' && field !== 'max_attempts')
      ignore(`deploy.restart_policy.${field}`, showInput(held), 'the engine waits longer after each failure by itself');
  const said = condition === undefined ? 'any' : showInput(condition);
  const restart =
    said === 'none'
      ? 'no'
      : said === 'on-failure'
        ? `on-failure${attempts === undefined ? '' : `:${showInput(attempts)}`}`
        : 'always';
  return [['restart', withText(condition ?? policy, restart)]];
}

function readResources(resources: Input, ignore: LeaveOut): readonly (readonly [string, Input])[] {
  return (resources.entries ?? []).flatMap(([part, held]) =>
    (held.entries ?? []).flatMap(([field, value]): readonly (readonly [string, Input])[] => {
      const key = part === 'limits' ? findOwn(LIMITS, field) : undefined;
      if (key !== undefined) return [[key, value]];
      if (part === 'reservations' && field === 'memory') return [['mem_reservation', value]];
      if (part === 'reservations' && field === 'devices') return [['gpus', value]];
      ignore(`deploy.resources.${part}.${field}`, showInput(value), FOR_SWARMS);
      return [];
    }),
  );
}

function findField(input: Input | undefined, name: string): Input | undefined {
  return input === undefined ? undefined : findEntry(input, name);
}
