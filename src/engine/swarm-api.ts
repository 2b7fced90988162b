/**
 * Bodies and answers of Docker's swarm, as far as they are used. Names of fields in bodies are those of the
 * Engine API: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Service
 */

export type Labels = Readonly<Record<string, string>>;

/** Nanoseconds, as the engine counts. */
export type Nanoseconds = number;

/** What a service is made with, and what it is changed to: always the whole. */
export interface ServiceBody {
  readonly Name: string;
  readonly Labels: Labels;
  readonly TaskTemplate: TaskTemplate;
  readonly Mode: ServiceMode;
  readonly UpdateConfig?: RolloutConfig;
  readonly RollbackConfig?: RolloutConfig;
  readonly EndpointSpec?: EndpointSpec;
}

export interface ServiceMode {
  readonly Replicated?: { readonly Replicas: number };
  readonly Global?: Readonly<Record<string, never>>;
}

export interface RolloutConfig {
  /** 0: all at once */
  readonly Parallelism?: number;
  readonly Delay?: Nanoseconds;
  readonly FailureAction?: 'continue' | 'pause' | 'rollback';
  readonly Monitor?: Nanoseconds;
  /** 0 to 1 */
  readonly MaxFailureRatio?: number;
  readonly Order?: 'stop-first' | 'start-first';
}

export interface EndpointSpec {
  readonly Mode?: 'vip' | 'dnsrr';
  readonly Ports?: readonly PublishedPort[];
}

export interface PublishedPort {
  readonly Name?: string;
  readonly Protocol: 'tcp' | 'udp' | 'sctp';
  readonly TargetPort: number;
  /** of the nodes; 0 or absent: one that the swarm chooses */
  readonly PublishedPort?: number;
  readonly PublishMode: 'ingress' | 'host';
}

export interface TaskTemplate {
  readonly ContainerSpec: ServiceContainer;
  readonly Resources?: {
    readonly Limits?: { readonly NanoCPUs?: number; readonly MemoryBytes?: number; readonly Pids?: number };
    readonly Reservations?: {
      readonly NanoCPUs?: number;
      readonly MemoryBytes?: number;
      readonly GenericResources?: readonly unknown[];
    };
  };
  readonly RestartPolicy?: {
    readonly Condition?: 'none' | 'on-failure' | 'any';
    readonly Delay?: Nanoseconds;
    readonly MaxAttempts?: number;
    readonly Window?: Nanoseconds;
  };
  readonly Placement?: {
    readonly Constraints?: readonly string[];
    readonly Preferences?: readonly { readonly Spread: { readonly SpreadDescriptor: string } }[];
    readonly MaxReplicas?: number;
  };
  readonly Networks?: readonly {
    /** name or id */
    readonly Target: string;
    readonly Aliases?: readonly string[];
    readonly DriverOpts?: Labels;
  }[];
  readonly LogDriver?: { readonly Name: string; readonly Options?: Labels };
  /** raised to have all tasks created again */
  readonly ForceUpdate?: number;
}

/** The container of each task. */
export interface ServiceContainer {
  readonly Image: string;
  /** labels of the containers: a change of them creates every task again */
  readonly Labels?: Labels;
  /** the entry point */
  readonly Command?: readonly string[];
  readonly Args?: readonly string[];
  readonly Hostname?: string;
  /** `NAME=VALUE` */
  readonly Env?: readonly string[];
  readonly Dir?: string;
  readonly User?: string;
  readonly Groups?: readonly string[];
  readonly TTY?: boolean;
  readonly OpenStdin?: boolean;
  readonly ReadOnly?: boolean;
  readonly Init?: boolean;
  readonly Mounts?: readonly ServiceMount[];
  readonly StopSignal?: string;
  readonly StopGracePeriod?: Nanoseconds;
  readonly Healthcheck?: {
    readonly Test?: readonly string[];
    readonly Interval?: Nanoseconds;
    readonly Timeout?: Nanoseconds;
    readonly StartPeriod?: Nanoseconds;
    readonly StartInterval?: Nanoseconds;
    readonly Retries?: number;
  };
  /** `ADDRESS NAME` */
  readonly Hosts?: readonly string[];
  readonly DNSConfig?: {
    readonly Nameservers?: readonly string[];
    readonly Search?: readonly string[];
    readonly Options?: readonly string[];
  };
  readonly Sysctls?: Labels;
  readonly CapabilityAdd?: readonly string[];
  readonly CapabilityDrop?: readonly string[];
  readonly Ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly Secrets?: readonly { readonly SecretID: string; readonly SecretName: string; readonly File: MountedFile }[];
  readonly Configs?: readonly { readonly ConfigID: string; readonly ConfigName: string; readonly File: MountedFile }[];
}

/** Where a secret or config is seen in the container. */
export interface MountedFile {
  /** of a secret relative to `/run/secrets` where it does not begin with `/` */
  readonly Name: string;
  readonly UID: string;
  readonly GID: string;
  /** as a number: `0o400` */
  readonly Mode: number;
}

export interface ServiceMount {
  readonly Type: 'bind' | 'volume' | 'tmpfs' | 'npipe';
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly BindOptions?: { readonly Propagation?: string; readonly NonRecursive?: boolean };
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: Labels;
    readonly DriverConfig?: { readonly Name: string; readonly Options?: Labels };
  };
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
}

export interface Service {
  readonly id: string;
  readonly name: string;
  /** what an update has to name, so that no change of others is lost */
  readonly version: number;
  /** as the engine has it, with what it adds by itself */
  readonly body: ServiceBody;
  /** the one that a rollback goes to */
  readonly previous?: ServiceBody;
  /** RFC 3339 */
  readonly created: string;
  readonly updated: string;
  /** of the last change; absent: it was never changed */
  readonly update?: UpdateStatus;
  /** as they are published, with numbers that the swarm chose */
  readonly ports: readonly PublishedPort[];
}

export interface UpdateStatus {
  readonly state:
    | 'updating'
    | 'paused'
    | 'completed'
    | 'rollback_started'
    | 'rollback_paused'
    | 'rollback_completed'
    | (string & {});
  readonly message: string;
  readonly started?: string;
  readonly completed?: string;
}

export interface Task {
  readonly id: string;
  readonly service: string;
  /** absent: no node was found for it yet */
  readonly node?: string;
  /** which of the replicas it is, from 1; absent: of a global service */
  readonly slot?: number;
  /** `new`, `pending`, `assigned`, `preparing`, `starting`, `running`, `complete`, `failed`, `rejected`, … */
  readonly state: string;
  /** `running`, or `shutdown` for one that another task replaces */
  readonly desired: string;
  /** what the engine says of the state */
  readonly message: string;
  /** why it did not go on; empty: nothing went wrong */
  readonly error: string;
  readonly exitCode?: number;
  /** the id of its container, on its node; absent: none yet */
  readonly container?: string;
  readonly image: string;
  /** of the state, RFC 3339 */
  readonly since: string;
  readonly created: string;
  /** published by `mode: host` on its node */
  readonly ports: readonly PublishedPort[];
  /** of the service's body when it was made */
  readonly template: TaskTemplate;
  /** addresses in its networks: name of the network -> `10.0.1.5` */
  readonly addresses: Labels;
}
