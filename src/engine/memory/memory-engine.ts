import { Failure } from '../../base/errors.ts';
import type {
  ContainerConfig,
  ContainerInspect,
  ContainerSummary,
  CreateBody,
  CreateNetwork,
  Endpoint,
  Engine,
  HostConfig,
  ImageInspect,
  NetworkSummary,
  VolumeInspect,
} from '../engine.ts';
import type { EngineTraits } from '../engine-traits.ts';
import { formatPort, listPorts, makeInspect, memoryTime, whyRefused } from './memory-inspect.ts';
import { type Kept, type MemoryState, readMemory, writeMemory } from './memory-state.ts';

export interface MemoryEngineOptions {
  /** image reference -> what the image says; any other reference can be pulled unless `registry` is false */
  readonly images?: Readonly<Record<string, ContainerConfig>>;
  readonly registry?: boolean;
  /** keeps the state in this JSON file from one process to the next */
  readonly file?: string;
  /** called before each mutating call with its text, `start wiki`; what it throws is the engine's answer */
  readonly onCall?: (call: string) => void;
}

/**
 * A Docker engine without Docker: same contract, containers that only say that they run. For
 * tests of planning, and for demonstrations on machines that have no engine.
 */
export class MemoryEngine implements Engine {
  readonly socket: string;
  /** the mutating calls since it was opened */
  readonly calls: string[] = [];
  readonly #options: MemoryEngineOptions;
  readonly #state: MemoryState;

