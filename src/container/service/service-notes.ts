import { getImage } from '../spec/run-spec.ts';
import { isRollout, type ServiceOperation } from './service-operation.ts';
import type { ActualServices, DesiredService } from './services.ts';

/** Constraints that leave one node. */
const ONE_NODE = /^node\.(hostname|id)==/;

/** What an admin should know of the services that are made or changed, or are on their way; a sentence each. */
export function listServiceNotes(
  operations: readonly ServiceOperation[],
  running: readonly Extract<DesiredService, { state: 'running' }>[],
  { services }: ActualServices,
): readonly string[] {
  return running.flatMap(({ name, spec, made }) => {
    const rollout = operations.find((operation) => operation.name === name && isRollout(operation));
    const state = services.get(name)?.update?.state;
    if (rollout === undefined || !isRollout(rollout))
      return state === 'updating' || state === 'rollback_started'
        ? [`${name} is ${state === 'updating' ? 'being updated' : 'being taken back'} by the swarm; docksmith status`]
        : [];
    const { ContainerSpec: container, Placement: placement } = made.body.TaskTemplate;
    const isPlaced = placement?.Constraints?.some((text) => ONE_NODE.test(text)) === true;
    const volumes = (container.Mounts ?? []).flatMap(({ Type, Source, VolumeOptions }) =>
      Type === 'volume' && VolumeOptions?.DriverConfig === undefined ? [Source ?? ''] : [],
    );
    return [
      ...(rollout.body.TaskTemplate.ContainerSpec.Image.includes('@')
        ? []
        : [
            `${name}: this node knows no digest of ${getImage(spec)}: each node runs what it has, or pulls, by that name`,
          ]),
      ...(volumes.length === 0 || isPlaced
        ? []
        : [
            `warning ${name}: ${volumes.join(', ')} is on each node by itself: a task on another node begins with an empty one; Placement node.hostname==NAME keeps it on one`,
          ]),
    ];
  });
}
