import { buffer } from 'node:stream/consumers';
import type { RegistryLogin } from '../../model/image-source.ts';
import {
  callEngine,
  type Docker,
  type DockerClient,
  isObject,
  openDocker,
  orUndefined,
  statusOf,
  toNumber,
  toPath,
} from './docker-client.ts';
import { buildImage, importImage, pullImage, tagImage } from './docker-images.ts';
import type {
  ContainerInspect,
  ContainerSummary,
  CreateBody,
  CreateNetwork,
  Endpoint,
  Engine,
  HostConfig,
  ImageInspect,
  NetworkSummary,
  StopRequest,
  VolumeInspect,
} from '../engine.ts';
import type { EngineLimits } from '../engine-limits.ts';
import type { EngineTraits } from '../engine-traits.ts';
import { readImage, readInspect, readList, readSummaries, readVolume, readVolumeNames } from './engine-answers.ts';
import { readLastLines } from './last-lines.ts';
import { makeNetworkBody, readNetwork } from './network-body.ts';
import { readFirstFile } from './read-archive.ts';
import { STOP_SECONDS, stopContainer } from './stop-container.ts';

/**
 * Opens the door to a Docker engine.
 * @param socket a path, `unix:///path`, or `tcp://host:port` as in `DOCKER_HOST`
 * Throws when nothing answers there.
 */
export async function connectEngine(socket: string, limits?: EngineLimits): Promise<Engine> {
  return new DockerEngine(await openDocker(socket, limits));
}

class DockerEngine implements Engine {
  readonly socket: string;
  readonly #client: DockerClient;
  /** for messages: an id says nothing to an admin */
  readonly #names = new Map<string, string>();

  constructor(client: DockerClient) {
    this.#client = client;
    this.socket = client.socket;
  }

