import type { ImageFacts, PublishedPort } from '../../host/facts.ts';
import type { NetworkSummary } from '../../engine/engine.ts';
import type { Inventory } from './inventory.ts';
import { TASK_LABEL } from '../spec/names.ts';
import { findOwner } from './whose.ts';

/**
 * The ports that running containers publish now, ours and others'. Those on the host network are not among
 * them: they listen like any process.
 */
export async function listPublishedPorts(engine: Pick<Inventory, 'listContainers'>): Promise<readonly PublishedPort[]> {
  const containers = await engine.listContainers();
  return containers.flatMap((container) => {
    const task = container.labels[TASK_LABEL];
    return container.ports.flatMap(({ address, hostPort, protocol }): readonly PublishedPort[] =>
      protocol === 'tcp' || protocol === 'udp'
        ? [
            {
              protocol,
              address,
              port: hostPort,
              container: findOwner(container) ?? container.name,
              ours: findOwner(container) !== undefined,
              ...(task === undefined ? {} : { service: task }),
            },
          ]
        : [],
    );
  });
}

/** The name of a network's bridge on the engine's machine; undefined for drivers that have none. */
export function bridgeOf({
  id,
  driver,
  options,
}: Pick<NetworkSummary, 'id' | 'driver' | 'options'>): string | undefined {
  if (driver !== 'bridge') return undefined;
  return options['com.docker.network.bridge.name'] ?? `br-${id.slice(0, 12)}`;
}

/** What an image says of itself; undefined when the engine does not have it. */
export async function inspectImage(
  engine: Pick<Inventory, 'findImage'>,
  reference: string,
): Promise<ImageFacts | undefined> {
  const image = await engine.findImage(reference);
  if (image === undefined) return undefined;
  const exposedPorts = Object.keys(image.Config.ExposedPorts ?? {}).flatMap((text) => {
    const [port, protocol = 'tcp'] = text.split('/');
    return protocol === 'tcp' || protocol === 'udp' ? [{ port: Number(port), protocol } as const] : [];
  });
  return { exposedPorts };
}
