import { formatBytes, formatDuration } from '../../base/quantity.ts';
import type {
  PublishedPort,
  RolloutConfig,
  ServiceBody,
  ServiceContainer,
  TaskTemplate,
} from '../../engine/swarm-api.ts';
import type { ShownKey } from '../actual/difference.ts';
import { type Kind, LIST, MAP, NUMBER, SET, TEXT, toMap, toSet, type Value } from '../spec/value.ts';

/** One thing that a plan compares of a service, as the records want it and as the engine has it. */
export interface ServiceKey extends ShownKey {
  /** canonical; undefined: nothing is said */
  readonly read: (body: ServiceBody) => Value | undefined;
}

type Read<T> = (body: ServiceBody) => T | null | undefined;

interface More<T> {
  readonly default?: T;
  readonly hidden?: boolean;
  readonly format?: (value: T) => string;
}

function define<T extends Value>(kind: Kind<T>, title: string, read: Read<T>, more: More<T> = {}): ServiceKey {
  return {
    title,
    kind,
    hidden: more.hidden ?? false,
    default: more.default,
    // the engine leaves out what is empty, false or 0, or answers it
    read: (body) => {
      const value = read(body);
      return value === undefined || value === null || value === '' || value === 0 || value === more.default
        ? undefined
        : value;
    },
    format: (value) => (more.format === undefined ? formatPlain(value) : more.format(value as T)),
  };
}

function formatPlain(value: Value): string {
  if (typeof value !== 'object') return String(value);
  return (Array.isArray(value) ? value : Object.entries(value).map(([key, text]) => `${key}=${text}`)).join(' ');
}

const ofTask =
  <T>(read: (task: TaskTemplate) => T): ((body: ServiceBody) => T) =>
  (body) =>
    read(body.TaskTemplate);
const ofContainer = <T>(read: (container: ServiceContainer) => T): ((body: ServiceBody) => T) =>
  ofTask(({ ContainerSpec }) => read(ContainerSpec));
const set = (list: readonly string[] | null | undefined): readonly string[] => toSet(list ?? []);
const map = (entries: Readonly<Record<string, string>> | null | undefined): Readonly<Record<string, string>> =>
  toMap(Object.entries(entries ?? {}));
const bytes = { format: (value: number) => formatBytes(value) };
const duration = { format: (value: number) => formatDuration(value) };
const billionths = { format: (value: number) => String(value / 1e9) };
const list = (has: readonly string[] | null | undefined): readonly string[] => has ?? [];
const flag = (value: boolean | null | undefined): string => (value === true ? 'yes' : '');

