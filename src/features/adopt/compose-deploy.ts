import type { Input } from '../../container/spec/input.ts';
import { findEntry, isNothing, showInput, withText } from './compose-input.ts';
import type { LeaveOut } from './compose-network.ts';

const FOR_SWARMS = 'only a swarm does something with it';
const ONE = 'a record makes one container';

/** What `deploy.resources` calls a key of the service. */
const LIMITS: Readonly<Record<string, string>> = { cpus: 'cpus', memory: 'mem_limit', pids: 'pids_limit' };

/**
 * A service with what its `deploy` and `scale` mean for one host said by keys of its own, as Compose takes it; a key
 * of the service itself wins.
 */
export function withDeploy(service: Input, leaveOut: LeaveOut): Input {
  const deploy = findEntry(service, 'deploy');
  const scale = findEntry(service, 'scale');
  const made: (readonly [string, Input])[] = [];
  const count = scale ?? findField(deploy, 'replicas');
  if (count !== undefined && showInput(count) !== '1')
    leaveOut(scale === undefined ? 'deploy.replicas' : 'scale', showInput(count), ONE);
  for (const [field, held] of deploy?.entries ?? []) {
    if (field === 'replicas' || isNothing(held) || field.startsWith('x-')) continue;
    if (field === 'restart_policy') made.push(...readRestart(held, leaveOut));
    else if (field === 'resources') made.push(...readResources(held, leaveOut));
    else if (field !== 'mode' || showInput(held) !== 'replicated')
      leaveOut(`deploy.${field}`, showInput(held), FOR_SWARMS);
  }
  const own = (service.entries ?? []).filter(([key]) => key !== 'deploy' && key !== 'scale');
  return { ...service, entries: [...own, ...made.filter(([key]) => !own.some(([other]) => other === key))] };
}

function readRestart(policy: Input, leaveOut: LeaveOut): readonly (readonly [string, Input])[] {
  const [condition, attempts] = [findEntry(policy, 'condition'), findEntry(policy, 'max_attempts')];
  for (const [field, held] of policy.entries ?? [])
    if (field !== 'condition' && field !== 'max_attempts')
      leaveOut(
        `deploy.restart_policy.${field}`,
        showInput(held),
        'the engine waits longer after each failure by itself',
      );
  const said = condition === undefined ? 'any' : showInput(condition);
  const restart =
    said === 'none'
      ? 'no'
      : said === 'on-failure'
        ? `on-failure${attempts === undefined ? '' : `:${showInput(attempts)}`}`
        : 'always';
  return [['restart', withText(condition ?? policy, restart)]];
}

function readResources(resources: Input, leaveOut: LeaveOut): readonly (readonly [string, Input])[] {
  return (resources.entries ?? []).flatMap(([part, held]) =>
    (held.entries ?? []).flatMap(([field, value]): readonly (readonly [string, Input])[] => {
      const key = part === 'limits' ? LIMITS[field] : undefined;
      if (key !== undefined) return [[key, value]];
      if (part === 'reservations' && field === 'memory') return [['mem_reservation', value]];
      if (part === 'reservations' && field === 'devices') return [['gpus', value]];
      leaveOut(`deploy.resources.${part}.${field}`, showInput(value), FOR_SWARMS);
      return [];
    }),
  );
}

function findField(input: Input | undefined, name: string): Input | undefined {
  return input === undefined ? undefined : findEntry(input, name);
}
