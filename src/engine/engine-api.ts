/*
 * What the engine takes and answers, as the Engine API has it (https://docs.docker.com/reference/api/engine/), as
 * far as it is used here.
 */

type Maybe<T> = T | null | undefined;
/** the engine's way to write a set: `{"80/tcp": {}}` */
export type EngineSet = Record<string, Record<string, never>>;

/** What a container is on one network. */
export interface Endpoint {
  Aliases?: Maybe<string[]>;
  Links?: Maybe<string[]>;
  IPAMConfig?: Maybe<{ IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: Maybe<string[]> }>;
  MacAddress?: string;
  DriverOpts?: Maybe<Record<string, string>>;
  /** engines from 28 */
  GwPriority?: number;
  /** only in answers, of engines from 25 */
  DNSNames?: Maybe<string[]>;
  /** only in answers */
  NetworkID?: Maybe<string>;
  IPAddress?: string;
  GlobalIPv6Address?: string;
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
  Tty?: Maybe<boolean>;
  OpenStdin?: Maybe<boolean>;
  MacAddress?: Maybe<string>;
  StopSignal?: Maybe<string>;
  /** seconds */
  StopTimeout?: Maybe<number>;
  Labels?: Maybe<Record<string, string>>;
  ExposedPorts?: Maybe<EngineSet>;
  Volumes?: Maybe<EngineSet>;
  Healthcheck?: Maybe<Healthcheck>;
  /** whether only who attaches first gives it something to read */
  StdinOnce?: boolean;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
}

/** Durations in nanoseconds. */
interface Healthcheck {
  Test?: Maybe<string[]>;
  Interval?: Maybe<number>;
  Timeout?: Maybe<number>;
  StartPeriod?: Maybe<number>;
  StartInterval?: Maybe<number>;
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
  Annotations?: Maybe<Record<string, string>>;
  CgroupnsMode?: Maybe<string>;
  CgroupParent?: Maybe<string>;
  /** microseconds, as the next three */
  CpuPeriod?: Maybe<number>;
  CpuQuota?: Maybe<number>;
  CpuRealtimePeriod?: Maybe<number>;
  CpuRealtimeRuntime?: Maybe<number>;
  DeviceCgroupRules?: Maybe<string[]>;
  DeviceRequests?: Maybe<DeviceRequest[]>;
  DnsOptions?: Maybe<string[]>;
  MemorySwappiness?: Maybe<number>;
  OomKillDisable?: Maybe<boolean>;
  OomScoreAdj?: Maybe<number>;
  StorageOpt?: Maybe<Record<string, string>>;
  UsernsMode?: Maybe<string>;
  UTSMode?: Maybe<string>;
  BlkioWeight?: Maybe<number>;
  BlkioWeightDevice?: Maybe<{ Path: string; Weight: number }[]>;
  BlkioDeviceReadBps?: Maybe<DeviceRate[]>;
  BlkioDeviceWriteBps?: Maybe<DeviceRate[]>;
  BlkioDeviceReadIOps?: Maybe<DeviceRate[]>;
  BlkioDeviceWriteIOps?: Maybe<DeviceRate[]>;
}

interface DeviceRate {
  Path: string;
  Rate: number;
}

export interface DeviceRequest {
  Driver?: Maybe<string>;
  /** -1: all */
  Count?: Maybe<number>;
  DeviceIDs?: Maybe<string[]>;
  Capabilities?: Maybe<string[][]>;
  Options?: Maybe<Record<string, string>>;
}

interface EngineMount {
  Type: 'bind' | 'volume' | 'tmpfs';
  /** left out for a tmpfs and an anonymous volume */
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
  BindOptions?: Maybe<{ Propagation?: string; CreateMountpoint?: boolean }>;
  VolumeOptions?: Maybe<{ NoCopy?: boolean; Subpath?: string }>;
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
  readonly Labels?: Maybe<Readonly<Record<string, string>>>;
}

export interface ImageInspect {
  readonly Id: string;
  readonly Config: ContainerConfig;
  /** `repository@sha256:…`, what registries call it; none for one that was made here */
  readonly RepoDigests?: Maybe<readonly string[]>;
  /** what it is made of: equal files, imported twice, have equal layers and different ids */
  readonly RootFS?: Maybe<{ readonly Layers?: Maybe<readonly string[]> }>;
}
