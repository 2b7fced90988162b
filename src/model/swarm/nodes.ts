import { getDb, findProp, type Snapshot } from '../../db/snapshot.ts';
import type { Facts, NodeFacts } from '../../host/facts.ts';
import type { Container } from '../container.ts';
import { DockerRecord } from '../docker-record.ts';

export const HOSTS = 'hosts';
/** The type of the records of servers with docksmith. */
const TYPE = 'docksmith';

/**
 * The nodes of the swarm, in the order of their names: as its managers see them, else as db `hosts` says, where a
 * worker, or a manager without a quorum, finds the addresses that it needs.
 */
export function listNodes(snapshot: Snapshot, facts: Pick<Facts, 'nodes'>): readonly NodeFacts[] {
  const known = facts.nodes ?? listHostNodes(snapshot);
  return known.filter(({ address }) => address !== '').toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function listHostNodes(snapshot: Snapshot): readonly NodeFacts[] {
  return [...getDb(snapshot, HOSTS)].flatMap(([name, { type }]) => {
    const prop = (of: string): string => findProp(snapshot, HOSTS, name, of) ?? '';
    if (type !== TYPE || prop('SwarmRole') === 'none') return [];
    return [
      {
        name,
        address: prop('Address'),
        role: prop('SwarmRole') === 'manager' ? 'manager' : 'worker',
        labels: Object.fromEntries(
          prop('NodeLabels')
            .split(',')
            .flatMap((label) => {
              const [, key, value] = /^([^=]+)=(.*)$/.exec(label.trim()) ?? [];
              return key === undefined || value === undefined ? [] : [[key, value] as const];
            }),
        ),
      } as const,
    ];
  });
}

/** Those that may run a service, by its `Placement`; whether they are up is for who asks them. */
export function listEligible({ placement }: Container, nodes: readonly NodeFacts[]): readonly NodeFacts[] {
  const tests = placement.constraints.map(parseConstraint);
  return nodes.filter((node) => tests.every((test) => test(node)));
}

/** What is not known of nodes here leaves no node out: at worst one is asked that never answers. */
function parseConstraint(text: string): (node: NodeFacts) => boolean {
  const [, name = '', operator, wanted = ''] = /^(.*?)\s*([!=]=)\s*(.*)$/.exec(text) ?? [];
  const isWanted = operator === '==';
  const label = /^node\.labels\.(.+)$/.exec(name)?.[1];
  const read =
    label !== undefined
      ? (node: NodeFacts): string => node.labels[label] ?? ''
      : name === 'node.role'
        ? (node: NodeFacts): string => node.role
        : name === 'node.hostname'
          ? (node: NodeFacts): string => node.name
          : undefined;
  return read === undefined ? () => true : (node) => (read(node) === wanted) === isWanted;
}

/** The nodes that run Apache for services: those that db `hosts` says, else all managers. */
export function listWebNodes(snapshot: Snapshot, nodes: readonly NodeFacts[]): readonly NodeFacts[] {
  const said = nodes.filter(({ name }) => findProp(snapshot, HOSTS, name, 'WebNode') === 'yes');
  return said.length > 0 ? said : nodes.filter(({ role }) => role === 'manager');
}

/** Whether Apache of this host is to lead to a container: to a service not every node does. */
export function isServedHere(
  { snapshot, isSwarmService }: Container,
  facts: Pick<Facts, 'nodes' | 'addresses'>,
): boolean {
  return !isSwarmService || isWebNode(snapshot, facts);
}

/** The nodes that Apache shares requests for a service among; none: it asks this host alone. */
export function listWebMembers(container: Container, facts: Pick<Facts, 'nodes'>): readonly NodeFacts[] {
  if (!container.isSwarmService || container.isOverMesh) return [];
  return listEligible(container, listNodes(container.snapshot, facts));
}

/**
 * Whether this host has Apache lead to services: as one of the nodes that do, or, where it is none that is known,
 * as a manager.
 */
export function isWebNode(snapshot: Snapshot, facts: Pick<Facts, 'nodes' | 'addresses'>): boolean {
  const nodes = listNodes(snapshot, facts);
  const own = nodes.find(({ address }) => facts.addresses.some((one) => one.address === address));
  if (own === undefined) return new DockerRecord(snapshot).swarm === 'manager';
  return listWebNodes(snapshot, nodes).includes(own);
}
