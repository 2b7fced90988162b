import type { Input } from '../../../container/spec/input.ts';
import { findEntry, withEntries, withEntry, withoutEntry, withText } from '../../../compose/inputs.ts';

/** Keys of a run spec, and where a stack says the same. */
const MOVED: readonly (readonly [key: string, path: readonly string[]])[] = [
  ['mem_limit', ['resources', 'limits', 'memory']],
  ['cpus', ['resources', 'limits', 'cpus']],
  ['pids_limit', ['resources', 'limits', 'pids']],
  ['mem_reservation', ['resources', 'reservations', 'memory']],
];

/**
 * A service of a stack file: one of a swarm in any case, so `deploy` has replicas. What has a key, and so a prop, of
 * its own is said by that: limits and the policy of restarts.
 */
export function withStackDeploy(service: Input): Input {
  let deploy = findEntry(service, 'deploy') ?? withEntries(service, []);
  const made: (readonly [string, Input])[] = [];
  for (const [key, path] of MOVED) {
    const held = path.reduce<Input | undefined>((input, name) => input && findEntry(input, name), deploy);
    if (held === undefined) continue;
    made.push([key, held]);
    deploy = without(deploy, path);
  }
  const policy = findEntry(deploy, 'restart_policy');
  if (policy !== undefined) {
    const [condition, attempts] = ['condition', 'max_attempts'].map((name) => findEntry(policy, name)?.scalar);
    made.push(['restart', withText(policy, formatRestart(String(condition ?? 'any'), attempts))]);
    deploy = without(deploy, ['restart_policy', 'condition']);
    if (condition === 'on-failure') deploy = without(deploy, ['restart_policy', 'max_attempts']);
  }
  if (policy === undefined) made.push(['restart', withText(service, 'always')]);
  const isGlobal = findEntry(deploy, 'mode')?.scalar === 'global';
  if (!isGlobal && findEntry(deploy, 'replicas') === undefined)
    deploy = withEntry(deploy, 'replicas', withText(deploy, '1'));
  const own = (service.entries ?? []).filter(([key]) => key !== 'deploy' && !made.some(([other]) => other === key));
  return withEntries(service, [...own, ...made, ['deploy', deploy]]);
}

function formatRestart(condition: string, attempts: Input['scalar']): string {
  if (condition === 'none') return 'no';
  if (condition !== 'on-failure') return 'always';
  return attempts === undefined || attempts === null ? condition : `${condition}:${String(attempts)}`;
}

/** Without what is at a path, and without maps that have nothing left. */
function without(input: Input, [name = '', ...below]: readonly string[]): Input {
  const held = findEntry(input, name);
  if (held === undefined) return input;
  const rest = below.length === 0 ? undefined : without(held, below);
  return rest === undefined || rest.entries?.length === 0 ? withoutEntry(input, name) : withEntry(input, name, rest);
}
