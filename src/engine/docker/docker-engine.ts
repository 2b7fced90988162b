import type { RegistryLogin } from '../../model/image-source.ts';
import type { CreateBody, Endpoint, HostConfig } from '../engine-api.ts';
import type { CreateNetwork, Engine, StopRequest } from '../engine.ts';
import type { EngineLimits } from '../engine-limits.ts';
import { type Docker, openDocker, orUndefined, statusOf } from './docker-client.ts';
import { buildImage, importImage, pullImage, tagImage } from './docker-images.ts';
import { DockerReads } from './docker-reads.ts';
import { makeNetworkBody } from './network-body.ts';
import { STOP_SECONDS, stopContainer } from './stop-container.ts';

/**
 * Connects to a Docker engine.
 * @param socket a path, `unix:///path`, or `tcp://host:port` as in `DOCKER_HOST`
 * Throws when nothing answers there.
 */
export async function connectEngine(socket: string, limits?: EngineLimits): Promise<Engine> {
  return new DockerEngine(await openDocker(socket, limits));
}

class DockerEngine extends DockerReads implements Engine {
  pullImage(reference: string, onProgress: (words: string) => void, login?: RegistryLogin): Promise<void> {
    return this.load(`cannot pull image "${reference}"`, (docker) => pullImage(docker, reference, onProgress, login));
  }

  buildImage(reference: string, folder: string, onProgress: (words: string) => void): Promise<void> {
    return this.load(`cannot build image "${reference}" from "${folder}"`, (docker) =>
      buildImage(docker, reference, folder, onProgress),
    );
  }

  importImage(reference: string, archive: string, onProgress: (words: string) => void): Promise<void> {
    return this.load(`cannot import image "${reference}" from "${archive}"`, (docker) =>
      importImage(docker, reference, archive, onProgress),
    );
  }

  tagImage(id: string, reference: string): Promise<void> {
    return this.load(`cannot tag image "${id}" as "${reference}"`, (docker) => tagImage(docker, id, reference));
  }

  async createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.load(`cannot create volume "${name}"`, (docker) =>
      docker.createVolume({ Name: name, Labels: { ...labels } }),
    );
  }

  async createNetwork(network: CreateNetwork): Promise<void> {
    await this.load(`cannot create network "${network.name}"`, (docker) =>
      docker.createNetwork(makeNetworkBody(network)),
    );
  }

  async removeNetwork(name: string): Promise<void> {
    await this.load(`cannot remove network "${name}"`, (docker) => orUndefined(docker.getNetwork(name).remove()));
  }

  async connectNetwork(name: string, id: string, endpoint: Endpoint): Promise<void> {
    const request = { Container: id, EndpointConfig: endpoint } as Docker.NetworkConnectOptions;
    await this.load(`cannot connect container "${this.nameOf(id)}" to network "${name}"`, (docker) =>
      docker.getNetwork(name).connect(request),
    );
  }

  async disconnectNetwork(name: string, id: string): Promise<void> {
    await this.load(`cannot disconnect container "${this.nameOf(id)}" from network "${name}"`, (docker) =>
      docker.getNetwork(name).disconnect({ Container: id, Force: true }),
    );
  }

  createContainer(name: string, { NetworkingConfig, ...body }: CreateBody): Promise<string> {
    const endpoints = Object.entries(NetworkingConfig?.EndpointsConfig ?? {});
    // engines before 1.44 take one network at create; the others are joined before it is started
    const isFirst = ([network]: readonly [string, Endpoint]): boolean => network === body.HostConfig.NetworkMode;
    const first = { EndpointsConfig: Object.fromEntries(endpoints.filter(isFirst)) };
    // @types/dockerode knows neither null nor half of the fields
    const request = { name, ...body, NetworkingConfig: first } as unknown as Docker.ContainerCreateOptions;
    return this.load(`cannot create container "${name}"`, async (docker) => {
      const { id } = await docker.createContainer(request);
      this.names.set(id, name);
      try {
        for (const [network, endpoint] of endpoints.filter((one) => !isFirst(one)))
          await this.connectNetwork(network, id, endpoint);
      } catch (error) {
        await this.removeContainer(id);
        throw error;
      }
      return id;
    });
  }

  startContainer(id: string): Promise<void> {
    return this.#act('start', id, (container) => container.start());
  }

  unpauseContainer(id: string): Promise<void> {
    return this.#act('unpause', id, (container) => container.unpause());
  }

  stopContainer(id: string, how: StopRequest): Promise<void> {
    return this.#act('stop', id, async (container) =>
      stopContainer(container, { ...how, seconds: how.seconds ?? (await this.#findStopSeconds(id)) }),
    );
  }

  async restartContainer(id: string, how: StopRequest): Promise<void> {
    if (how.signal !== undefined) await this.stopContainer(id, how);
    await this.#act('restart', id, async (container) =>
      container.restart({ t: how.seconds ?? (await this.#findStopSeconds(id)) }),
    );
  }

  /**
   * What the container was made with. The engine would take it by itself: but then it is not known how long
   * its answer takes.
   */
  async #findStopSeconds(id: string): Promise<number> {
    return (await this.findContainer(id))?.Config.StopTimeout ?? STOP_SECONDS;
  }

  signalContainer(id: string, signal: string): Promise<void> {
    return this.#act(`send ${signal} to`, id, (container) => container.kill({ signal }));
  }

  renameContainer(id: string, name: string): Promise<void> {
    return this.#act('rename', id, async (container) => {
      await container.rename({ name });
      this.names.set(id, name);
    });
  }

  updateContainer(id: string, limits: HostConfig): Promise<void> {
    return this.#act('update', id, (container) => container.update(limits));
  }

  removeContainer(id: string): Promise<void> {
    // without v: volumes stay
    return this.#act('remove', id, (container) => container.remove());
  }

  /** A call on one container; what is as wanted already (304) is no failure. */
  async #act(verb: string, id: string, act: (container: Docker.Container) => Promise<unknown>): Promise<void> {
    await this.load(`cannot ${verb} container "${this.nameOf(id)}"`, (docker) =>
      act(docker.getContainer(id)).catch((error: unknown) => {
        if (statusOf(error) !== 304) throw error;
      }),
    );
  }
}
