import { Failure } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import { overlaps } from '../../model/network/network.ts';
import { parseSubnet } from '../../model/network/networks.ts';
import type { Actual } from '../actual/actual.ts';
import type { DesiredContainer } from './desired.ts';
import { readJoined } from '../spec/endpoints.ts';
import type { NetworkSummary } from '../../engine/engine.ts';
import { MANAGED_LABEL } from '../spec/names.ts';
import type { NetworkDefinition } from '../spec/network-definition.ts';
import { listMismatches } from './made/network-mismatches.ts';
import { type Refused, refuseNetwork } from './made/replaced-network.ts';
import type { NetworkOperation, Operation, ReplacedNetwork } from './operation.ts';

/**
 * Networks that are to be made, and those of a wanted name that are not as wanted: a network cannot be changed.
 * @param replace what is to be known for one of them to be made again, or why that cannot be; absent: none is
 */
export function planNetworks(
  wanted: readonly DesiredContainer[],
  actual: Pick<Actual, 'networks'>,
  avoid: readonly string[],
  replace: (wanted: NetworkDefinition, there: NetworkSummary) => ReplacedNetwork | Refused = refuseNetwork,
): { readonly operations: readonly NetworkOperation[]; readonly failures: readonly Failure[] } {
  const users = new Map<string, { definition: NetworkDefinition; names: string[] }>();
  for (const container of wanted) {
    if (container.state !== 'running') continue;
    for (const definition of container.spec.networks) {
      const user = users.get(definition.name) ?? { definition, names: [] };
      users.set(definition.name, { ...user, names: [...user.names, container.name] });
    }
  }
  const taken = [
    ...avoid,
    ...[...actual.networks.values()].flatMap(({ addresses }) => addresses.map(({ subnet }) => subnet)),
  ];
  const operations: NetworkOperation[] = [];
  const failures: Failure[] = [];
  for (const { definition, names } of users.values()) {
    const there = actual.networks.get(definition.name);
    const { name, labels } = definition;
    const mismatches = there === undefined || definition.external ? [] : listMismatches(definition, there);
    const replaced = there === undefined || mismatches.length === 0 ? undefined : replace(definition, there);
    if (replaced !== undefined && 'why' in replaced)
      failures.push(
        new Failure(`cannot change network "${name}"`, {
          why: `it exists with ${mismatches.join(', ')}, and ${replaced.why}`,
          hint: replaced.hint,
        }),
      );
    else if (there !== undefined && replaced === undefined) continue;
    else if (definition.external) {
      failures.push(
        new Failure(`cannot use network "${definition.name}"`, {
          why: `${names.join(', ')} ${names.length === 1 ? 'needs' : 'need'} it, and the engine has no such network`,
          hint: `docker network create ${definition.name}`,
        }),
      );
    } else {
      const addresses =
        definition.addresses.length > 0 || definition.driver !== 'bridge'
          ? definition.addresses
          : there === undefined || there.driver !== 'bridge'
            ? findFreeSubnet(taken)
            : there.addresses.filter(({ subnet }) =>
                subnet.includes(':') ? definition.ipv6 : definition.ipv4 !== false,
              );
      taken.push(...addresses.map(({ subnet }) => subnet));
      const create = { ...definition, addresses, labels: { ...labels, [MANAGED_LABEL]: 'true' } };
      const users = names.sort(compareBytes).join(', ');
      operations.push(
        replaced === undefined
          ? { verb: 'network', name, create, cause: `wanted by ${users}` }
          : { verb: 'network', name, create, replaced, cause: `${mismatches.join(', ')}; made again for ${users}` },
      );
    }
  }
  return { operations: operations.sort((a, b) => compareBytes(a.name, b.name)), failures };
}

/**
 * The lowest /24 of 172.18.0.0 to 172.31.255.0 that meets nothing. The engine itself hands out
 * 31 networks and knows nothing of local networks behind a router.
 */
function findFreeSubnet(taken: readonly string[]): NetworkDefinition['addresses'] {
  const networks = taken.map(parseSubnet).filter((network) => network !== undefined);
  for (let n = 18 * 256; n < 32 * 256; n++) {
    const subnet = `172.${n >> 8}.${n & 255}.0/24`;
    const network = parseSubnet(subnet);
    if (network !== undefined && !networks.some((other) => overlaps(network, other))) return [{ subnet }];
  }
  return [];
}

/** Networks of ours that have no containers and that no run spec names, once the operations are done. */
export function planNetworkRemovals(operations: readonly Operation[], actual: Actual): readonly Operation[] {
  const isReplaced = (network: string): boolean =>
    operations.some(({ verb, name }) => verb === 'network' && name === network);
  return [...actual.networkUsers].flatMap(([network, running]): readonly Operation[] => {
    if (isReplaced(network)) return [];
    const ours = [...actual.containers.values()];
    const staying = ours.filter(
      ({ id, inspect }) =>
        network in readJoined(inspect) &&
        !operations.some(
          (operation) =>
            'id' in operation &&
            operation.id === id &&
            (operation.verb === 'recreate' ||
              operation.verb === 'remove' ||
              (operation.verb === 'disconnect' && operation.network === network)),
        ),
    );
    const foreign = running.filter((name) => !ours.some(({ nameNow }) => nameNow === name));
    return staying.length + foreign.length > 0
      ? []
      : [{ verb: 'remove', name: `network ${network}`, network, cause: 'no container uses it' }];
  });
}
