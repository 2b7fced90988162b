import type { HelperTable } from '../../language/helper.ts';
import { containerArgument } from '../arguments.ts';
import { ofContainers } from '../reads.ts';
import { variables } from '../text.ts';

/** Helpers for what a swarm runs. */
export const SWARM_HELPERS: HelperTable = {
  deployment: {
    doc: 'how a swarm runs a container whose record has Replicas: .mode, .replicas, .constraints, .spread, .maxPerNode, .order, .parallelism, .delay, .onFailure, .ratio and .publishMode; nothing for a container of this host',
    example: {
      fragment: '{{#with (deployment (record "docker_containers" "git"))}}{{mode}}{{else}}none{{/with}}',
      gives: 'none',
    },
    reads: ofContainers(
      'Replicas',
      'Placement',
      'MaxPerNode',
      'UpdateOrder',
      'UpdateParallelism',
      'UpdateDelay',
      'RollbackOn',
      'PublishMode',
    ),
    call: (call) => {
      const container = containerArgument(call, 0);
      const { replicas, placement, rollback } = container;
      const deployment = variables({
        mode: replicas === 'global' ? 'global' : 'replicated',
        replicas: replicas === 'global' ? '' : replicas,
        constraints: placement.constraints,
        spread: placement.spread,
        maxPerNode: container.maxPerNode,
        order: container.updateOrder,
        parallelism: container.updateParallelism,
        delay: container.updateDelay,
        onFailure: rollback.action,
        ratio: rollback.ratio === 0 ? '' : String(rollback.ratio),
        publishMode: container.publishMode,
      });
      return container.isSwarmService ? deployment : '';
    },
  },
};
