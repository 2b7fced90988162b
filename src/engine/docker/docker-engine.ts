import type { Readable } from 'node:stream';
import { Failure } from '../../base/errors.ts';
import type { BuildOptions, RegistryLogin } from '../../model/image-source.ts';
import type { CreateBody, Endpoint, HostConfig } from '../engine-api.ts';
import type { CommandEnd, ContainerCommand, CreateNetwork, CreateVolume, Engine, StopRequest } from '../engine.ts';
import type { EngineLimits } from '../engine-limits.ts';
import { isObject, openDocker, orUndefined, toNumber, toPath } from './docker-client.ts';
import { buildImage, importFiles, importImage, pullImage, tagImage } from './docker-images.ts';
import { DockerReads } from './docker-reads.ts';
import { makeNetworkBody } from './network-body.ts';
import { runCommand } from './run-command.ts';
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
  pullImage(
    reference: string,
    onProgress: (words: string) => void,
    login?: RegistryLogin,
    platform?: string,
  ): Promise<void> {
    return this.load(`cannot pull image "${reference}"`, (docker) =>
      pullImage(docker, reference, onProgress, login, platform),
    );
  }

  buildImage(
    reference: string,
    folder: string | undefined,
    onProgress: (words: string) => void,
    options?: BuildOptions,
  ): Promise<void> {
    return this.load(`cannot build image "${reference}" from "${folder ?? options?.git ?? ''}"`, (docker) =>
      buildImage(docker, reference, folder, onProgress, options),
    );
  }

  importImage(reference: string, archive: string, onProgress: (words: string) => void): Promise<void> {
    return this.load(`cannot import image "${reference}" from "${archive}"`, (docker) =>
      importImage(docker, reference, archive, onProgress),
    );
  }

  importFiles(reference: string, files: Readable, changes: readonly string[]): Promise<void> {
    return this.load(`cannot import image "${reference}"`, (docker) => importFiles(docker, reference, files, changes));
  }

  async removeImage(reference: string): Promise<void> {
    await this.call(`cannot remove image "${reference}"`, () =>
      orUndefined(this.client.call(`/images/${toPath(reference)}`, { method: 'DELETE' })),
    );
  }

  tagImage(id: string, reference: string): Promise<void> {
    return this.load(`cannot tag image "${id}" as "${reference}"`, (docker) => tagImage(docker, id, reference));
  }

  async createVolume({ name, driver, options, labels }: CreateVolume): Promise<void> {
    const body = { Name: name, Driver: driver, DriverOpts: options, Labels: labels };
    await this.#send(`cannot create volume "${name}"`, '/volumes/create', body);
  }

  async createNetwork(network: CreateNetwork): Promise<void> {
    await this.#send(`cannot create network "${network.name}"`, '/networks/create', makeNetworkBody(network));
  }

  async removeNetwork(name: string): Promise<void> {
    await this.call(`cannot remove network "${name}"`, () =>
      orUndefined(this.client.call(`/networks/${toPath(name)}`, { method: 'DELETE' })),
    );
  }

  async connectNetwork(name: string, id: string, endpoint: Endpoint): Promise<void> {
    const what = `cannot connect container "${this.nameOf(id)}" to network "${name}"`;
    await this.#send(what, `/networks/${toPath(name)}/connect`, { Container: id, EndpointConfig: endpoint });
  }

  async disconnectNetwork(name: string, id: string): Promise<void> {
    const what = `cannot disconnect container "${this.nameOf(id)}" from network "${name}"`;
    await this.#send(what, `/networks/${toPath(name)}/disconnect`, { Container: id, Force: true });
  }

  createContainer(name: string, { NetworkingConfig, ...body }: CreateBody): Promise<string> {
    const endpoints = Object.entries(NetworkingConfig?.EndpointsConfig ?? {});
    // engines before 1.44 take one network at create; the others are joined before it is started
    const isFirst = ([network]: readonly [string, Endpoint]): boolean => network === body.HostConfig.NetworkMode;
    const first = { EndpointsConfig: Object.fromEntries(endpoints.filter(isFirst)) };
    return this.call(`cannot create container "${name}"`, async () => {
      const path = `/containers/create?name=${encodeURIComponent(name)}`;
      const made = await this.client.call(path, { method: 'POST', body: { ...body, NetworkingConfig: first } });
      if (!isObject(made) || typeof made['Id'] !== 'string') throw new Error('it does not say which one it made');
      const id = made['Id'];
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
    return this.#act('start', id, 'start');
  }

  waitContainer(id: string, seconds: number): Promise<number> {
    return this.call(`cannot wait for container "${this.nameOf(id)}"`, async () => {
      const answer = await this.client.call(`/containers/${toPath(id)}/wait`, { method: 'POST', seconds });
      return isObject(answer) ? toNumber(answer['StatusCode']) : 0;
    });
  }

  unpauseContainer(id: string): Promise<void> {
    return this.#act('unpause', id, 'unpause');
  }

  runCommand(id: string, command: ContainerCommand): Promise<CommandEnd> {
    return this.load(`cannot run "${command.command[0] ?? ''}" in container "${this.nameOf(id)}"`, (docker) =>
      runCommand(docker, id, command),
    );
  }

  /** What has ended is only to be stopped. */
  async #runBefore(id: string, { before = [] }: StopRequest): Promise<void> {
    if (before.length === 0 || (await this.findContainer(id))?.State.Status !== 'running') return;
    for (const hook of before) {
      const { exitCode, lines } = await this.runCommand(id, hook);
      if (exitCode !== 0)
        throw new Failure(`cannot stop container "${this.nameOf(id)}"`, {
          why: `its pre_stop command "${hook.command.join(' ')}" ended with exit code ${exitCode}${lines.map((line) => `\n  ${line}`).join('')}`,
        });
    }
  }

  async stopContainer(id: string, how: StopRequest): Promise<void> {
    await this.#runBefore(id, how);
    return this.#acting('stop', id, async () =>
      stopContainer(this.client, id, { ...how, seconds: how.seconds ?? (await this.#findStopSeconds(id)) }),
    );
  }

  async restartContainer(id: string, how: StopRequest): Promise<void> {
    if (how.signal !== undefined) await this.stopContainer(id, how);
    else await this.#runBefore(id, how);
    await this.#acting('restart', id, async () => {
      const seconds = how.seconds ?? (await this.#findStopSeconds(id));
      await this.client.call(`/containers/${toPath(id)}/restart?t=${seconds}`, { method: 'POST', seconds });
    });
  }

  /**
   * What the container was made with. The engine would take it by itself: but then it is not known how long
   * its answer takes.
   */
  async #findStopSeconds(id: string): Promise<number> {
    return (await this.findContainer(id))?.Config.StopTimeout ?? STOP_SECONDS;
  }

  signalContainer(id: string, signal: string): Promise<void> {
    return this.#act(`send ${signal} to`, id, `kill?signal=${encodeURIComponent(signal)}`);
  }

  async renameContainer(id: string, name: string): Promise<void> {
    await this.#act('rename', id, `rename?name=${encodeURIComponent(name)}`);
    this.names.set(id, name);
  }

  updateContainer(id: string, limits: HostConfig): Promise<void> {
    return this.#act('update', id, 'update', limits);
  }

  removeContainer(id: string): Promise<void> {
    // without v: volumes stay
    return this.#acting('remove', id, () => this.client.call(`/containers/${toPath(id)}`, { method: 'DELETE' }));
  }

  async removeVolume(name: string): Promise<void> {
    await this.call(`cannot remove volume "${name}"`, () =>
      orUndefined(this.client.call(`/volumes/${toPath(name)}`, { method: 'DELETE' })),
    );
  }

  /** @param call the end of its path in the API, with its query */
  #act(verb: string, id: string, call: string, body?: unknown): Promise<void> {
    return this.#acting(verb, id, () =>
      this.client.call(`/containers/${toPath(id)}/${call}`, { method: 'POST', body }),
    );
  }

  /** Calls on one container; what is as wanted already (304) is no failure. */
  async #acting(verb: string, id: string, act: () => Promise<unknown>): Promise<void> {
    await this.call(`cannot ${verb} container "${this.nameOf(id)}"`, () => orUndefined(act(), [304]));
  }

  #send(what: string, path: string, body: unknown): Promise<unknown> {
    return this.call(what, () => this.client.call(path, { method: 'POST', body }));
  }
}
