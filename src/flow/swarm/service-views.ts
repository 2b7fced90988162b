import { Failure } from '../../base/errors.ts';
import { NAME_LABEL } from '../../container/spec/names.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Service, Task } from '../../engine/swarm-api.ts';
import type { SwarmEngine } from '../../engine/swarm-engine.ts';
import { listContainers } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { getManagedSwarm } from './managed-swarm.ts';
import { isOwnService } from './own-service.ts';

/** A task, with the name of its node. */
export interface TaskView extends Task {
  /** undefined: no node was found for it */
  readonly nodeName: string | undefined;
}

/** A service of ours as the swarm has it. */
export interface ServiceView {
  /** that of its record */
  readonly name: string;
  readonly service: Service;
  /** undefined: one on each node */
  readonly replicas: number | undefined;
  /** newest first */
  readonly tasks: readonly TaskView[];
}

/** The services of ours, by the names of records; a Failure: why the swarm does not say. */
export type ServiceViews = ReadonlyMap<string, ServiceView> | Failure;

/**
 * Services as a manager sees them. Nothing is asked on a host that is none, or whose records make none.
 * @param swarm which is asked; absent: that of the host
 */
export async function readServiceViews(snapshot: Snapshot, swarm?: SwarmEngine): Promise<ServiceViews> {
  if (new DockerRecord(snapshot).swarm !== 'manager') return new Map();
  try {
    const asked = swarm ?? (await getManagedSwarm(snapshot)).swarm;
    const services = (await asked.listServices()).filter((service) => isOwnService(snapshot, service));
    if (services.length === 0) return new Map();
    const [tasks, nodes] = await Promise.all([asked.listTasks(), asked.listNodes()]);
    const names = new Map(nodes.map(({ id, hostName }) => [id, hostName]));
    return new Map(
      services.map((service): readonly [string, ServiceView] => {
        const name = service.body.Labels[NAME_LABEL] ?? service.name;
        return [
          name,
          {
            name,
            service,
            replicas: service.body.Mode.Replicated?.Replicas,
            tasks: tasks
              .filter((task) => task.service === service.id)
              .map((task) => ({ ...task, nodeName: task.node === undefined ? undefined : names.get(task.node) })),
          },
        ];
      }),
    );
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Names of records that make services. */
export function listServiceNames(snapshot: Snapshot): readonly string[] {
  return listContainers(snapshot).flatMap(({ key, isSwarmService }) => (isSwarmService ? [key] : []));
}

/** The tasks that run now, and those that are wanted to; by node. */
export function listRunning({ tasks }: ServiceView): readonly TaskView[] {
  return tasks
    .filter(({ state, desired }) => state === 'running' && desired === 'running')
    .toSorted((a, b) => ((a.nodeName ?? '') < (b.nodeName ?? '') ? -1 : 1));
}

/** How many there are to be: of a global service, as many as the swarm wants now. */
export function countWanted({ replicas, tasks }: ServiceView): number {
  return replicas ?? new Set(tasks.filter(({ desired }) => desired === 'running').map(({ node }) => node)).size;
}
