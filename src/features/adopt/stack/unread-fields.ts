import type { ServiceBody } from '../../../engine/swarm-api.ts';
import type { LeftOut } from '../candidate.ts';
import { isBlank } from '../unsupported.ts';

/** Fields of a service that become values, by the path to where they are; what is not among them is no prop's. */
const READ: Readonly<Record<string, readonly string[]>> = {
  '': ['Name', 'Labels', 'TaskTemplate', 'Mode', 'UpdateConfig', 'RollbackConfig', 'EndpointSpec', 'Networks'],
  TaskTemplate: [
    ...['ContainerSpec', 'Resources', 'RestartPolicy', 'Placement', 'Networks', 'LogDriver', 'ForceUpdate', 'Runtime'],
  ],
  'TaskTemplate.Placement': ['Constraints', 'Preferences', 'MaxReplicas', 'Platforms'],
  'TaskTemplate.Resources.Limits': ['NanoCPUs', 'MemoryBytes', 'Pids'],
  'TaskTemplate.Resources.Reservations': ['NanoCPUs', 'MemoryBytes'],
  'TaskTemplate.ContainerSpec': [
    ...['Image', 'Labels', 'Command', 'Args', 'Hostname', 'Env', 'Dir', 'User', 'Groups', 'TTY', 'OpenStdin'],
    ...['ReadOnly', 'Init', 'Mounts', 'StopSignal', 'StopGracePeriod', 'Healthcheck', 'Hosts', 'DNSConfig'],
    ...['Sysctls', 'CapabilityAdd', 'CapabilityDrop', 'Ulimits', 'Secrets', 'Configs'],
  ],
};

/** What is so where nothing is said. */
const USUAL: Readonly<Record<string, unknown>> = { Isolation: 'default' };

/** What a service has and no prop says. A field that an engine of tomorrow adds is among it. */
export function listUnread(body: ServiceBody): readonly LeftOut[] {
  return Object.entries(READ).flatMap(([path, read]) => {
    const held = path
      .split('.')
      .filter(Boolean)
      .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], body);
    return Object.entries(held ?? {})
      .filter(([name, value]: [string, unknown]) => !read.includes(name) && !isBlank(value) && USUAL[name] !== value)
      .map(([name, value]: [string, unknown]) => ({
        name: body.Name,
        key: path === '' ? name : `${path}.${name}`,
        value: typeof value === 'string' ? value : JSON.stringify(value),
        why: 'no prop says it: it stays as it is',
      }));
  });
}
