import type { ContainerSummary } from '../../engine/engine.ts';
import type { ServiceView } from '../../flow/swarm/service-views.ts';
import { listRunning } from '../../flow/swarm/service-views.ts';
import type { Container } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { canonicalAddress } from '../../model/network/network.ts';
import { listNodes, listWebNodes } from '../../model/swarm/nodes.ts';
import { type DeclaredPort, listDeclaredPorts } from './declared-ports.ts';
import { isOpen, type PortsOf } from './filter.ts';
import { type ExposedPort, judge } from './ports.ts';

/** A service of the swarm, as this host sees it. */
export interface ServiceSeen {
  /** undefined: this host is no manager, or the managers do not say */
  readonly view: ServiceView | undefined;
  /** its tasks on this node that run */
  readonly tasks: readonly ContainerSummary[];
  /** whether ports of the routing mesh answer on this kernel */
  readonly hasMesh: boolean;
}

interface ServicePort extends DeclaredPort {
  readonly mode: string;
}

/**
 * The ports that a service publishes, on all addresses of nodes: `ingress` on every node, `host` on those that run a
 * task. Who reaches them is told of this node. Pure.
 */
export function listServicePorts(host: PortsOf, record: Container, seen: ServiceSeen): readonly ExposedPort[] {
  const declared = record.isEnabled ? listDeclaredPorts(record, host.facts).map((port) => ofSwarm(record, port)) : [];
  const published = (seen.view?.service.ports ?? []).flatMap(
    ({ PublishedPort: port = 0, Protocol: protocol, PublishMode: mode }): readonly ServicePort[] =>
      port === 0 || protocol === 'sctp'
        ? []
        : [{ port, protocol, mode, kind: 'published', addresses: undefined, declared: undefined }],
  );
  const isSame = (a: ServicePort, b: ServicePort): boolean =>
    a.port === b.port && a.protocol === b.protocol && a.mode === b.mode;
  const unknown = published.filter((one) => !declared.some((other) => isSame(one, other)));
  return [...declared, ...unknown].map((wanted) =>
    judgePort(host, wanted, seen, seen.view === undefined || published.some((one) => isSame(one, wanted))),
  );
}

/** Its web port is for the nodes that run Apache. */
function ofSwarm(record: Container, port: DeclaredPort): ServicePort {
  const inside = `${port.inside ?? port.port}${port.protocol === 'udp' ? '/udp' : ''}`;
  const isWeb = record.hasWeb && port.port === record.claimedWebPort && port.declared === 'this host';
  return {
    ...port,
    addresses: undefined,
    declared: isWeb ? 'web nodes' : record.isPublic ? 'everybody' : 'local networks',
    mode: isWeb ? (record.isOverMesh ? 'ingress' : 'host') : record.publishModeOf(inside),
  };
}

function judgePort(
  host: PortsOf,
  wanted: ServicePort,
  { view, tasks, hasMesh }: ServiceSeen,
  isPublished: boolean,
): ExposedPort {
  const isIngress = wanted.mode === 'ingress';
  const ofTasks = tasks
    .flatMap(({ ports }) => ports)
    .filter(({ hostPort, protocol }) => hostPort === wanted.port && protocol === wanted.protocol)
    .map(({ address }) => canonicalAddress(address));
  const addresses = isIngress ? (isPublished && hasMesh ? ['0.0.0.0'] : []) : [...new Set(ofTasks)];
  const judged = judge(host, wanted, addresses);
  const isExpected = isIngress || tasks.length > 0;
  const nodes = isIngress
    ? 'all'
    : view === undefined
      ? undefined
      : [...new Set(listRunning(view).map(({ nodeName = '?' }) => nodeName))];
  return {
    ...judged,
    ...(judged.reached === 'local networks' && wanted.declared === 'web nodes'
      ? { reached: 'web nodes' as const }
      : {}),
    ...(nodes === undefined ? {} : { nodes }),
    mismatches: !isPublished
      ? ['the swarm does not publish it now']
      : isIngress && !hasMesh
        ? ['this kernel has no IP_VS: it answers nothing here (PublishMode, WebMode host)']
        : addresses.length === 0 && !isExpected
          ? []
          : [...judged.mismatches, ...listMismatches(host, judged)],
  };
}

/** What is not as declared on all addresses of a node: there the packet filter alone keeps others out. */
function listMismatches({ snapshot, facts }: PortsOf, { declared, filter }: ExposedPort): readonly string[] {
  if (declared === 'everybody' || declared === undefined) return [];
  if (!new DockerRecord(snapshot).hasFilter)
    return filter.some(isOpen)
      ? ['a swarm publishes on all addresses of a node, and Filter of docker is disabled']
      : [];
  if (declared !== 'web nodes') return [];
  const web = listWebNodes(snapshot, listNodes(snapshot, facts)).map(({ address }) => address);
  return filter.flatMap(({ family, isKnown, networks, why }) =>
    !isKnown || networks === undefined
      ? [`the ${family} filter does not block it: ${why ?? ''}`]
      : networks
          .map((network) => network.replace(/\/(32|128)$/, ''))
          .filter((network) => !web.includes(network))
          .map((network) => `the ${family} filter lets ${network} in, which runs no Apache for services`),
  );
}