  getTraits(): Promise<EngineTraits> {
    return this.#call('cannot read what the engine is like', async () => {
      const info = await this.#client.get('/info');
      if (!isObject(info)) throw new Error('it says nothing');
      return {
        limitsSwap: info['SwapLimit'] === true,
        liveRestore: info['LiveRestoreEnabled'] === true,
        dataRoot: typeof info['DockerRootDir'] === 'string' ? info['DockerRootDir'] : '',
      };
    });
  }

  getTime(): number | undefined {
    return this.#client.getTime();
  }

  listContainers(): Promise<readonly ContainerSummary[]> {
    return this.#call('cannot list the containers', async () => {
      const containers = readSummaries(await this.#client.get('/containers/json?all=1'));
      for (const { id, name } of containers) this.#names.set(id, name);
      return containers;
    });
  }

  findContainer(id: string): Promise<ContainerInspect | undefined> {
    return this.#call(`cannot inspect container "${id}"`, async () => {
      const inspect = await orUndefined(this.#client.get(`/containers/${toPath(id)}/json`));
      return inspect === undefined ? undefined : readInspect(inspect);
    });
  }

  /** what is no reference at all (400) is not there either: it is the checks that say so */
  findImage(reference: string): Promise<ImageInspect | undefined> {
    return this.#call(`cannot inspect image "${reference}"`, () =>
      this.#find(`/images/${toPath(reference)}/json`, readImage, [404, 400]),
    );
  }

  listVolumes(): Promise<readonly string[]> {
    return this.#call('cannot list the volumes', async () => readVolumeNames(await this.#client.get('/volumes')));
  }

  findVolume(name: string): Promise<VolumeInspect | undefined> {
    return this.#call(`cannot inspect volume "${name}"`, () => this.#find(`/volumes/${toPath(name)}`, readVolume));
  }

  readContainerFile(id: string, path: string): Promise<string | undefined> {
    return this.#load(`cannot read "${path}" of container "${this.#nameOf(id)}"`, async (docker) => {
      const archive = await orUndefined(docker.getContainer(id).getArchive({ path }));
      return archive === undefined ? undefined : readFirstFile(await buffer(archive));
    });
  }

  getMemoryUse(id: string): Promise<number> {
    return this.#call(`cannot read the memory use of container "${id}"`, async () => {
      const stats = await this.#client.get(`/containers/${toPath(id)}/stats?stream=false&one-shot=true`);
      const memory = isObject(stats) && isObject(stats['memory_stats']) ? stats['memory_stats'] : {};
      const details = isObject(memory['stats']) ? memory['stats'] : {};
      // what `docker stats` takes off: by its name in control groups of version 1, then 2
      const cache = toNumber(details['total_inactive_file'] ?? details['inactive_file']);
      return Math.max(0, toNumber(memory['usage']) - cache);
    });
  }

  async readLastLines(id: string, count: number): Promise<readonly string[]> {
    return readLastLines((await this.#client.load()).getContainer(id), count);
  }

  pullImage(reference: string, onProgress: (words: string) => void, login?: RegistryLogin): Promise<void> {
    return this.#load(`cannot pull image "${reference}"`, (docker) => pullImage(docker, reference, onProgress, login));
  }

  buildImage(reference: string, folder: string, onProgress: (words: string) => void): Promise<void> {
    return this.#load(`cannot build image "${reference}" from "${folder}"`, (docker) =>
      buildImage(docker, reference, folder, onProgress),
    );
  }

  importImage(reference: string, archive: string, onProgress: (words: string) => void): Promise<void> {
    return this.#load(`cannot import image "${reference}" from "${archive}"`, (docker) =>
      importImage(docker, reference, archive, onProgress),
    );
  }

  tagImage(id: string, reference: string): Promise<void> {
    return this.#load(`cannot tag image "${id}" as "${reference}"`, (docker) => tagImage(docker, id, reference));
  }

  async createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#load(`cannot create volume "${name}"`, (docker) =>
      docker.createVolume({ Name: name, Labels: { ...labels } }),
    );
  }

  listNetworks(): Promise<readonly NetworkSummary[]> {
    return this.#call('cannot list the networks', async () =>
      readList(await this.#client.get('/networks')).map((network) =>
        readNetwork(network as unknown as Docker.NetworkInspectInfo),
      ),
    );
  }

  listNetworkUsers(name: string): Promise<readonly string[]> {
    return this.#call(`cannot inspect network "${name}"`, async () => {
      const network = await orUndefined(this.#client.get(`/networks/${toPath(name)}`));
      const containers =
        isObject(network) && isObject(network['Containers']) ? Object.values(network['Containers']) : [];
      return containers.flatMap((container) =>
        isObject(container) && typeof container['Name'] === 'string' ? [container['Name']] : [],
      );
    });
  }

  async createNetwork(network: CreateNetwork): Promise<void> {
    await this.#load(`cannot create network "${network.name}"`, (docker) =>
      docker.createNetwork(makeNetworkBody(network)),
    );
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#load(`cannot remove network "${name}"`, (docker) => orUndefined(docker.getNetwork(name).remove()));
  }

  async connectNetwork(name: string, id: string, endpoint: Endpoint): Promise<void> {
    const request = { Container: id, EndpointConfig: endpoint } as Docker.NetworkConnectOptions;
    await this.#load(`cannot connect container "${this.#nameOf(id)}" to network "${name}"`, (docker) =>
      docker.getNetwork(name).connect(request),
    );
  }

  async disconnectNetwork(name: string, id: string): Promise<void> {
    await this.#load(`cannot disconnect container "${this.#nameOf(id)}" from network "${name}"`, (docker) =>
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
    return this.#load(`cannot create container "${name}"`, async (docker) => {
      const { id } = await docker.createContainer(request);
      this.#names.set(id, name);
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
      this.#names.set(id, name);
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
    await this.#load(`cannot ${verb} container "${this.#nameOf(id)}"`, (docker) =>
      act(docker.getContainer(id)).catch((error: unknown) => {
        if (statusOf(error) !== 304) throw error;
      }),
    );
  }

  #nameOf(id: string): string {
    return this.#names.get(id) ?? id.slice(0, 12);
  }

  /** undefined for what is not there */
  async #find<T>(path: string, read: (answer: unknown) => T, statuses?: readonly number[]): Promise<T | undefined> {
    const answer = await orUndefined(this.#client.get(path), statuses);
    return answer === undefined ? undefined : read(answer);
  }

  #call<T>(what: string, run: () => Promise<T>): Promise<T> {
    return callEngine(what, this.socket, run);
  }

  #load<T>(what: string, run: (docker: Docker) => Promise<T>): Promise<T> {
    return this.#call(what, async () => run(await this.#client.load()));
  }
}
