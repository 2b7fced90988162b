import type { NetworkSummary } from '../../../engine/engine.ts';
import type { Actual } from '../../actual/actual.ts';
import { makeEndpoint, readJoined } from '../../spec/endpoints.ts';
import { isOurs } from '../../spec/names.ts';
import type { NetworkDefinition } from '../../spec/network-definition.ts';
import { endpointOn, listWanted } from '../decide-networks.ts';
import type { DesiredContainer } from '../desired.ts';
import type { NetworkOperation, NetworkUser, Operation, ReplacedNetwork } from '../operation.ts';

/** Why a network cannot be made again, and what to do. */
export interface Refused {
  readonly why: string;
  readonly hint: string;
}

export function refuseNetwork({ name }: NetworkDefinition): Refused {
  return {
    why: 'the engine cannot change an existing network',
    hint: `stop and remove its containers, docker network rm ${name}, and repeat the event`,
  };
}

/**
 * Containers of ours are put on the new network as they were on the old one, or as they are to be. Those of others are
 * not touched.
 */
export function replaceNetwork(
  wanted: NetworkDefinition,
  there: NetworkSummary,
  containers: readonly DesiredContainer[],
  actual: Actual,
): ReplacedNetwork | Refused {
  // one of a swarm may have users on any node
  if (!isOurs(there) || [wanted.driver, there.driver].includes('overlay')) return refuseNetwork(wanted);
  const ours = [...actual.containers.values()];
  const foreign = (actual.networkUsers.get(there.name) ?? []).filter(
    (user) => !ours.some(({ nameNow }) => nameNow === user),
  );
  if (foreign.length > 0)
    return {
      why: `${foreign.join(', ')} on it ${foreign.length === 1 ? 'is' : 'are'} not docksmith's`,
      hint: `docker network disconnect ${there.name} ${foreign[0] ?? ''}`,
    };
  return {
    network: there,
    users: ours.flatMap(({ id, name, inspect }): readonly NetworkUser[] => {
      const now = readJoined(inspect)[there.name];
      if (now === undefined) return [];
      const before = makeEndpoint(now);
      const container = containers.find((one) => one.name === name);
      if (container?.state !== 'running') return [{ id, before, after: { ...before, IPAMConfig: undefined } }];
      const isWanted = there.name in (listWanted(container.spec) ?? {});
      return [{ id, before, after: isWanted ? endpointOn(container.spec, there.name) : undefined }];
    }),
  };
}

/** Who is on a network that is made again is put on it, or taken off it, with that. */
export function isDoneWith(networks: readonly NetworkOperation[], operation: Operation): boolean {
  if (operation.verb !== 'connect' && operation.verb !== 'disconnect') return false;
  const replaced = networks.find(({ name }) => name === operation.network)?.replaced;
  return replaced?.users.some(({ id }) => id === operation.id) === true;
}
