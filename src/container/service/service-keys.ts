import { formatBytes, formatDuration } from '../../base/quantity.ts';
import type { TaskTemplate } from '../../engine/swarm-api.ts';
import { LIST, MAP, NUMBER, SET, TEXT, toMap, toSet } from '../spec/value.ts';
import { defineServiceKey, inContainer, inTask, type ServiceKey } from './service-key.ts';
import {
  formatConstraint,
  formatFile,
  formatMount,
  formatNumber,
  formatRollout,
  formatServicePort,
  splitAt,
} from './service-words.ts';

const set = (list: readonly string[] | null | undefined): readonly string[] => toSet(list ?? []);
const map = (entries: Readonly<Record<string, string>> | null | undefined): Readonly<Record<string, string>> =>
  toMap(Object.entries(entries ?? {}));
const bytes = { format: (value: number) => formatBytes(value) };
const duration = { format: (value: number) => formatDuration(value) };
const billionths = { format: (value: number) => String(value / 1e9) };
const list = (has: readonly string[] | null | undefined): readonly string[] => has ?? [];
const flag = (value: boolean | null | undefined): string => (value === true ? 'yes' : '');

/** Nothing is said of it, or what engines do by themselves. */
function isUsualLog(driver: TaskTemplate['LogDriver'] | null): driver is undefined {
  return driver == null || (driver.Name === 'json-file' && Object.keys(driver.Options ?? {}).length === 0);
}

/** All of a service that is compared; what else others have set stays where it is (unchanged-fields.ts). */
export const SERVICE_KEYS: readonly ServiceKey[] = [
  inContainer(TEXT, 'image', ({ Image }) => Image),
  defineServiceKey(TEXT, 'mode', ({ Mode }) => (Mode.Global == null ? 'replicated' : 'global')),
  defineServiceKey(TEXT, 'replicas', ({ Mode }) => (Mode.Replicated == null ? '' : String(Mode.Replicated.Replicas))),
  inContainer(LIST, 'command', ({ Args }) => list(Args)),
  inContainer(LIST, 'entrypoint', ({ Command }) => list(Command)),
  inContainer(MAP, 'environment', ({ Env }) => toMap((Env ?? []).map((text) => splitAt(text, '='))), { hidden: true }),
  inContainer(MAP, 'labels', ({ Labels }) => map(Labels)),
  defineServiceKey(MAP, 'service labels', ({ Labels }) => map(Labels)),
  inContainer(TEXT, 'user', ({ User }) => User),
  inContainer(SET, 'group add', ({ Groups }) => set(Groups)),
  inContainer(TEXT, 'working dir', ({ Dir }) => Dir),
  inContainer(TEXT, 'hostname', ({ Hostname }) => Hostname),
  inContainer(TEXT, 'tty', ({ TTY }) => flag(TTY)),
  inContainer(TEXT, 'stdin open', ({ OpenStdin }) => flag(OpenStdin)),
  inContainer(TEXT, 'read only', ({ ReadOnly }) => flag(ReadOnly)),
  inContainer(TEXT, 'init', ({ Init }) => (Init === undefined ? '' : Init ? 'yes' : 'no')),
  inContainer(TEXT, 'stop signal', ({ StopSignal }) => StopSignal),
  inContainer(NUMBER, 'stop grace period', ({ StopGracePeriod }) => StopGracePeriod, {
    ...duration,
    default: 10e9,
  }),
  inContainer(MAP, 'healthcheck', ({ Healthcheck }) =>
    toMap(
      Object.entries(Healthcheck ?? {}).flatMap(([name, value]) =>
        !value
          ? []
          : [[name.toLowerCase(), Array.isArray(value) ? JSON.stringify(value) : formatNumber(name, Number(value))]],
      ),
    ),
  ),
  inContainer(SET, 'extra hosts', ({ Hosts }) => set(Hosts)),
  inContainer(LIST, 'dns', ({ DNSConfig }) => list(DNSConfig?.Nameservers)),
  inContainer(LIST, 'dns search', ({ DNSConfig }) => list(DNSConfig?.Search)),
  inContainer(LIST, 'dns opt', ({ DNSConfig }) => list(DNSConfig?.Options)),
  inContainer(MAP, 'sysctls', ({ Sysctls }) => map(Sysctls)),
  inContainer(SET, 'cap add', ({ CapabilityAdd }) => set(CapabilityAdd)),
  inContainer(SET, 'cap drop', ({ CapabilityDrop }) => set(CapabilityDrop)),
  inContainer(SET, 'ulimits', ({ Ulimits }) => set(Ulimits?.map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`))),
  inContainer(SET, 'mounts', ({ Mounts }) => set(Mounts?.map(formatMount))),
  inContainer(SET, 'secrets', ({ Secrets }) =>
    set(Secrets?.map(({ SecretName, File }) => formatFile(SecretName, File))),
  ),
  inContainer(SET, 'configs', ({ Configs }) =>
    // a name alone is one below /
    set(
      Configs?.map(({ ConfigName, File }) =>
        formatFile(ConfigName, { ...File, Name: `/${File.Name.replace(/^\//, '')}` }),
      ),
    ),
  ),
  inTask(NUMBER, 'memory', ({ Resources }) => Resources?.Limits?.MemoryBytes, bytes),
  inTask(NUMBER, 'cpus', ({ Resources }) => Resources?.Limits?.NanoCPUs, billionths),
  inTask(NUMBER, 'pids limit', ({ Resources }) => Resources?.Limits?.Pids),
  inTask(NUMBER, 'memory reservation', ({ Resources }) => Resources?.Reservations?.MemoryBytes, bytes),
  inTask(NUMBER, 'cpu reservation', ({ Resources }) => Resources?.Reservations?.NanoCPUs, billionths),
  inTask(TEXT, 'restart', ({ RestartPolicy: policy }) =>
    [
      policy?.Condition ?? 'any',
      ...(policy?.MaxAttempts ? [`attempts=${policy.MaxAttempts}`] : []),
      ...((policy?.Delay ?? 5e9) === 5e9 ? [] : [`delay=${formatDuration(policy?.Delay ?? 0)}`]),
      ...(policy?.Window ? [`window=${formatDuration(policy.Window)}`] : []),
    ].join(' '),
  ),
  inTask(SET, 'placement', ({ Placement }) => set(Placement?.Constraints?.map(formatConstraint))),
  inTask(LIST, 'spread', ({ Placement }) => list(Placement?.Preferences?.map(({ Spread }) => Spread.SpreadDescriptor))),
  inTask(NUMBER, 'most per node', ({ Placement }) => Placement?.MaxReplicas),
  inTask(MAP, 'networks', ({ Networks }) =>
    toMap((Networks ?? []).map(({ Target, Aliases }) => [Target, set(Aliases).join(' ')] as const)),
  ),
  inTask(MAP, 'logging', ({ LogDriver }) =>
    isUsualLog(LogDriver) ? {} : toMap([['driver', LogDriver.Name], ...Object.entries(LogDriver.Options ?? {})]),
  ),
  defineServiceKey(MAP, 'update', ({ UpdateConfig }) => formatRollout(UpdateConfig)),
  defineServiceKey(MAP, 'rollback', ({ RollbackConfig }) => formatRollout(RollbackConfig)),
  defineServiceKey(TEXT, 'endpoint', ({ EndpointSpec }) => EndpointSpec?.Mode, { default: 'vip' }),
  defineServiceKey(SET, 'ports', ({ EndpointSpec }) => set(EndpointSpec?.Ports?.map(formatServicePort))),
];