  constructor(options: MemoryEngineOptions = {}) {
    this.#options = options;
    this.socket = options.file ?? 'memory';
    this.#state = (options.file === undefined ? undefined : readMemory(options.file)) ?? {
      count: 0,
      containers: [],
      images: {},
      volumes: [],
    };
    for (const [reference, config] of Object.entries(options.images ?? {})) this.#state.images[reference] ??= config;
  }

  getTraits(): Promise<EngineTraits> {
    return Promise.resolve({ limitsSwap: true, liveRestore: true, dataRoot: '' });
  }

  getTime(): number {
    return Date.parse(memoryTime(this.#state.count + 1));
  }

  listContainers(): Promise<readonly ContainerSummary[]> {
    return Promise.resolve(
      this.#state.containers.map(({ inspect, name }) => ({
        id: inspect.Id,
        name,
        labels: inspect.Config.Labels ?? {},
        status: inspect.State.Status,
        ports: inspect.State.Running ? listPorts(inspect.HostConfig) : [],
      })),
    );
  }

  findContainer(id: string): Promise<ContainerInspect | undefined> {
    const kept = this.#state.containers.find(({ inspect }) => inspect.Id === id);
    return Promise.resolve(kept && structuredClone({ ...kept.inspect, Name: `/${kept.name}` }));
  }

  findImage(reference: string): Promise<ImageInspect | undefined> {
    const name = reference.replace(/^image-of-/, '');
    const config = this.#state.images[name];
    return Promise.resolve(config && { Id: `image-of-${name}`, Config: config });
  }

  listVolumes(): Promise<readonly string[]> {
    return Promise.resolve([...this.#state.volumes]);
  }

  findVolume(name: string): Promise<VolumeInspect | undefined> {
    // it has no files
    return Promise.resolve(this.#state.volumes.includes(name) ? { Driver: 'memory', Mountpoint: '' } : undefined);
  }

  readContainerFile(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  getMemoryUse(id: string): Promise<number> {
    // as much as a small server takes
    return Promise.resolve(this.#get(id).inspect.State.Running ? 20 * 1024 ** 2 : 0);
  }

  readLastLines(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  pullImage(reference: string): Promise<void> {
    return this.#change(`pull ${reference}`, (state) => {
      if (this.#options.registry === false)
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

  tagImage(id: string, reference: string): Promise<void> {
    return this.#change(`tag ${id} ${reference}`, (state) => {
      const image = state.images[id.replace(/^image-of-/, '')];
      if (image === undefined) throw new Failure(`cannot tag image "${id}"`, { why: 'it is not there' });
      state.images[reference] = image;
    });
  }

  createVolume(name: string): Promise<void> {
    return this.#change(`volume ${name}`, (state) => {
      if (!state.volumes.includes(name)) state.volumes.push(name);
    });
  }

  listNetworks(): Promise<readonly NetworkSummary[]> {
    const bridge = {
      id: 'bridge',
      name: 'bridge',
      driver: 'bridge',
      internal: false,
      labels: {},
      subnets: ['172.17.0.0/16'],
      gateways: ['172.17.0.1'],
      options: {},
    };
    return Promise.resolve([bridge, ...(this.#state.networks ?? [])]);
  }

  listNetworkUsers(network: string): Promise<readonly string[]> {
    const users = this.#state.containers.filter(
      ({ inspect: { State, NetworkSettings } }) => State.Running && NetworkSettings?.Networks?.[network],
    );
    return Promise.resolve(users.map(({ name }) => name));
  }

  createNetwork({ name, driver, internal, labels, options, addresses }: CreateNetwork): Promise<void> {
    return this.#change(`network ${name}`, (state) => {
      (state.networks ??= []).push({
        id: `network ${++state.count}`,
        name,
        driver,
        internal,
        labels,
        options,
        subnets: addresses.map(({ subnet }) => subnet),
        gateways: addresses.flatMap(({ gateway }) => gateway ?? []),
      });
    });
  }

  removeNetwork(name: string): Promise<void> {
    return this.#change(`remove network ${name}`, (state) => {
      state.networks = (state.networks ?? []).filter((network) => network.name !== name);
    });
  }

  connectNetwork(network: string, id: string, endpoint: Endpoint): Promise<void> {
    return this.#change(`connect ${network} ${this.#get(id).name}`, () =>
      this.#setNetworks(id, (networks) => ({ ...networks, [network]: endpoint })),
    );
  }

  disconnectNetwork(network: string, id: string): Promise<void> {
    return this.#change(`disconnect ${network} ${this.#get(id).name}`, () =>
      this.#setNetworks(id, (networks) =>
        Object.fromEntries(Object.entries(networks).filter(([name]) => name !== network)),
      ),
    );
  }

  #setNetworks(id: string, change: (networks: Record<string, Endpoint>) => Record<string, Endpoint>): void {
    const kept = this.#get(id);
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
    const { name, inspect } = this.#get(id);
    return this.#changeState('start', id, (state) => {
      const taken = state.containers
        .filter((other) => other.inspect.State.Running && other.inspect.Id !== id)
        .flatMap((other) => listPorts(other.inspect.HostConfig).map(formatPort));
      const clash = listPorts(inspect.HostConfig)
        .map(formatPort)
        .find((port) => taken.includes(port));
      if (clash !== undefined)
        throw new Failure(`cannot start container "${name}"`, { why: `port ${clash} is already allocated` });
      if (!inspect.State.Running)
        this.#setState(id, { Status: 'running', Running: true, ExitCode: 0, StartedAt: memoryTime(++state.count) });
    });
  }

  unpauseContainer(id: string): Promise<void> {
    return this.#changeState('unpause', id, () => this.#setState(id, { Status: 'running' }));
  }

  stopContainer(id: string): Promise<void> {
    return this.#change(`stop ${this.#get(id).name}`, () => {
      // as the real one: what was never started stays as it is
      if (this.#get(id).inspect.State.Running) this.#setState(id, { Status: 'exited', Running: false, ExitCode: 143 });
    });
  }

  restartContainer(id: string): Promise<void> {
    return this.#change(`restart ${this.#get(id).name}`, (state) =>
      this.#setState(id, { Status: 'running', Running: true, ExitCode: 0, StartedAt: memoryTime(++state.count) }),
    );
  }

  signalContainer(id: string, signal: string): Promise<void> {
    return this.#change(`signal ${this.#get(id).name} ${signal}`, () => undefined);
  }

  renameContainer(id: string, name: string): Promise<void> {
    const kept = this.#get(id);
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
    const kept = this.#get(id);
    return this.#change(`update ${kept.name}`, () => {
      kept.inspect = { ...kept.inspect, HostConfig: { ...kept.inspect.HostConfig, ...limits } };
    });
  }

  removeContainer(id: string): Promise<void> {
    return this.#changeState('remove', id, (state) => {
      state.containers = state.containers.filter(({ inspect }) => inspect.Id !== id);
    });
  }

  /** What somebody makes of a container by hand. */
  commitImage(reference: string, config: ContainerConfig): void {
    this.#state.images[reference] = config;
  }

  /** What happens to a container without docksmith: it ends, or somebody pauses it. */
  setState(name: string, state: Partial<ContainerInspect['State']>): void {
    const kept = this.#state.containers.find((other) => other.name === name);
    if (kept !== undefined) this.#setState(kept.inspect.Id, state);
  }

  #setState(id: string, change: Partial<ContainerInspect['State']>): void {
    const kept = this.#get(id);
    kept.inspect = { ...kept.inspect, State: { ...kept.inspect.State, ...change } };
  }

  #get(id: string): Kept {
    const kept = this.#state.containers.find(({ inspect }) => inspect.Id === id);
    if (kept === undefined) throw new Failure(`cannot find container "${id}"`, { why: 'it is not there' });
    return kept;
  }

  #changeState(
    verb: Parameters<typeof whyRefused>[0],
    id: string,
    change: (state: MemoryState) => void,
    rest = '',
  ): Promise<void> {
    const { name, inspect } = this.#get(id);
    return this.#change(`${verb} ${name}${rest}`, (state) => {
      const why = whyRefused(verb, inspect.State);
      if (why !== undefined) throw new Failure(`cannot ${verb} container "${name}"`, { why });
      change(state);
    });
  }

  #change<T>(call: string, change: (state: MemoryState) => T): Promise<T> {
    try {
      this.#options.onCall?.(call);
      this.calls.push(call);
      const result = change(this.#state);
      if (this.#options.file !== undefined) writeMemory(this.#options.file, this.#state);
      return Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