/** All of a service that is compared; anything else a change by hand may have set is put back with the next update. */
export const SERVICE_KEYS: readonly ServiceKey[] = [
  define(
    TEXT,
    'image',
    ofContainer(({ Image }) => Image),
  ),
  define(TEXT, 'mode', ({ Mode }) => (Mode.Global == null ? 'replicated' : 'global')),
  define(TEXT, 'replicas', ({ Mode }) => (Mode.Replicated == null ? '' : String(Mode.Replicated.Replicas ?? 0))),
  define(
    LIST,
    'command',
    ofContainer(({ Args }) => list(Args)),
  ),
  define(
    LIST,
    'entrypoint',
    ofContainer(({ Command }) => list(Command)),
  ),
  define(
    MAP,
    'environment',
    ofContainer(({ Env }) => toMap((Env ?? []).map((text) => splitAt(text, '=')))),
    { hidden: true },
  ),
  define(
    MAP,
    'labels',
    ofContainer(({ Labels }) => map(Labels)),
  ),
  define(MAP, 'service labels', ({ Labels }) => map(Labels)),
  define(
    TEXT,
    'user',
    ofContainer(({ User }) => User),
  ),
  define(
    SET,
    'group add',
    ofContainer(({ Groups }) => set(Groups)),
  ),
  define(
    TEXT,
    'working dir',
    ofContainer(({ Dir }) => Dir),
  ),
  define(
    TEXT,
    'hostname',
    ofContainer(({ Hostname }) => Hostname),
  ),
  define(
    TEXT,
    'tty',
    ofContainer(({ TTY }) => flag(TTY)),
  ),
  define(
    TEXT,
    'stdin open',
    ofContainer(({ OpenStdin }) => flag(OpenStdin)),
  ),
  define(
    TEXT,
    'read only',
    ofContainer(({ ReadOnly }) => flag(ReadOnly)),
  ),
  define(
    TEXT,
    'init',
    ofContainer(({ Init }) => (Init == null ? '' : Init ? 'yes' : 'no')),
  ),
  define(
    TEXT,
    'stop signal',
    ofContainer(({ StopSignal }) => StopSignal),
  ),
  define(
    NUMBER,
    'stop grace period',
    ofContainer(({ StopGracePeriod }) => StopGracePeriod),
    {
      ...duration,
      default: 10e9,
    },
  ),
  define(
    MAP,
    'healthcheck',
    ofContainer(({ HealthCheck }) =>
      toMap(
        Object.entries(HealthCheck ?? {}).flatMap(([name, value]) =>
          value == null || value === 0
            ? []
            : [[name.toLowerCase(), Array.isArray(value) ? JSON.stringify(value) : formatNumber(name, Number(value))]],
        ),
      ),
    ),
  ),
  define(
    SET,
    'extra hosts',
    ofContainer(({ Hosts }) => set(Hosts)),
  ),
  define(
    LIST,
    'dns',
    ofContainer(({ DNSConfig }) => list(DNSConfig?.Nameservers)),
  ),
  define(
    LIST,
    'dns search',
    ofContainer(({ DNSConfig }) => list(DNSConfig?.Search)),
  ),
  define(
    LIST,
    'dns opt',
    ofContainer(({ DNSConfig }) => list(DNSConfig?.Options)),
  ),
  define(
    MAP,
    'sysctls',
    ofContainer(({ Sysctls }) => map(Sysctls)),
  ),
  define(
    SET,
    'cap add',
    ofContainer(({ CapabilityAdd }) => set(CapabilityAdd)),
  ),
  define(
    SET,
    'cap drop',
    ofContainer(({ CapabilityDrop }) => set(CapabilityDrop)),
  ),
  define(
    SET,
    'ulimits',
    ofContainer(({ Ulimits }) => set(Ulimits?.map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`))),
  ),
  define(
    SET,
    'mounts',
    ofContainer(({ Mounts }) => set(Mounts?.map(formatMount))),
  ),
  define(
    SET,
    'secrets',
    ofContainer(({ Secrets }) => set(Secrets?.map(({ SecretName, File }) => formatFile(SecretName, File)))),
  ),
  define(
    SET,
    'configs',
    ofContainer(({ Configs }) => set(Configs?.map(({ ConfigName, File }) => formatFile(ConfigName, File)))),
  ),
  define(
    NUMBER,
    'memory',
    ofTask(({ Resources }) => Resources?.Limits?.MemoryBytes),
    bytes,
  ),
  define(
    NUMBER,
    'cpus',
    ofTask(({ Resources }) => Resources?.Limits?.NanoCPUs),
    billionths,
  ),
  define(
    NUMBER,
    'pids limit',
    ofTask(({ Resources }) => Resources?.Limits?.Pids),
  ),
  define(
    NUMBER,
    'memory reservation',
    ofTask(({ Resources }) => Resources?.Reservations?.MemoryBytes),
    bytes,
  ),
  define(
    NUMBER,
    'cpu reservation',
    ofTask(({ Resources }) => Resources?.Reservations?.NanoCPUs),
    billionths,
  ),
  define(
    TEXT,
    'restart',
    ofTask(({ RestartPolicy: policy }) =>
      [
        policy?.Condition ?? 'any',
        ...(policy?.MaxAttempts ? [`attempts=${policy.MaxAttempts}`] : []),
        ...((policy?.Delay ?? 5e9) === 5e9 ? [] : [`delay=${formatDuration(policy?.Delay ?? 0)}`]),
        ...(policy?.Window ? [`window=${formatDuration(policy.Window)}`] : []),
      ].join(' '),
    ),
  ),
  define(
    SET,
    'placement',
    ofTask(({ Placement }) => set(Placement?.Constraints)),
  ),
  define(
    LIST,
    'spread',
    ofTask(({ Placement }) => list(Placement?.Preferences?.map(({ Spread }) => Spread.SpreadDescriptor))),
  ),
  define(
    NUMBER,
    'most per node',
    ofTask(({ Placement }) => Placement?.MaxReplicas),
  ),
  define(
    MAP,
    'networks',
    ofTask(({ Networks }) =>
      toMap((Networks ?? []).map(({ Target, Aliases }) => [Target, set(Aliases).join(' ')] as const)),
    ),
  ),
  define(
    MAP,
    'logging',
    ofTask(({ LogDriver }) =>
      LogDriver == null ? {} : toMap([['driver', LogDriver.Name], ...Object.entries(LogDriver.Options ?? {})]),
    ),
  ),
  define(MAP, 'update', ({ UpdateConfig }) => formatRollout(UpdateConfig)),
  define(MAP, 'rollback', ({ RollbackConfig }) => formatRollout(RollbackConfig)),
  define(TEXT, 'endpoint', ({ EndpointSpec }) => EndpointSpec?.Mode, { default: 'vip' }),
  define(SET, 'ports', ({ EndpointSpec }) => set(EndpointSpec?.Ports?.map(formatServicePort))),
];

/** `8080:80`, `53:53/udp host` */
export function formatServicePort({ PublishedPort: port, TargetPort, Protocol, PublishMode }: PublishedPort): string {
  return `${port ? `${port}:` : ''}${TargetPort}${Protocol === 'tcp' ? '' : `/${Protocol}`}${PublishMode === 'host' ? ' host' : ''}`;
}

function formatMount(mount: NonNullable<ServiceContainer['Mounts']>[number]): string {
  const { Type, Source = '', Target, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions } = mount;
  const driver = VolumeOptions?.DriverConfig;
  return [
    `${Type === 'tmpfs' ? 'tmpfs' : Source}:${Target}`,
    ...(ReadOnly === true ? ['ro'] : []),
    ...(BindOptions?.Propagation ? [BindOptions.Propagation] : []),
    ...(VolumeOptions?.NoCopy === true ? ['nocopy'] : []),
    ...(driver?.Name ? [`${driver.Name} ${JSON.stringify(map(driver.Options))}`] : []),
    ...(TmpfsOptions?.SizeBytes ? [`size=${formatBytes(TmpfsOptions.SizeBytes)}`] : []),
    ...(TmpfsOptions?.Mode ? [`mode=${TmpfsOptions.Mode.toString(8)}`] : []),
  ].join(',');
}

function formatFile(
  name: string,
  { Name, UID, GID, Mode }: { Name: string; UID: string; GID: string; Mode: number },
): string {
  const access =
    Mode === 0o444 && UID === '0' && GID === '0' ? '' : `:${Mode.toString(8).padStart(4, '0')}:${UID}:${GID}`;
  return `${name}:${Name}${access}`;
}

function formatRollout(config: RolloutConfig | null | undefined): Readonly<Record<string, string>> {
  const {
    Parallelism = 1,
    Delay = 0,
    FailureAction = 'pause',
    Monitor = 5e9,
    MaxFailureRatio = 0,
    Order = 'stop-first',
  } = config ?? {};
  return toMap([
    ['parallelism', String(Parallelism)],
    ['delay', formatDuration(Delay)],
    ['on-failure', FailureAction],
    ['monitor', formatDuration(Monitor)],
    // the engine keeps it as a float of 32 bits
    ['ratio', String(Number(Math.fround(MaxFailureRatio).toPrecision(6)))],
    ['order', Order],
  ]);
}

function formatNumber(name: string, value: number): string {
  return name === 'Retries' ? String(value) : formatDuration(value);
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
