import { buffer } from 'node:stream/consumers';
import type { ContainerInspect, ImageInspect, VolumeInspect } from '../engine-api.ts';
import type { ContainerSummary, NetworkSummary, VolumeSummary } from '../engine.ts';
import type { EngineTraits } from '../engine-traits.ts';
import {
  callEngine,
  type Docker,
  type DockerClient,
  isObject,
  orUndefined,
  toNumber,
  toPath,
} from './docker-client.ts';
import { readImage, readInspect, readList, readSummaries, readVolume, readVolumes } from './engine-answers.ts';
import { readLastLines } from './last-lines.ts';
import { readNetwork } from './network-body.ts';
import { readFirstFile } from './read-archive.ts';
import { findLackOfLeader } from './swarm/swarm-failures.ts';

/** The half of a Docker engine that only answers. */
export abstract class DockerReads {
  readonly socket: string;
  protected readonly client: DockerClient;
  /** for messages: an id says nothing to an admin */
  protected readonly names = new Map<string, string>();

  constructor(client: DockerClient) {
    this.client = client;
    this.socket = client.socket;
  }

  getTraits(): Promise<EngineTraits> {
    return this.call('cannot read what the engine is like', async () => {
      const info = await this.client.get('/info');
      if (!isObject(info)) throw new Error('it says nothing');
      return {
        limitsSwap: info['SwapLimit'] === true,
        liveRestore: info['LiveRestoreEnabled'] === true,
        dataRoot: typeof info['DockerRootDir'] === 'string' ? info['DockerRootDir'] : '',
        storageDriver: typeof info['Driver'] === 'string' ? info['Driver'] : '',
      };
    });
  }

  getTime(): number | undefined {
    return this.client.getTime();
  }

  listContainers(): Promise<readonly ContainerSummary[]> {
    return this.call('cannot list the containers', async () => {
      const containers = readSummaries(await this.client.get('/containers/json?all=1'));
      for (const { id, name } of containers) this.names.set(id, name);
      return containers;
    });
  }

  findContainer(id: string): Promise<ContainerInspect | undefined> {
    return this.call(`cannot inspect container "${id}"`, async () => {
      const inspect = await orUndefined(this.client.get(`/containers/${toPath(id)}/json`));
      return inspect === undefined ? undefined : readInspect(inspect);
    });
  }

  /** what is no reference at all (400) is not there either: it is the checks that say so */
  findImage(reference: string): Promise<ImageInspect | undefined> {
    return this.call(`cannot inspect image "${reference}"`, () =>
      this.#find(`/images/${toPath(reference)}/json`, readImage, [404, 400]),
    );
  }

  listVolumes(): Promise<readonly VolumeSummary[]> {
    return this.call('cannot list the volumes', async () => readVolumes(await this.client.get('/volumes')));
  }

  findVolume(name: string): Promise<VolumeInspect | undefined> {
    return this.call(`cannot inspect volume "${name}"`, () => this.#find(`/volumes/${toPath(name)}`, readVolume));
  }

  readContainerFile(id: string, path: string): Promise<string | undefined> {
    return this.load(`cannot read "${path}" of container "${this.nameOf(id)}"`, async (docker) => {
      const archive = await orUndefined(docker.getContainer(id).getArchive({ path }));
      return archive === undefined ? undefined : readFirstFile(await buffer(archive));
    });
  }

  getMemoryUse(id: string): Promise<number> {
    return this.call(`cannot read the memory use of container "${id}"`, async () => {
      const stats = await this.client.get(`/containers/${toPath(id)}/stats?stream=false&one-shot=true`);
      const memory = isObject(stats) && isObject(stats['memory_stats']) ? stats['memory_stats'] : {};
      const details = isObject(memory['stats']) ? memory['stats'] : {};
      // what `docker stats` takes off: by its name in control groups of version 1, then 2
      const cache = toNumber(details['total_inactive_file'] ?? details['inactive_file']);
      return Math.max(0, toNumber(memory['usage']) - cache);
    });
  }

  async readLastLines(id: string, count: number, since?: string): Promise<readonly string[]> {
    return readLastLines((await this.client.load()).getContainer(id), count, since);
  }

  listNetworks(): Promise<readonly NetworkSummary[]> {
    const what = 'cannot list the networks';
    return this.call(what, async () => {
      try {
        return readList(await this.client.call('/networks', { method: 'GET', limit: 'read' })).map(readNetwork);
      } catch (error) {
        throw (await findLackOfLeader(what, this.client, error)) ?? error;
      }
    });
  }

  listNetworkUsers(name: string): Promise<readonly string[]> {
    return this.call(`cannot inspect network "${name}"`, async () => {
      const network = await orUndefined(this.client.get(`/networks/${toPath(name)}`));
      const containers =
        isObject(network) && isObject(network['Containers']) ? Object.values(network['Containers']) : [];
      return containers.flatMap((container) =>
        isObject(container) && typeof container['Name'] === 'string' ? [container['Name']] : [],
      );
    });
  }

  protected nameOf(id: string): string {
    return this.names.get(id) ?? id.slice(0, 12);
  }

  /** undefined for what is not there */
  async #find<T>(path: string, read: (answer: unknown) => T, statuses?: readonly number[]): Promise<T | undefined> {
    const answer = await orUndefined(this.client.get(path), statuses);
    return answer === undefined ? undefined : read(answer);
  }

  protected call<T>(what: string, run: () => Promise<T>): Promise<T> {
    return callEngine(what, this.socket, run);
  }

  protected load<T>(what: string, run: (docker: Docker) => Promise<T>): Promise<T> {
    return this.call(what, async () => run(await this.client.load()));
  }
}
