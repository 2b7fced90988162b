import { bridgeOf } from '../../container/actual/engine-facts.ts';
import type { ContainerSummary } from '../../engine/engine.ts';
import type { ContainerInspect, HostConfig } from '../../engine/engine-api.ts';
import { findOwner } from '../../container/actual/whose.ts';
import { TASK_LABEL } from '../../container/spec/names.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { StillReached } from '../../firewall/retained-rules.ts';
import { GATEWAY_BRIDGE } from '../../model/network/bridges.ts';
import { Container } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import type { Paths } from '../../base/paths.ts';
import { Failure } from '../../base/errors.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';
import { readServiceViews, type ServiceView } from '../../flow/swarm/service-views.ts';

type Port = StillReached['ports'][number];

/**
 * What containers of ours and tasks of services do now that the filter is to keep, those that the db no longer wants
 * among them. @throws Failure where the engine does not answer, or the managers of its swarm
 */
export async function readStillReached(paths: Paths): Promise<StillReached> {
  const snapshot = readHostSnapshot(paths);
  // the admin has switched it off, whatever runs
  if (!new DockerRecord(snapshot).hasFilter) return { ports: [], names: [], bridges: [] };
  const engine = await getEngine(paths, snapshot);
  const found = await Promise.all(
    (await engine.listContainers()).map(async (summary) => {
      // a task has no label of ours; of a service of others no rule was ever there to be kept
      const owner = findOwner(summary) ?? summary.labels[TASK_LABEL];
      const inspect = owner === undefined ? undefined : await engine.findContainer(summary.id);
      return owner === undefined || inspect === undefined ? [] : [{ owner, summary, inspect }];
    }),
  );
  const bridges = new Map(
    (await engine.listNetworks()).map((network) => [
      network.name,
      network.driver === 'overlay' ? GATEWAY_BRIDGE : bridgeOf(network),
    ]),
  );
  const services = await readServiceViews(snapshot);
  if (services instanceof Failure) throw services;
  return judgeStillReached(snapshot, found.flat(), bridges, [...services.values()].map(onEachNode));
}

interface Ours {
  readonly owner: string;
  readonly summary: ContainerSummary;
  readonly inspect: ContainerInspect;
}

/** What every node answers at for a service, whether it runs a task or not. */
interface OnEachNode {
  readonly owner: string;
  readonly ports: readonly Port[];
}

function onEachNode({ name, service, replicas }: ServiceView): OnEachNode {
  const ports = replicas === 0 ? [] : service.ports.filter(({ PublishMode }) => PublishMode === 'ingress');
  return {
    owner: name,
    ports: ports.map(({ PublishedPort: port = 0, Protocol: protocol }) => ({ address: ANY, port, protocol })),
  };
}

const ANY = '0.0.0.0';

/** Pure. @param bridges by network */
export function judgeStillReached(
  snapshot: Snapshot,
  containers: readonly Ours[],
  bridges: ReadonlyMap<string, string | undefined>,
  services: readonly OnEachNode[] = [],
): StillReached {
  const up = containers.filter(
    ({ summary: { status }, inspect: { HostConfig } }) =>
      ['running', 'paused', 'restarting'].includes(status) || comesBack(HostConfig),
  );
  const recordOf = ({ owner }: Pick<Ours, 'owner'>): Container => new Container(snapshot, owner);
  const isMeantPublic = (one: Pick<Ours, 'owner'>): boolean => recordOf(one).isEnabled && recordOf(one).isPublic;
  const isMeantOnHost = (one: Ours): boolean => recordOf(one).isEnabled && recordOf(one).network === 'host';
  const reached: readonly OnEachNode[] = [
    ...up.map(({ owner, inspect }) => ({ owner, ports: listPorts(inspect) })),
    ...services,
  ];
  const ofPublic = reached.filter(isMeantPublic).flatMap(({ ports }) => ports);
  const isPublic = (port: Port): boolean =>
    ofPublic.some((other) => other.port === port.port && other.protocol === port.protocol);
  return {
    ports: reached
      .filter((one) => !isMeantPublic(one))
      .flatMap(({ ports }) => ports)
      .filter((port) => !isPublic(port)),
    // where its record still says so, its rules are those of its record
    names: up
      .filter((one) => one.inspect.HostConfig.NetworkMode === 'host' && !isMeantOnHost(one))
      .map(({ owner }) => owner),
    bridges: [
      ...new Set(
        up.flatMap(({ inspect }) =>
          Object.keys(inspect.NetworkSettings?.Networks ?? {}).flatMap((network) => bridges.get(network) ?? []),
        ),
      ),
    ],
  };
}

/** The engine starts it when the engine itself starts, also one that was stopped. */
function comesBack({ RestartPolicy }: HostConfig): boolean {
  return RestartPolicy?.Name === 'always';
}

/** As it was made: between two starts it has none at the moment. */
function listPorts({ HostConfig }: ContainerInspect): readonly Port[] {
  return Object.entries(HostConfig.PortBindings ?? {}).flatMap(([inner, bindings]) =>
    (bindings ?? []).map(
      ({ HostIp, HostPort }): Port => ({
        address: HostIp === undefined || HostIp === '' ? ANY : HostIp,
        port: Number(HostPort),
        protocol: inner.split('/')[1] ?? 'tcp',
      }),
    ),
  );
}
