import type { RegistryLogin } from '../model/image-source.ts';
import type { EngineTraits } from './engine-traits.ts';

/**
 * The narrow door to a Docker engine: what planning reads and what applying calls. Names of
 * fields are those of the Engine API, so that what is sent and what is inspected can be
 * looked up there: https://docs.docker.com/reference/api/engine/
 */
export interface Engine {
  /** in messages: `/var/run/docker.sock` */
  readonly socket: string;
  getTraits(): Promise<EngineTraits>;
  /**
   * By the engine's own clock when it last answered, or later: milliseconds since 1970. What it says of times
   * is compared with nothing else. Undefined where it does not tell.
   */
  getTime(): number | undefined;
  listContainers(): Promise<readonly ContainerSummary[]>;
  /** undefined: not there (any more) */
  findContainer(id: string): Promise<ContainerInspect | undefined>;
  /** undefined: the engine does not have it */
  findImage(reference: string): Promise<ImageInspect | undefined>;
  listVolumes(): Promise<readonly string[]>;
  listNetworks(): Promise<readonly NetworkSummary[]>;
  /** names of all containers, ours or not, that are on a network and run */
  listNetworkUsers(name: string): Promise<readonly string[]>;
  /** undefined: not there */
  findVolume(name: string): Promise<VolumeInspect | undefined>;
  /** a text file of a container, running or not; undefined: not there */
  readContainerFile(id: string, path: string): Promise<string | undefined>;
  /** bytes in use now, without the page cache that the kernel can take back; 0 for what does not run */
  getMemoryUse(id: string): Promise<number>;
  /** the end of its log, oldest line first; none where its log driver keeps nothing that can be read */
  readLastLines(id: string, count: number): Promise<readonly string[]>;

  /** `onProgress` gets one line for all layers, as often as there is news */
  pullImage(reference: string, onProgress: (words: string) => void, login?: RegistryLogin): Promise<void>;
  /** builds the folder's Dockerfile under that reference; `onProgress` gets the lines of the build */
  buildImage(reference: string, folder: string, onProgress: (words: string) => void): Promise<void>;
  /** what `docker save` wrote, or else the files of a whole system, as tar, plain or gzipped */
  importImage(reference: string, archive: string, onProgress: (words: string) => void): Promise<void>;
  /** gives an image that is there another reference; whichever had it loses it */
  tagImage(id: string, reference: string): Promise<void>;
  createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void>;
  /** @returns when it is there; one of that name that is there already is an error */
  createNetwork(network: CreateNetwork): Promise<void>;
  removeNetwork(name: string): Promise<void>;
  connectNetwork(name: string, id: string, endpoint: Endpoint): Promise<void>;
  disconnectNetwork(name: string, id: string): Promise<void>;
  /**
   * It is on its `NetworkMode` and on all other networks of `NetworkingConfig` when this returns.
   * @returns the id
   */
  createContainer(name: string, body: CreateBody): Promise<string>;
  startContainer(id: string): Promise<void>;
  unpauseContainer(id: string): Promise<void>;
  stopContainer(id: string, how: StopRequest): Promise<void>;
  /** `SIGHUP`, to its process 1 */
  signalContainer(id: string, signal: string): Promise<void>;
  restartContainer(id: string, how: StopRequest): Promise<void>;
  renameContainer(id: string, name: string): Promise<void>;
  updateContainer(id: string, limits: HostConfig): Promise<void>;
  /** its volumes stay, also the anonymous ones */
  removeContainer(id: string): Promise<void>;
}

/** How a container is to be stopped, where the run spec says it; the engine's record of it may be older. */
export interface StopRequest {
  /** until it is killed */
  readonly seconds?: number;
  /** sent first, `SIGQUIT`; only given where the container was not made with it */
  readonly signal?: string;
}

type Maybe<T> = T | null | undefined;
/** the engine's way to write a set: `{"80/tcp": {}}` */
export type EngineSet = Record<string, Record<string, never>>;

export interface NetworkSummary {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** `10.5.0.0/24` */
  readonly subnets: readonly string[];
  /** of those subnets that have one */
  readonly gateways: readonly string[];
  /** of the driver */
  readonly options: Readonly<Record<string, string>>;
}

export interface CreateNetwork {
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly ipv6: boolean;
  readonly attachable: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly { readonly subnet: string; readonly gateway?: string }[];
}

/** What a container is on one network. */
export interface Endpoint {
  Aliases?: Maybe<string[]>;
  Links?: Maybe<string[]>;
  IPAMConfig?: Maybe<{ IPv4Address?: string }>;
  /** only in answers */
  NetworkID?: Maybe<string>;
  IPAddress?: string;
  GlobalIPv6Address?: string;
}

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** created, running, paused, restarting, exited, removing, dead */
  readonly status: string;
  readonly ports: readonly { readonly address: string; readonly hostPort: number; readonly protocol: string }[];
}

