import type { ServiceBody } from '../../engine/swarm-api.ts';

/** The body with names of networks, where the engine says their ids. */
export function nameNetworks(
  body: ServiceBody,
  networks: readonly { readonly id: string; readonly name: string }[],
): ServiceBody {
  const { TaskTemplate: task } = body;
  if (task.Networks == null) return body;
  return {
    ...body,
    TaskTemplate: {
      ...task,
      Networks: task.Networks.map((network) => ({
        ...network,
        Target: networks.find(({ id }) => id === network.Target)?.name ?? network.Target,
      })),
    },
  };
}
