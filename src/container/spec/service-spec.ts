import { CARRIED } from '../../model/swarm/carried.ts';
import { collectAll, type Input } from './input.ts';
import { type DeclaredKept, type KeptReference, readKeptReferences } from './kept/kept-references.ts';
import { getDeploy } from './keys/deploy.ts';
import { parseMounted } from './mounted.ts';
import type { NetworkDefinition } from './network-definition.ts';
import { formatPublished, parsePublished, readPublished } from './published-port.ts';
import { readText } from './read-input.ts';
import { isList, type Value } from './value.ts';

/** Whether a swarm runs it. */
export function isService({ values }: { readonly values: Readonly<Record<string, Value>> }): boolean {
  return getDeploy(values) !== undefined;
}

/**
 * What is said of a service beside its values, and refuses what no swarm can carry, at its line: what records say of
 * it is refused before.
 * @returns its ports that the nodes publish which run a task, as `ports` writes them, and what the swarm keeps for it
 */
export function readServicePart(
  service: Input,
  values: Readonly<Record<string, Value>>,
  { networks, ...declared }: DeclaredKept & { readonly networks: readonly NetworkDefinition[] },
): { readonly hostPorts?: readonly string[]; readonly kept?: readonly KeptReference[] } {
  const kept = readKeptReferences(service, declared);
  if (getDeploy(values) === undefined) {
    const [first] = kept;
    return first === undefined
      ? {}
      : service.refuse(
          `the ${first.kind} "${first.name}" is kept by a swarm, and this is a container of one host`,
          'Replicas makes it a service of the swarm',
        );
  }
  collectAll(service.entries ?? [], ([key, input]) => checkKey(key, input, values, networks));
  return {
    hostPorts: listHostPorts(service),
    ...(kept.length === 0 ? {} : { kept }),
  };
}

/** Its ports that the nodes publish which run a task, as `ports` writes them. */
export function listHostPorts(service: Input): readonly string[] {
  const ports = service.entries?.find(([key]) => key === 'ports')?.[1].items ?? [];
  const isHost = ({ entries = [] }: Input): boolean =>
    entries.some(([key, value]) => key === 'mode' && readText(value) === 'host');
  return ports.filter(isHost).flatMap(readPublished).map(formatPublished);
}

function checkKey(
  key: string,
  input: Input,
  values: Readonly<Record<string, Value>>,
  networks: readonly NetworkDefinition[],
): void {
  const row = CARRIED[key];
  const value = values[key];
  // a flag that is off, and an empty list, ask for nothing
  const isIdle = value === false || (typeof value === 'object' && Object.keys(value).length === 0);
  if (row?.how === 'refused' && !isIdle) return input.refuse(`a swarm cannot carry it: ${row.words}`);
  if (key === 'network_mode' && input.scalar !== 'bridge')
    return input.refuse('a service is on overlay networks, or on none of its own', 'name one in networks');
  if (key === 'networks') for (const network of networks) checkNetwork(input, network);
  if (key === 'ports' && value !== undefined && isList(value))
    for (const text of value) {
      const address = parsePublished(text)?.address ?? '';
      if (address !== '') input.refuse(`a swarm publishes on all addresses of a node, and not on ${address} alone`);
    }
  if (key === 'volumes' && value !== undefined && isList(value))
    for (const { source, target } of value.map(parseMounted))
      if (source === '') input.refuse(`the volume at ${target} needs a name: a task has nothing that outlives it`);
}

function checkNetwork(input: Input, { name, driver, external }: NetworkDefinition): void {
  if (driver !== 'overlay' && !external)
    input.refuse(`network "${name}" has the driver ${driver}, and is one of a single host`, 'a service needs overlay');
  const own = input.entries?.find(([key]) => key === name)?.[1];
  for (const [field, value] of own?.entries ?? [])
    if (field !== 'aliases' && field !== 'driver_opts' && field !== 'priority')
      value.refuse('a swarm gives the addresses of tasks by itself');
}
