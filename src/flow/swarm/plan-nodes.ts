import { Failure } from '../../base/errors.ts';
import { SECRETS } from '../../db/secret-values.ts';
import type { Availability, JoinTokens, NodeChange, SwarmNode } from '../../engine/swarm-engine.ts';
import type { NodeRecord } from '../../model/swarm/node-record.ts';
import { tokenKey, type WantedSwarm } from '../../model/swarm/wanted-swarm.ts';
import { listNodeAddresses } from './node-address.ts';
import { type ActualSwarm, planOf, type SwarmOperation, type SwarmPlan } from './swarm-operation.ts';

/** Of a manager: the nodes that have records, itself among them. */
export function planNodes(wanted: WantedSwarm, { membership, nodes = [], tokens, lack }: ActualSwarm): SwarmPlan {
  if (lack !== undefined) return planOf({ mistakes: [lack] });
  const operations: NodeOperation[] = [];
  const notes: string[] = [];
  for (const record of wanted.nodes) {
    const called = nodes.filter(({ hostName }) => record.isCalled(hostName));
    // one that left and joined again is there twice, and for some seconds the old one counts as ready
    const ready = called.filter(({ state }) => state === 'ready').toSorted((a, b) => b.version - a.version);
    const node = ready[0] ?? called[0];
    const isOwn = node?.id === membership.node;
    if (node === undefined) {
      notes.push(...explainAbsence(record, nodes));
      continue;
    }
    for (const old of called.filter((one) => one !== node && one.state === 'down'))
      notes.push(`${record.key} was in the swarm before, as a node that is down: docker node rm ${old.id}`);
    const operation = planNode(record, node, isOwn ? wanted.role : '');
    if (operation === undefined) continue;
    operations.push(operation);
  }
  const own = nodes.find(({ id }) => id === membership.node);
  if (own !== undefined && !wanted.nodes.some((record) => record.isCalled(own.hostName)))
    operations.push(...planOwnRole(wanted, own));
  const managers = nodes.filter(
    (node) => (operations.find((one) => one.node === node)?.change.role ?? node.role) === 'manager',
  );
  const mistakes = checkManagers(nodes, managers, operations);
  if (managers.length > 0 && managers.length % 2 === 0)
    notes.push(
      `an even number of managers (${managers.length}) bears no more losses than ${managers.length - 1}: ` +
        `promote or demote one (SwarmRole)`,
    );
  return planOf({ operations: [...planTokens(wanted, tokens), ...operations], notes, mistakes });
}

/** A record that says something of a node that there is not, or not under that name. */
function explainAbsence(
  { key, role, labels, availability, isWebNode, address }: NodeRecord,
  nodes: readonly SwarmNode[],
): readonly string[] {
  if (role === '' && labels === undefined && availability === 'active' && !isWebNode) return [];
  const other = nodes.find((node) => address !== '' && listNodeAddresses(node).includes(address));
  return other === undefined
    ? [`${key} of db hosts has not joined the swarm`]
    : [
        `hosts ${key} has no effect, since the engine at its NodeAddress ${address} calls itself ${other.hostName}: ` +
          `name the host and its record ${other.hostName}`,
      ];
}

type NodeOperation = Extract<SwarmOperation, { readonly kind: 'node' }>;

function planNode(record: NodeRecord, node: SwarmNode, ownRole: WantedSwarm['role'] | ''): NodeOperation | undefined {
  const { key, labels, availability } = record;
  const role = record.role || (ownRole === 'none' ? '' : ownRole);
  const causes = [
    ...(role === '' || role === node.role ? [] : [role === 'manager' ? 'promoted to manager' : 'demoted to worker']),
    ...(availability === node.availability ? [] : [`Availability ${node.availability} -> ${availability}`]),
    ...(labels === undefined || isSame(labels, node.labels)
      ? []
      : [`NodeLabels ${format(node.labels)} -> ${format(labels)}`]),
  ];
  if (causes.length === 0) return undefined;
  const change: NodeChange = {
    ...(role === '' ? {} : { role: role as 'manager' | 'worker' }),
    availability: availability as Availability,
    ...(labels === undefined ? {} : { labels }),
  };
  return { kind: 'node', verb: 'update', name: key, node, change, cause: causes.join(', ') };
}

/** Without a record in db `hosts`: what the record docker says. */
function planOwnRole({ role }: WantedSwarm, node: SwarmNode): readonly NodeOperation[] {
  if (role !== 'worker') return [];
  const change = { role } as const;
  return [{ kind: 'node', verb: 'update', name: node.hostName, node, change, cause: 'demoted to worker' }];
}

/** A swarm without managers cannot be changed any more, and one whose managers do not answer neither. */
function checkManagers(
  nodes: readonly SwarmNode[],
  managers: readonly SwarmNode[],
  operations: readonly NodeOperation[],
): readonly Failure[] {
  const demoted = operations.flatMap(({ name, node, change }) =>
    node.role === 'manager' && change.role === 'worker' ? [name] : [],
  );
  if (demoted.length === 0 || nodes.length === 0) return [];
  const what = `cannot demote ${demoted.map((name) => `"${name}"`).join(', ')}`;
  if (managers.length === 0)
    return [
      new Failure(what, {
        why: 'the swarm would have no manager',
        hint: 'promote another node first: db hosts setprop HOST SwarmRole manager',
      }),
    ];
  const answering = managers.filter(
    ({ manager, role }) => role === 'worker' || manager?.reachability === 'reachable',
  ).length;
  const needed = Math.floor(managers.length / 2) + 1;
  return answering >= needed
    ? []
    : [
        new Failure(what, {
          why: `of the ${managers.length} managers that would be left only ${answering} answer, and ${needed} are needed`,
          hint: 'start the engines of the others first, or demote those that are lost',
        }),
      ];
}

/** They change when they are rotated by hand, too. */
function planTokens({ tokens }: WantedSwarm, actual: JoinTokens | undefined): readonly SwarmOperation[] {
  if (actual === undefined) return [];
  return (['manager', 'worker'] as const).flatMap((role) =>
    tokens[role] === actual[role]
      ? []
      : [
          {
            kind: 'token',
            verb: 'store',
            name: tokenKey(role),
            role,
            cause: tokens[role] === undefined ? `not in db ${SECRETS}` : 'it was rotated',
          } as const,
        ],
  );
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return format(a) === format(b);
}

function format(labels: Readonly<Record<string, string>>): string {
  const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? '(none)' : words.sort().join(',');
}
