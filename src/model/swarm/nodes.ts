import { Failure } from '../../base/errors.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Facts, NodeFacts } from '../../host/facts.ts';
import { type Container, listEnabled } from '../container.ts';
import { DockerRecord } from '../docker-record.ts';
import { DocksmithRecord } from '../docksmith-record.ts';
import { listNodeRecords } from './node-record.ts';

/**
 * The nodes of the swarm, in the order of their names: as its managers see them, else as db `hosts` says, where a
 * worker, or a manager without a quorum, finds the addresses that it needs.
 */
export function listNodes(snapshot: Snapshot, facts: Pick<Facts, 'nodes'>): readonly NodeFacts[] {
  const known = facts.nodes ?? listHostNodes(snapshot);
  return known.filter(({ address }) => address !== '').toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function listHostNodes(snapshot: Snapshot): readonly NodeFacts[] {
  const { hostName } = new DocksmithRecord(snapshot);
  return listNodeRecords(snapshot).map(({ key, address, role, labels = {} }) => ({
    name: key,
    address,
    role: role === 'manager' ? 'manager' : 'worker',
    labels,
    isOwn: key === hostName,
  }));
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
  const records = listNodeRecords(snapshot).filter(({ isWebNode }) => isWebNode);
  const said = nodes.filter(({ name }) => records.some((record) => record.isCalled(name)));
  return said.length > 0 ? said : nodes.filter(({ role }) => role === 'manager');
}

/** Whether Apache of this host is to lead to a container: to a service not every node does. */
export function isServedHere({ snapshot, isSwarmService }: Container, facts: Pick<Facts, 'nodes'>): boolean {
  return !isSwarmService || isWebNode(snapshot, facts);
}

/** A port by which Apache of some nodes reaches a service, and which nothing else is to reach. */
export interface ServiceWebPort {
  readonly container: string;
  readonly port: number;
}

/** Those of all enabled services, on whichever nodes they run. */
export function listServiceWebPorts(snapshot: Snapshot): readonly ServiceWebPort[] {
  return listEnabled(snapshot).flatMap(({ key, isSwarmService, hasWeb, claimedWebPort }) =>
    isSwarmService && hasWeb && claimedWebPort !== undefined ? [{ container: key, port: claimedWebPort }] : [],
  );
}

/** The nodes that Apache shares requests for a service among; none: it asks this host alone. */
export function listWebMembers(container: Container, facts: Pick<Facts, 'nodes'>): readonly NodeFacts[] {
  if (!container.isSwarmService || container.isOverMesh) return [];
  return listEligible(container, listNodes(container.snapshot, facts));
}

/** A manager that does not know the nodes leaves what it knew before as it is: it makes nothing of half of it. */
export function* checkNodesKnown(container: Container, facts: Facts): Generator<Failure> {
  const { snapshot, key, isSwarmService, isOverMesh } = container;
  if (!isSwarmService || isOverMesh || new DockerRecord(snapshot).swarm !== 'manager') return;
  const nodes = listNodes(snapshot, facts);
  if (nodes.length === 0)
    yield new Failure(`cannot have Apache lead to service "${key}"`, {
      why: 'the swarm does not say its nodes, and no record of db hosts has a NodeAddress',
      hint: 'docksmith swarm status',
    });
  else if (listWebMembers(container, facts).length === 0)
    yield new Failure(`cannot have Apache lead to service "${key}"`, {
      why: `no node has what its Placement asks for: ${container.placement.constraints.join(', ')}`,
      hint: 'docksmith swarm nodes',
    });
}

/** Whether this host is one of the nodes that run Apache for services. */
function isWebNode(snapshot: Snapshot, facts: Pick<Facts, 'nodes'>): boolean {
  return listWebNodes(snapshot, listNodes(snapshot, facts)).some(({ isOwn }) => isOwn);
}
