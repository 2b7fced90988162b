import type { Readable } from 'node:stream';
import type { ContainerInspect, CreateBody, Endpoint, HostConfig, ImageInspect, VolumeInspect } from './engine-api.ts';
import type { BuildOptions, RegistryLogin } from '../model/image-source.ts';
import type { EngineTraits } from './engine-traits.ts';

/**
 * The narrow interface to a Docker engine: the calls of planning and applying. Names of
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
  listVolumes(): Promise<readonly VolumeSummary[]>;
  listNetworks(): Promise<readonly NetworkSummary[]>;
  /** names of all containers, ours or not, that are on a network and run */
  listNetworkUsers(name: string): Promise<readonly string[]>;
  /** undefined: not there */
  findVolume(name: string): Promise<VolumeInspect | undefined>;
  /** a text file of a container, running or not; undefined: not there */
  readContainerFile(id: string, path: string): Promise<string | undefined>;
  /** bytes in use now, without the page cache that the kernel can take back; 0 for what does not run */
  getMemoryUse(id: string): Promise<number>;
  /**
   * the end of its log, oldest line first; none where its log driver keeps nothing that can be read
   * @param since leaves out what is older; RFC 3339
   */
  readLastLines(id: string, count: number, since?: string): Promise<readonly string[]>;

  /** `onProgress` gets one line for all layers, as often as there is news */
  pullImage(
    reference: string,
    onProgress: (words: string) => void,
    login?: RegistryLogin,
    platform?: string,
  ): Promise<void>;
  /**
   * builds the folder's Dockerfile under that reference, or the repository that the options name; `onProgress` gets
   * the lines of the build
   */
  buildImage(
    reference: string,
    folder: string | undefined,
    onProgress: (words: string) => void,
    options?: BuildOptions,
  ): Promise<void>;
  /** what `docker save` wrote, or else the files of a whole system, as tar, plain or gzipped */
  importImage(reference: string, archive: string, onProgress: (words: string) => void): Promise<void>;
  /** the files of a whole system, as a stream of tar; `changes` as in a Dockerfile, `CMD ["/bin/sh"]` */
  importFiles(reference: string, files: Readable, changes: readonly string[]): Promise<void>;
  /** takes the name away, and with the last one the image; what is not there is no failure */
  removeImage(reference: string): Promise<void>;
  /** gives an image that is there another reference; whichever had it loses it */
  tagImage(id: string, reference: string): Promise<void>;
  createVolume(volume: CreateVolume): Promise<void>;
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
  /**
   * Waits until it has ended.
   * @param seconds after which that has failed
   * @returns its exit code
   */
  waitContainer(id: string, seconds: number): Promise<number>;
  /** Runs a command in a running container, and waits until it has ended. @returns the end of what it printed, too */
  runCommand(id: string, command: ContainerCommand): Promise<CommandEnd>;
  unpauseContainer(id: string): Promise<void>;
  stopContainer(id: string, how: StopRequest): Promise<void>;
  /** `SIGHUP`, to its process 1 */
  signalContainer(id: string, signal: string): Promise<void>;
  restartContainer(id: string, how: StopRequest): Promise<void>;
  renameContainer(id: string, name: string): Promise<void>;
  updateContainer(id: string, limits: HostConfig): Promise<void>;
  /** its volumes stay, also the anonymous ones */
  removeContainer(id: string): Promise<void>;
  /** with all that is in it; what is not there is no failure, what a container uses is one */
  removeVolume(name: string): Promise<void>;
}

/** How a container is to be stopped, where the run spec says it; the engine's record of it may be older. */
export interface StopRequest {
  /** until it is killed */
  readonly seconds?: number;
  /** sent first, `SIGQUIT`; only given where the container was not made with it */
  readonly signal?: string;
  /** run in it before, where it runs; one that fails keeps it from being stopped */
  readonly before?: readonly ContainerCommand[];
}

export type VolumeSummary = CreateVolume;

export interface CreateVolume {
  readonly name: string;
  readonly driver: string;
  /** of the driver */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A command that is run in a container, as Compose calls its parts. */
export interface ContainerCommand {
  readonly command: readonly string[];
  /** undefined: that of the container, as what follows */
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  /** beside the container's own */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CommandEnd {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

export interface NetworkSummary extends CreateNetwork {
  readonly id: string;
}

export interface CreateNetwork {
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly ipv6: boolean;
  /** undefined: as the engine has it, which older ones have in any case */
  readonly ipv4?: boolean;
  readonly attachable: boolean;
  /** of the driver */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly NetworkAddresses[];
  /** the driver that gives out its addresses: `default` */
  readonly ipamDriver?: string;
  readonly ipamOptions?: Readonly<Record<string, string>>;
}

/** A subnet of a network. */
export interface NetworkAddresses {
  /** `10.5.0.0/24` */
  readonly subnet: string;
  readonly gateway?: string;
  /** the part of it that containers get addresses of by themselves, `10.5.0.128/25` */
  readonly range?: string;
  /** addresses that are given out to nobody, by the name of who has them */
  readonly reserved?: Readonly<Record<string, string>>;
}

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** created, running, paused, restarting, exited, removing, dead */
  readonly status: string;
  readonly ports: readonly { readonly address: string; readonly hostPort: number; readonly protocol: string }[];
}
