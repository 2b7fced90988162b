import { showable } from '../../base/showable.ts';
import type { SwarmNode } from '../../engine/swarm-engine.ts';
import type { SwarmView } from '../../features/swarm/swarm-view.ts';
import type { SwarmOperation } from '../../flow/swarm/swarm-operation.ts';
import { formatTable, formatTerms } from './terminal.ts';

/** `update web2: promoted to manager` */
export function formatSwarmOperation({ verb, name, cause }: SwarmOperation): string {
  return showable(`${verb} ${name}: ${cause}`);
}

export function jsonSwarmOperation({ verb, name, cause }: SwarmOperation): unknown {
  return { verb, name, cause };
}

/** What this host is, a line each. */
export function formatSwarm(view: SwarmView, width: number): string {
  const { wanted, membership, nodes, lack, plan, hasMesh } = view;
  const leader = nodes?.find(({ manager }) => manager?.isLeader === true);
  const rows: readonly (readonly [string, string])[] = [
    ['record', `docker Swarm ${wanted.role}`],
    ['engine', formatMembership(view)],
    ...(membership.address === '' ? [] : [['address', membership.address] as const]),
    ...(membership.managers.length === 0
      ? []
      : [
          [
            'managers',
            membership.managers
              .map(({ address }) => address)
              .sort()
              .join(', '),
          ] as const,
        ]),
    ...(leader === undefined ? [] : [['leader', leader.hostName] as const]),
    ...(nodes === undefined ? [] : [['nodes', countNodes(nodes)] as const]),
    ...(lack === undefined
      ? []
      : [['managers say', `${lack.why}${lack.hint === undefined ? '' : `; ${lack.hint}`}`] as const]),
    ['routing mesh', hasMesh ? 'possible' : 'not on this kernel (no IP_VS): publish by mode host, endpoint_mode dnsrr'],
    ...plan.operations.map((operation) => ['to do', formatSwarmOperation(operation)] as const),
    ...plan.notes.map((note) => ['note', note] as const),
    ...(lack === undefined ? plan.mistakes : []).map(
      ({ message, hint }) => ['to do', `${message}${hint === undefined ? '' : `; ${hint}`}`] as const,
    ),
  ];
  return formatTerms(
    rows.map(([name, words]) => [name, showable(words)] as const),
    width,
  );
}

function formatMembership({ membership: { state, isManager, error } }: SwarmView): string {
  if (state === 'inactive') return 'in no swarm';
  const part = state === 'active' ? `in a swarm as ${isManager ? 'manager' : 'worker'}` : `in a swarm, ${state}`;
  return error === '' ? part : `${part}: ${error}`;
}

function countNodes(nodes: readonly SwarmNode[]): string {
  const managers = nodes.filter(({ role }) => role === 'manager').length;
  const down = nodes.filter(({ state }) => state !== 'ready').map(({ hostName }) => hostName);
  return `${nodes.length}, ${managers} of them managers${down.length === 0 ? '' : `; not ready: ${down.join(', ')}`}`;
}

export function formatNodes({ membership, nodes }: SwarmView): string {
  if (nodes === undefined)
    return {
      active: 'this host is a worker, and only managers know the nodes\n',
      inactive: 'this host is in no swarm\n',
      other: 'this host takes no part in a swarm yet: docksmith swarm status says why\n',
    }[membership.state === 'active' || membership.state === 'inactive' ? membership.state : 'other'];
  return formatTable([
    ['NODE', 'ROLE', 'STATE', 'AVAILABILITY', 'ADDRESS', 'ENGINE', 'LABELS'],
    ...sorted(nodes).map((node) =>
      [
        node.hostName,
        formatRole(node),
        node.state,
        node.availability,
        node.address,
        node.engineVersion,
        formatLabels(node),
      ].map(showable),
    ),
  ]);
}

function formatRole({ role, manager }: SwarmNode): string {
  if (manager === undefined) return role;
  if (manager.isLeader) return 'leader';
  return manager.reachability === 'reachable' ? 'manager' : `manager (${manager.reachability})`;
}

function formatLabels({ labels }: SwarmNode): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(',');
}

function sorted(nodes: readonly SwarmNode[]): readonly SwarmNode[] {
  return nodes.toSorted((a, b) => (a.hostName < b.hostName ? -1 : 1));
}

export function jsonNodes({ nodes }: SwarmView): unknown {
  return nodes === undefined ? [] : sorted(nodes);
}

export function jsonSwarm({ wanted, membership, nodes, lack, plan, hasMesh }: SwarmView): unknown {
  return {
    wanted: wanted.role,
    ...membership,
    ...(nodes === undefined ? {} : { nodes: nodes.length }),
    ...(lack === undefined ? {} : { lack: lack.message }),
    hasRoutingMesh: hasMesh,
    operations: plan.operations.map(jsonSwarmOperation),
    notes: plan.notes,
    mistakes: plan.mistakes.map(({ message, hint }) => ({ message, hint })),
  };
}
