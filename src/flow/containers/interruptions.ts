import type { ContainerSummary } from '../../engine/engine.ts';
import type { Operation } from '../../container/plan/operation.ts';
import type { Plan } from '../../container/plan/plan.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Container } from '../../model/container.ts';
import { listDependants } from '../../model/links/dependants.ts';
import { listUrls } from '../../model/urls.ts';
import type { DaemonRestart } from '../daemon/daemon.ts';

/** A container that cannot be reached while a plan is carried out, or from then on. */
export interface Interruption {
  readonly name: string;
  /** what ends it; undefined: nothing in this plan */
  readonly until: 'replaced' | 'restarted' | undefined;
  /** published ports of the host that answer now, `2222`, `53/udp`; not those on loopback alone */
  readonly ports: readonly string[];
  readonly urls: readonly string[];
  /** the containers that need it */
  readonly needed: readonly string[];
}

const ENDING: readonly Operation['verb'][] = ['stop', 'remove', 'recreate', 'restart'];

/** What will not be reachable. Pure: of the operations, those that end something that runs. */
export function listInterruptions(
  snapshot: Snapshot,
  { operations }: Plan,
  containers: readonly ContainerSummary[],
  restart?: DaemonRestart,
): readonly Interruption[] {
  const describe = (
    name: string,
    container: ContainerSummary | undefined,
    until: Interruption['until'],
  ): Interruption => ({
    name,
    until,
    ports: listReachablePorts(container),
    urls: listUrls(new Container(snapshot, name)),
    needed: listDependants(snapshot, name),
  });
  const ended = operations.flatMap((operation): readonly Interruption[] => {
    if (!ENDING.includes(operation.verb) || !('id' in operation)) return [];
    const container = containers.find(({ id }) => id === operation.id);
    if (container === undefined || !isUp(container)) return [];
    // a container that is stopped because another one takes its port is started again by the same plan
    const comesBack = operations.some(
      ({ verb, name }) => name === operation.name && (verb === 'recreate' || verb === 'start' || verb === 'create'),
    );
    return [
      describe(
        operation.name,
        container,
        comesBack ? 'replaced' : operation.verb === 'restart' ? 'restarted' : undefined,
      ),
    ];
  });
  const byName = new Map(ended.toReversed().map((one) => [one.name, one]));
  const stopped = (restart?.stops ?? []).filter((name) => !byName.has(name));
  return [...byName.values()].toReversed().concat(
    stopped.map((name) =>
      describe(
        name,
        containers.find((container) => container.name === name),
        'restarted',
      ),
    ),
  );
}

export function isUp({ status }: Pick<ContainerSummary, 'status'>): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}

/** Once for all of its addresses. */
export function listReachablePorts(container: Pick<ContainerSummary, 'ports'> | undefined): readonly string[] {
  const ports = (container?.ports ?? []).filter(({ address }) => !address.startsWith('127.') && address !== '::1');
  return [
    ...new Set(
      ports
        .toSorted((a, b) => a.hostPort - b.hostPort)
        .map(({ hostPort, protocol }) => (protocol === 'tcp' ? String(hostPort) : `${hostPort}/${protocol}`)),
    ),
  ];
}

/** What an admin who stops or restarts containers by name should know of those that need them. */
export function listAffectedDependants(snapshot: Snapshot, { operations }: Plan): readonly string[] {
  const gone = operations.filter(({ verb }) => verb === 'stop' || verb === 'restart');
  return gone.flatMap(({ verb, name }) =>
    listDependants(snapshot, name)
      .filter((other) => !gone.some((operation) => operation.name === other))
      .map(
        (other) =>
          `${other} needs ${name}, ${verb === 'stop' ? 'and goes on without it' : 'which is down for a moment'}`,
      ),
  );
}