export interface ContainerConfig {
  Image?: string;
  Cmd?: Maybe<string[]>;
  Entrypoint?: Maybe<string | string[]>;
  Env?: Maybe<string[]>;
  User?: Maybe<string>;
  WorkingDir?: Maybe<string>;
  Hostname?: Maybe<string>;
  Domainname?: Maybe<string>;
  StopSignal?: Maybe<string>;
  /** seconds */
  StopTimeout?: Maybe<number>;
  Labels?: Maybe<Record<string, string>>;
  ExposedPorts?: Maybe<EngineSet>;
  Volumes?: Maybe<EngineSet>;
  Healthcheck?: Maybe<Healthcheck>;
}

/** Durations in nanoseconds. */
interface Healthcheck {
  Test?: Maybe<string[]>;
  Interval?: Maybe<number>;
  Timeout?: Maybe<number>;
  StartPeriod?: Maybe<number>;
  Retries?: Maybe<number>;
}

/** Sizes in bytes. */
export interface HostConfig {
  Binds?: Maybe<string[]>;
  Mounts?: Maybe<EngineMount[]>;
  Tmpfs?: Maybe<Record<string, string>>;
  PortBindings?: Maybe<Record<string, Maybe<{ HostIp?: string; HostPort?: string }[]>>>;
  NetworkMode?: Maybe<string>;
  RestartPolicy?: Maybe<{ Name: string; MaximumRetryCount?: number }>;
  LogConfig?: Maybe<{ Type: string; Config: Record<string, string> }>;
  Memory?: Maybe<number>;
  MemorySwap?: Maybe<number>;
  MemoryReservation?: Maybe<number>;
  /** billionths of a CPU */
  NanoCpus?: Maybe<number>;
  CpuShares?: Maybe<number>;
  CpusetCpus?: Maybe<string>;
  PidsLimit?: Maybe<number>;
  ShmSize?: Maybe<number>;
  VolumesFrom?: Maybe<string[]>;
  Links?: Maybe<string[]>;
  Ulimits?: Maybe<{ Name: string; Soft: number; Hard: number }[]>;
  Sysctls?: Maybe<Record<string, string>>;
  CapAdd?: Maybe<string[]>;
  CapDrop?: Maybe<string[]>;
  SecurityOpt?: Maybe<string[]>;
  Devices?: Maybe<{ PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[]>;
  GroupAdd?: Maybe<string[]>;
  ExtraHosts?: Maybe<string[]>;
  Dns?: Maybe<string[]>;
  DnsSearch?: Maybe<string[]>;
  ReadonlyRootfs?: Maybe<boolean>;
  Privileged?: Maybe<boolean>;
  Init?: Maybe<boolean>;
  PidMode?: Maybe<string>;
  IpcMode?: Maybe<string>;
  Runtime?: Maybe<string>;
}

interface EngineMount {
  Type: 'bind' | 'volume' | 'tmpfs';
  /** left out for a tmpfs and an anonymous volume */
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}

export interface CreateBody extends ContainerConfig {
  HostConfig: HostConfig;
  NetworkingConfig?: { EndpointsConfig: Record<string, Endpoint> };
}

interface ContainerState {
  readonly Status: string;
  readonly Running: boolean;
  readonly ExitCode: number;
  readonly StartedAt: string;
  readonly FinishedAt?: string;
  readonly OOMKilled?: boolean;
  readonly Error?: string;
  /** of the engine's own check; absent where there is none. `starting`, `healthy`, `unhealthy`, `none` */
  readonly Health?: Maybe<{
    readonly Status: string;
    readonly FailingStreak?: number;
    readonly Log?: Maybe<readonly { readonly Start?: string; readonly ExitCode: number; readonly Output: string }[]>;
  }>;
}

export interface ContainerInspect {
  readonly Id: string;
  /** with a leading slash */
  readonly Name: string;
  readonly Created: string;
  /** the image's id; `Config.Image` is the reference it was made from */
  readonly Image: string;
  readonly State: ContainerState;
  /** by the engine, since somebody last started it */
  readonly RestartCount?: number;
  readonly Config: ContainerConfig;
  readonly HostConfig: HostConfig;
  readonly NetworkSettings?: {
    readonly Networks?: Maybe<Readonly<Record<string, Maybe<Endpoint>>>>;
    /** where what it publishes is to be reached, while it runs */
    readonly Ports?: Maybe<
      Readonly<Record<string, Maybe<readonly { readonly HostIp: string; readonly HostPort: string }[]>>>
    >;
  };
  /** `Source`: a path of the host, for a volume that of its files */
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string | undefined;
    readonly Source?: string | undefined;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
}

export interface VolumeInspect {
  readonly Driver: string;
  /** where its files are on the engine's machine */
  readonly Mountpoint: string;
  /** of the driver: a volume that has some may be mounted only while a container uses it */
  readonly Options?: Maybe<Readonly<Record<string, string>>>;
}

export interface ImageInspect {
  readonly Id: string;
  readonly Config: ContainerConfig;
  /** `repository@sha256:…`, what registries call it; none for one that was made here */
  readonly RepoDigests?: Maybe<readonly string[]>;
}
