import { Failure } from '../../base/errors.ts';
import type { ContainerConfig, ContainerInspect, ImageInspect, VolumeInspect } from '../engine-api.ts';
import type { ContainerSummary, NetworkSummary, VolumeSummary } from '../engine.ts';
import type { EngineTraits } from '../engine-traits.ts';
import { listPorts, memoryTime } from './memory-inspect.ts';
import { type StoredContainer, type MemoryState, readMemory } from './memory-state.ts';

export interface MemoryEngineOptions {
  /** image reference -> what the image says; any other reference can be pulled unless `registry` is false */
  readonly images?: Readonly<Record<string, ContainerConfig>>;
  readonly registry?: boolean;
  /** keeps the state in this JSON file from one process to the next */
  readonly file?: string;
  /** called before each mutating call with its text, `start wiki`; what it throws is the engine's answer */
  readonly onCall?: (call: string) => void;
}

/** The half of the engine in memory that only answers. */
export abstract class MemoryReads {
  readonly socket: string;
  protected readonly options: MemoryEngineOptions;
  protected readonly state: MemoryState;

  constructor(options: MemoryEngineOptions = {}) {
    this.options = options;
    this.socket = options.file ?? 'memory';
    this.state = (options.file === undefined ? undefined : readMemory(options.file)) ?? {
      count: 0,
      containers: [],
      images: {},
      volumes: [],
    };
    for (const [reference, config] of Object.entries(options.images ?? {})) this.state.images[reference] ??= config;
  }

  getTraits(): Promise<EngineTraits> {
    return Promise.resolve({ limitsSwap: true, liveRestore: true, dataRoot: '', storageDriver: 'overlay2' });
  }

  getTime(): number {
    return Date.parse(memoryTime(this.state.count + 1));
  }

  listContainers(): Promise<readonly ContainerSummary[]> {
    return Promise.resolve(
      this.state.containers.map(({ inspect, name }) => ({
        id: inspect.Id,
        name,
        labels: inspect.Config.Labels ?? {},
        status: inspect.State.Status,
        ports: inspect.State.Running ? listPorts(inspect.HostConfig) : [],
      })),
    );
  }

  findContainer(id: string): Promise<ContainerInspect | undefined> {
    const kept = this.state.containers.find(({ inspect }) => inspect.Id === id);
    return Promise.resolve(kept && structuredClone({ ...kept.inspect, Name: `/${kept.name}` }));
  }

  findImage(reference: string): Promise<ImageInspect | undefined> {
    const name = reference.replace(/^image-of-/, '');
    const config = this.state.images[name];
    return Promise.resolve(config && { Id: `image-of-${name}`, Config: config });
  }

  listVolumes(): Promise<readonly VolumeSummary[]> {
    return Promise.resolve(
      this.state.volumes.map(
        (name) => this.state.volumeDetails?.[name] ?? { name, driver: 'local', options: {}, labels: {} },
      ),
    );
  }

  findVolume(name: string): Promise<VolumeInspect | undefined> {
    // it has no files
    return Promise.resolve(this.state.volumes.includes(name) ? { Driver: 'memory', Mountpoint: '' } : undefined);
  }

  readContainerFile(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  getMemoryUse(id: string): Promise<number> {
    // as much as a small server takes
    return Promise.resolve(this.get(id).inspect.State.Running ? 20 * 1024 ** 2 : 0);
  }

  readLastLines(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  listNetworks(): Promise<readonly NetworkSummary[]> {
    const bridge = {
      id: 'bridge',
      name: 'bridge',
      driver: 'bridge',
      internal: false,
      ipv6: false,
      attachable: false,
      labels: {},
      addresses: [{ subnet: '172.17.0.0/16', gateway: '172.17.0.1' }],
      options: {},
    };
    return Promise.resolve([bridge, ...(this.state.networks ?? [])]);
  }

  listNetworkUsers(network: string): Promise<readonly string[]> {
    const users = this.state.containers.filter(
      ({ inspect: { State, NetworkSettings } }) => State.Running && NetworkSettings?.Networks?.[network],
    );
    return Promise.resolve(users.map(({ name }) => name));
  }

  /** @throws Failure where it is not there */
  protected get(id: string): StoredContainer {
    const kept = this.state.containers.find(({ inspect }) => inspect.Id === id);
    if (kept === undefined) throw new Failure(`cannot find container "${id}"`, { why: 'it is not there' });
    return kept;
  }
}
