import { isListening } from '../../base/is-listening.ts';
import type { Paths } from '../../base/paths.ts';
import { formatCount } from '../../base/quantity.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Service, Task } from '../../engine/swarm-api.ts';
import type { SwarmNode } from '../../engine/swarm-engine.ts';
import { openSwarm } from '../../flow/swarm/open-swarm.ts';
import { Container } from '../../model/container.ts';
import { listServiceWebPorts, type ServiceWebPort } from '../../model/swarm/nodes.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { readSwarmView, type SwarmView } from '../swarm/swarm-view.ts';
import { type Finding, makeFinder } from './finding.ts';

/** Where nodes tell each other who is there, over TCP as over UDP. */
const GOSSIP_PORT = 7946;
const KNOCK_MILLISECONDS = 1000;
/** Clocks that differ by less are as good as equal; certificates bear an hour. */
const MOST_SECONDS = 5;

/** What the engines of a swarm say, looked at from here. */
export interface SwarmLook {
  readonly view: SwarmView;
  readonly services: readonly Service[];
  readonly tasks: readonly Task[];
  /** records whose vhosts lead to the routing mesh (WebMode mesh), and the ports there */
  readonly overMesh: readonly ServiceWebPort[];
  /** nodes that are up and that this host does not reach */
  readonly unreached: readonly SwarmNode[];
  /** milliseconds since 1970 */
  readonly now: number;
}

/** Nothing on a host that is to be in no swarm: its engine is not asked. */
export async function checkSwarm(paths: Paths, snapshot: Snapshot): Promise<readonly Finding[]> {
  if (new DockerRecord(snapshot).swarm === 'none') return [];
  const view = await readSwarmView(paths);
  const { nodes = [], membership } = view;
  const isAsked = view.nodes !== undefined;
  const engine = isAsked ? await openSwarm(snapshot) : undefined;
  const others = nodes.filter(({ id, state }) => id !== membership.node && state === 'ready');
  const reached = await Promise.all(others.map(isReached));
  return judgeSwarm({
    view,
    services: (await engine?.listServices()) ?? [],
    tasks: (await engine?.listTasks()) ?? [],
    overMesh: listServiceWebPorts(snapshot).filter(({ container }) => new Container(snapshot, container).isOverMesh),
    unreached: others.filter((_, n) => reached[n] !== true),
    now: Date.now(),
  });
}

function isReached({ address }: SwarmNode): Promise<boolean> {
  return isListening(`${address.includes(':') ? `[${address}]` : address}:${GOSSIP_PORT}`, KNOCK_MILLISECONDS);
}

/** Pure. */
export function judgeSwarm({ view, services, tasks, overMesh, unreached, now }: SwarmLook): readonly Finding[] {
  const { membership, nodes, lack, plan, hasMesh } = view;
  const finder = makeFinder('swarm');
  const findings: Finding[] = [];
  if (lack !== undefined) findings.push(finder.bad(lack.why, lack.hint));
  else for (const { message, hint } of plan.mistakes) findings.push(finder.bad(message, hint));
  if (plan.operations.length > 0)
    findings.push(
      finder.warn(
        `not as records say: ${plan.operations.map(({ verb, name, cause }) => `${verb} ${name} (${cause})`).join('; ')}`,
        'signal-event docker-swarm-update',
      ),
    );
  for (const note of plan.notes) {
    const [words = '', ...advice] = note.split(': ');
    findings.push(finder.warn(words, advice.join(': ') || undefined));
  }
  for (const { hostName, state, message } of (nodes ?? []).filter((node) => node.state !== 'ready'))
    findings.push(
      finder.bad(
        `node ${hostName} is ${state}${message === '' ? '' : ` (${message})`}`,
        `start its engine, or, where it is lost: docker node rm --force ${hostName}`,
      ),
    );
  for (const { hostName, address } of unreached)
    findings.push(
      finder.bad(
        `node ${hostName} is not reached at ${address}:${GOSSIP_PORT}: overlay networks lead nowhere there`,
        `open ${GOSSIP_PORT}/tcp, ${GOSSIP_PORT}/udp and 4789/udp between the nodes (NodeAddress of hosts)`,
      ),
    );
  findings.push(...judgeMesh(hasMesh, services, overMesh), ...judgeClocks(nodes ?? [], tasks, now));
  const part = `in a swarm as ${membership.isManager ? 'manager' : 'worker'}`;
  return findings.length > 0
    ? findings
    : [finder.ok(nodes === undefined ? part : `${part}, with ${formatCount(nodes.length, 'node')}, all ready`)];
}

function judgeMesh(
  hasMesh: boolean,
  services: readonly Service[],
  overMesh: SwarmLook['overMesh'],
): readonly Finding[] {
  if (hasMesh) return [];
  const finder = makeFinder('routing mesh');
  const ingress = services.filter(({ ports }) =>
    ports.some(
      ({ PublishMode, PublishedPort }) =>
        PublishMode === 'ingress' && !overMesh.some(({ port }) => port === PublishedPort),
    ),
  );
  const virtual = services.filter(
    ({ body }) => body.EndpointSpec?.Mode !== 'dnsrr' && (body.TaskTemplate.Networks ?? []).length > 0,
  );
  const names = (of: readonly Service[]): string => of.map(({ name }) => name).join(', ');
  return [
    ...overMesh.map(({ container, port }) =>
      finder.bad(
        `this kernel has no IP_VS: Apache here reaches nothing of ${container} at port ${port} (WebMode mesh)`,
        `db docker_containers setprop ${container} WebMode host, or use a kernel with CONFIG_IP_VS`,
      ),
    ),
    ...(ingress.length === 0
      ? []
      : [
          finder.bad(
            `this kernel has no IP_VS: published ports of ${names(ingress)} (ingress) answer nothing here`,
            'publish by mode host (PublishMode host), or use a kernel with CONFIG_IP_VS',
          ),
        ]),
    ...(virtual.length === 0
      ? []
      : [
          finder.bad(
            `this kernel has no IP_VS: the names of ${names(virtual)} lead nowhere in their networks`,
            'endpoint_mode dnsrr in deploy, or a kernel with CONFIG_IP_VS',
          ),
        ]),
  ];
}

/** A node says by its own clock when a task began, and the leader by its own when the task was made. */
function judgeClocks(nodes: readonly SwarmNode[], tasks: readonly Task[], now: number): readonly Finding[] {
  const finder = makeFinder('clock');
  return nodes.flatMap(({ id, hostName }) => {
    const own = tasks.filter(({ node, state }) => node === id && ['running', 'complete', 'failed'].includes(state));
    const behind = Math.max(0, ...own.map(({ created, since }) => Date.parse(created) - Date.parse(since)));
    const ahead = Math.max(0, ...own.map(({ since }) => Date.parse(since) - now));
    const seconds = Math.round(Math.max(behind, ahead) / 1000);
    if (seconds < MOST_SECONDS) return [];
    return [
      finder.warn(
        `node ${hostName} is ${seconds} s ${ahead > behind ? 'ahead of this host' : 'behind the leader'}`,
        'have the clocks of all nodes set over the network: its certificates and the order of events depend on it',
      ),
    ];
  });
}
