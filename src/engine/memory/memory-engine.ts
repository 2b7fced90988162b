import type { Readable } from 'node:stream';
import { Failure } from '../../base/errors.ts';
import type { CreateBody, ContainerConfig, ContainerInspect, Endpoint, HostConfig } from '../engine-api.ts';
import type { CommandEnd, ContainerCommand, CreateNetwork, CreateVolume, Engine, StopRequest } from '../engine.ts';
import { formatPort, listPorts, makeInspect, memoryTime, whyRefused } from './memory-inspect.ts';
import { MemoryReads } from './memory-reads.ts';
import { type MemoryState, writeMemory } from './memory-state.ts';

/**
 * A Docker engine without Docker: same contract, containers that only say that they run. For
 * tests of planning, and for demonstrations on machines that have no engine.
 */
export class MemoryEngine extends MemoryReads implements Engine {
  /** the mutating calls since it was opened */
  readonly calls: string[] = [];

  pullImage(reference: string): Promise<void> {
    return this.#change(`pull ${reference}`, (state) => {
      if (this.options.registry === false)
        throw new Failure(`cannot pull image "${reference}"`, { why: 'no registry has it' });
      state.images[reference] ??= {};
    });
  }

  buildImage(reference: string): Promise<void> {
    return this.#change(`build ${reference}`, (state) => {
      state.images[reference] = {};
    });
  }

  importImage(reference: string): Promise<void> {
    return this.#change(`import ${reference}`, (state) => {
      state.images[reference] = {};
    });
  }

  importFiles(reference: string, files: Readable): Promise<void> {
    files.resume();
    return this.importImage(reference);
  }

  removeImage(reference: string): Promise<void> {
    return this.#change(`remove image ${reference}`, (state) => {
      state.images = Object.fromEntries(Object.entries(state.images).filter(([name]) => name !== reference));
    });
  }

  tagImage(id: string, reference: string): Promise<void> {
    return this.#change(`tag ${id} ${reference}`, (state) => {
      const image = state.images[id.replace(/^image-of-/, '')];
      if (image === undefined) throw new Failure(`cannot tag image "${id}"`, { why: 'it is not there' });
      state.images[reference] = image;
    });
  }

  createVolume(volume: CreateVolume): Promise<void> {
    const { name } = volume;
    return this.#change(`volume ${name}`, (state) => {
      (state.volumeDetails ??= {})[name] = volume;
      if (!state.volumes.includes(name)) state.volumes.push(name);
    });
  }

  createNetwork(network: CreateNetwork): Promise<void> {
    return this.#change(`network ${network.name}`, (state) => {
      (state.networks ??= []).push({ ...network, id: `network ${++state.count}` });
    });
  }

  removeNetwork(name: string): Promise<void> {
    return this.#change(`remove network ${name}`, (state) => {
      state.networks = (state.networks ?? []).filter((network) => network.name !== name);
    });
  }

  connectNetwork(network: string, id: string, endpoint: Endpoint): Promise<void> {
    return this.#change(`connect ${network} ${this.get(id).name}`, () =>
      this.#setNetworks(id, (networks) => ({ ...networks, [network]: endpoint })),
    );
  }

  disconnectNetwork(network: string, id: string): Promise<void> {
    return this.#change(`disconnect ${network} ${this.get(id).name}`, () =>
      this.#setNetworks(id, (networks) =>
        Object.fromEntries(Object.entries(networks).filter(([name]) => name !== network)),
      ),
    );
  }

  #setNetworks(id: string, change: (networks: Record<string, Endpoint>) => Record<string, Endpoint>): void {
    const kept = this.get(id);
    kept.inspect = {
      ...kept.inspect,
      NetworkSettings: { Networks: change({ ...kept.inspect.NetworkSettings?.Networks } as Record<string, Endpoint>) },
    };
  }

  createContainer(name: string, body: CreateBody): Promise<string> {
    return this.#change(`create ${name}`, (state) => {
      const image = state.images[body.Image ?? ''];
      if (image === undefined)
        throw new Failure(`cannot create container "${name}"`, { why: `no such image: ${body.Image ?? ''}` });
      if (state.containers.some((other) => other.name === name))
        throw new Failure(`cannot create container "${name}"`, { why: 'the name is in use' });
      const id = `${++state.count}`.padStart(12, '0').padEnd(64, 'f');
      state.containers.push({ name, inspect: makeInspect(id, name, structuredClone(body), image, state.count) });
      return id;
    });
  }

  startContainer(id: string): Promise<void> {
    const { name, inspect } = this.get(id);
    return this.#changeState('start', id, (state) => {
      const taken = state.containers
        .filter((other) => other.inspect.State.Running && other.inspect.Id !== id)
        .flatMap((other) => listPorts(other.inspect.HostConfig).map(formatPort));
      const clash = listPorts(inspect.HostConfig)
        .map(formatPort)
        .find((port) => taken.includes(port));
      if (clash !== undefined)
        throw new Failure(`cannot start container "${name}"`, { why: `port ${clash} is already allocated` });
      if (inspect.State.Running) return;
      const ends = state.ends?.includes(name) === true;
      const StartedAt = memoryTime(++state.count);
      this.#setState(id, { Status: ends ? 'exited' : 'running', Running: !ends, ExitCode: 0, StartedAt });
    });
  }

  waitContainer(id: string): Promise<number> {
    this.#setState(id, { Status: 'exited', Running: false, ExitCode: 0 });
    return Promise.resolve(0);
  }

  unpauseContainer(id: string): Promise<void> {
    return this.#changeState('unpause', id, () => this.#setState(id, { Status: 'running' }));
  }

  runCommand(id: string, { command }: ContainerCommand): Promise<CommandEnd> {
    return this.#change(`exec ${this.get(id).name} ${command.join(' ')}`, () => ({ exitCode: 0, lines: [] }));
  }

  async stopContainer(id: string, { before = [] }: StopRequest = {}): Promise<void> {
    if (this.get(id).inspect.State.Running) for (const hook of before) await this.runCommand(id, hook);
    return this.#change(`stop ${this.get(id).name}`, () => {
      // as the real one: what was never started stays as it is
      if (this.get(id).inspect.State.Running) this.#setState(id, { Status: 'exited', Running: false, ExitCode: 143 });
    });
  }

  async restartContainer(id: string, { before = [] }: StopRequest = {}): Promise<void> {
    for (const hook of before) await this.runCommand(id, hook);
    return this.#change(`restart ${this.get(id).name}`, (state) =>
      this.#setState(id, { Status: 'running', Running: true, ExitCode: 0, StartedAt: memoryTime(++state.count) }),
    );
  }

  signalContainer(id: string, signal: string): Promise<void> {
    return this.#change(`signal ${this.get(id).name} ${signal}`, () => undefined);
  }

  renameContainer(id: string, name: string): Promise<void> {
    const kept = this.get(id);
    return this.#changeState(
      'rename',
      id,
      (state) => {
        if (state.containers.some((other) => other.name === name))
          throw new Failure(`cannot rename container "${kept.name}"`, { why: `the name ${name} is in use` });
        kept.name = name;
      },
      ` ${name}`,
    );
  }

  updateContainer(id: string, limits: HostConfig): Promise<void> {
    const kept = this.get(id);
    return this.#change(`update ${kept.name}`, () => {
      kept.inspect = { ...kept.inspect, HostConfig: { ...kept.inspect.HostConfig, ...limits } };
    });
  }

  removeContainer(id: string): Promise<void> {
    return this.#changeState('remove', id, (state) => {
      state.containers = state.containers.filter(({ inspect }) => inspect.Id !== id);
    });
  }

  removeVolume(name: string): Promise<void> {
    return this.#change(`remove volume ${name}`, (state) => {
      state.volumes = state.volumes.filter((other) => other !== name);
    });
  }

  listImageNames(): readonly string[] {
    return Object.keys(this.state.images);
  }

  /** What somebody makes of a container by hand. */
  commitImage(reference: string, config: ContainerConfig): void {
    this.state.images[reference] = config;
    if (this.options.file !== undefined) writeMemory(this.options.file, this.state);
  }

  /** What happens to a container without docksmith: it ends, or somebody pauses it. */
  setState(name: string, state: Partial<ContainerInspect['State']>): void {
    const kept = this.state.containers.find((other) => other.name === name);
    if (kept !== undefined) this.#setState(kept.inspect.Id, state);
  }

  #setState(id: string, change: Partial<ContainerInspect['State']>): void {
    const kept = this.get(id);
    kept.inspect = { ...kept.inspect, State: { ...kept.inspect.State, ...change } };
  }

  #changeState(
    verb: Parameters<typeof whyRefused>[0],
    id: string,
    change: (state: MemoryState) => void,
    rest = '',
  ): Promise<void> {
    const { name, inspect } = this.get(id);
    return this.#change(`${verb} ${name}${rest}`, (state) => {
      const why = whyRefused(verb, inspect.State);
      if (why !== undefined) throw new Failure(`cannot ${verb} container "${name}"`, { why });
      change(state);
    });
  }

  #change<T>(call: string, change: (state: MemoryState) => T): Promise<T> {
    try {
      this.options.onCall?.(call);
      this.calls.push(call);
      const result = change(this.state);
      if (this.options.file !== undefined) writeMemory(this.options.file, this.state);
      return Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
