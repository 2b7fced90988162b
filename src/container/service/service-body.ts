import { Failure, throwAll } from '../../base/errors.ts';
import type { CreateBody } from '../../engine/engine-api.ts';
import type { PublishedPort, RolloutConfig, ServiceBody, TaskTemplate } from '../../engine/swarm-api.ts';
import type { Container } from '../../model/container.ts';
import { findMountProp, refuseProp } from '../../model/swarm/check-service.ts';
import { makeCreateBody } from '../spec/create-body.ts';
import { listJoined, parseJoined } from '../spec/endpoints.ts';
import { getDeploy } from '../spec/keys/deploy.ts';
import { MANAGED_LABEL, NAME_LABEL } from '../spec/names.ts';
import { parsePublished } from '../spec/published-port.ts';
import { readHealthRequest } from '../spec/health-request.ts';
import { getImage, type RunSpec } from '../spec/run-spec.ts';
import { formatMounted } from '../spec/mounted.ts';
import { isList, type TextMap } from '../spec/value.ts';
import { type KeptFile, MOST_BYTES, type MountedSource, nameKept, nameTarget, placeFile } from './host-files.ts';
import { listServiceMounts, type ServiceMounts } from './service-mounts.ts';

/** What a body needs to know beside the run spec. */
export interface BodyContext {
  /** what the paths of this host are that the run spec mounts */
  readonly sources: ReadonlyMap<string, MountedSource>;
  readonly nodeFolders: readonly string[];
  /** the record; absent: mistakes are said of the run spec alone */
  readonly container?: Container;
  /** of the swarm, for the names of what it keeps */
  readonly salt: string;
}

/** A service as it is to be. The ids of what the swarm keeps are empty: they are known when it is there. */
export interface MadeService {
  readonly body: ServiceBody;
  readonly kept: readonly KeptFile[];
}

/** As the engine has it where nothing is said; said all the same, so that what it answers can be compared. */
const RESTART_DELAY = 5e9;
const MONITOR = 5e9;

/** By the prop that says it; what a custom fragment adds, by the run spec. */
function refuseMount(
  { name, file }: RunSpec,
  container: Container | undefined,
  { mount, why, hint }: ServiceMounts['refused'][number],
): Failure {
  const prop = container === undefined ? undefined : findMountProp(container, mount.target);
  if (container !== undefined && prop !== undefined)
    return refuseProp(container, prop, formatMounted(mount), { why, hint });
  return new Failure(`cannot mount "${formatMounted(mount)}" in service "${name}"`, {
    why,
    at: { file },
    ...(hint === undefined ? {} : { hint }),
  });
}

/**
 * The service that a run spec means. Pure.
 * @throws Failure(s) for mounts that no swarm can carry
 */
export function makeServiceBody(spec: RunSpec, { sources, nodeFolders, container, salt }: BodyContext): MadeService {
  const { name, values } = spec;
  const deploy = getDeploy(values) ?? {};
  const { mounts, files, refused } = listServiceMounts(spec, sources, nodeFolders);
  const placed = files.map((file) => ({ file, kept: nameKept(name, file, salt) }));
  throwAll([
    ...refused.map((one) => refuseMount(spec, container, one)),
    ...placed.flatMap(({ file: { source, target }, kept: { kind, bytes } }) =>
      bytes.length <= MOST_BYTES[kind] && bytes.length > 0
        ? []
        : refuseMount(spec, container, {
            mount: { source, target, options: ['ro'] },
            why:
              bytes.length === 0
                ? `it is empty, and a ${kind} of a swarm is not`
                : `it has ${bytes.length} bytes, and a ${kind} of a swarm ${MOST_BYTES[kind]} at most`,
          }),
    ),
  ]);
  const create = makeCreateBody(spec);
  const mounted = [
    ...placed.map(({ file, kept }) => ({ ...kept, file: placeFile(file.target, file, values['user']) })),
    ...(spec.kept ?? []).map(({ kind, name: kept, target, uid, gid, mode }) => ({
      ...{ kind, name: kept },
      file: { Name: nameTarget(target), UID: uid, GID: gid, Mode: mode },
    })),
  ];
  const user = create.User;
  const monitor = (readHealthRequest(spec.ownLabels, { wait: undefined, uptime: MONITOR / 1e6 }).uptime || 0) * 1e6;
  return {
    kept: placed.map(({ kept }) => kept),
    body: {
      Name: name,
      Labels: {
        ...(JSON.parse(deploy['labels'] ?? '{}') as TextMap),
        [MANAGED_LABEL]: 'true',
        [NAME_LABEL]: name,
      },
      TaskTemplate: {
        ContainerSpec: {
          ...readContainer(create),
          Image: getImage(spec),
          ...(typeof user === 'string' ? { User: user } : {}),
          ...(mounts.length === 0 ? {} : { Mounts: mounts }),
          Secrets: mounted
            .filter(({ kind }) => kind === 'secret')
            .map((secret) => ({ SecretID: '', SecretName: secret.name, File: secret.file })),
          Configs: mounted
            .filter(({ kind }) => kind === 'config')
            .map((config) => ({ ConfigID: '', ConfigName: config.name, File: config.file })),
        },
        ...makeTemplate(create, deploy, spec),
      },
      Mode:
        deploy['mode'] === 'global' ? { Global: {} } : { Replicated: { Replicas: Number(deploy['replicas'] ?? '1') } },
      UpdateConfig: makeRollout(deploy, 'update_config', monitor),
      RollbackConfig: makeRollout(deploy, 'rollback_config', monitor),
      EndpointSpec: {
        Mode: deploy['endpoint_mode'] === 'dnsrr' ? 'dnsrr' : 'vip',
        Ports: listPorts(spec),
      },
    },
  };
}

/** What a container of this host would be made with, in the words of a service. */
function readContainer(create: CreateBody): Partial<ServiceBody['TaskTemplate']['ContainerSpec']> {
  const { HostConfig: host } = create;
  const said = <T>(value: T | null | undefined): T | undefined => value ?? undefined;
  const labels = Object.entries(create.Labels ?? {}).filter(([label]) => !label.startsWith('docksmith.'));
  const dns = { Nameservers: said(host.Dns), Search: said(host.DnsSearch), Options: said(host.DnsOptions) };
  const { Entrypoint: entrypoint } = create;
  return withoutUndefined({
    Labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
    Command: said(typeof entrypoint === 'string' ? [entrypoint] : entrypoint),
    Args: said(create.Cmd),
    Hostname: said(create.Hostname),
    Env: said(create.Env),
    Dir: said(create.WorkingDir),
    Groups: said(host.GroupAdd),
    TTY: said(create.Tty),
    OpenStdin: said(create.OpenStdin),
    ReadOnly: said(host.ReadonlyRootfs),
    Init: said(host.Init),
    StopSignal: said(create.StopSignal),
    StopGracePeriod: create.StopTimeout == null ? undefined : create.StopTimeout * 1e9,
    Healthcheck: create.Healthcheck == null ? undefined : withoutUndefined(create.Healthcheck),
    // `NAME:ADDRESS`, and addresses of IPv6 have colons
    Hosts: said(host.ExtraHosts)?.map((text) => text.replace(/^([^:]+):(.*)$/, '$2 $1')),
    DNSConfig: Object.values(dns).some((list) => list !== undefined) ? withoutUndefined(dns) : undefined,
    Sysctls: said(host.Sysctls),
    CapabilityAdd: said(host.CapAdd)?.map(nameCapability),
    CapabilityDrop: said(host.CapDrop)?.map(nameCapability),
    Ulimits: said(host.Ulimits),
  });
}

/** The engine writes them so whatever it was sent. */
function nameCapability(name: string): string {
  const upper = name.toUpperCase();
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}

function makeTemplate(
  { HostConfig: host }: CreateBody,
  deploy: TextMap,
  spec: RunSpec,
): Omit<TaskTemplate, 'ContainerSpec'> {
  const number = (name: string): number | undefined => (deploy[name] === undefined ? undefined : Number(deploy[name]));
  const cpus = (name: string): number | undefined => {
    const count = number(name);
    return count === undefined ? undefined : Math.round(count * 1e9);
  };
  const list = (name: string): readonly string[] => JSON.parse(deploy[name] ?? '[]') as string[];
  const [restart = 'no', attempts] = [host.RestartPolicy?.Name, host.RestartPolicy?.MaximumRetryCount];
  const networks = Object.entries(listJoined(spec)).filter(([network]) => network !== 'bridge');
  return {
    Resources: {
      Limits: withoutUndefined({
        NanoCPUs: cpus('resources.limits.cpus') ?? host.NanoCpus ?? undefined,
        MemoryBytes: number('resources.limits.memory') ?? host.Memory ?? undefined,
        Pids: number('resources.limits.pids') ?? host.PidsLimit ?? undefined,
      }),
      Reservations: withoutUndefined({
        NanoCPUs: cpus('resources.reservations.cpus'),
        MemoryBytes: number('resources.reservations.memory') ?? host.MemoryReservation ?? undefined,
      }),
    },
    RestartPolicy: {
      Condition: (deploy['restart_policy.condition'] ??
        (restart === 'no' ? 'none' : restart === 'on-failure' ? 'on-failure' : 'any')) as 'any',
      Delay: number('restart_policy.delay') ?? RESTART_DELAY,
      MaxAttempts: number('restart_policy.max_attempts') ?? (restart === 'on-failure' ? (attempts ?? 0) : 0),
      ...withoutUndefined({ Window: number('restart_policy.window') }),
    },
    Placement: {
      Constraints: list('placement.constraints'),
      Preferences: list('placement.preferences').map((label) => ({ Spread: { SpreadDescriptor: label } })),
      ...withoutUndefined({ MaxReplicas: number('placement.max_replicas_per_node') }),
    },
    Networks: networks.map(([network, endpoint]) => {
      const { aliases, options } = parseJoined(endpoint);
      return {
        Target: network,
        ...(aliases.length === 0 ? {} : { Aliases: aliases }),
        ...(options.driver_opts === undefined ? {} : { DriverOpts: options.driver_opts }),
      };
    }),
    ...(host.LogConfig == null
      ? {}
      : { LogDriver: { Name: host.LogConfig.Type, Options: { ...host.LogConfig.Config } } }),
  };
}

function makeRollout(deploy: TextMap, part: string, monitor: number): RolloutConfig {
  const said = (name: string): string | undefined => deploy[`${part}.${name}`];
  return {
    Parallelism: Number(said('parallelism') ?? '1'),
    Delay: Number(said('delay') ?? '0'),
    FailureAction: (said('failure_action') ?? 'pause') as 'pause',
    Monitor: Number(said('monitor') ?? monitor),
    MaxFailureRatio: Number(said('max_failure_ratio') ?? '0'),
    Order: said('order') === 'start-first' ? 'start-first' : 'stop-first',
  };
}

function listPorts({ values: { ports }, hostPorts = [] }: RunSpec): readonly PublishedPort[] {
  if (ports === undefined || !isList(ports)) return [];
  return ports.flatMap((text) => {
    const { host, port } = parsePublished(text) ?? { host: '', port: '' };
    const [target = '', protocol] = port.split('/');
    return {
      Protocol: protocol as 'tcp',
      TargetPort: Number(target),
      ...(/^\d+$/.test(host) ? { PublishedPort: Number(host) } : {}),
      PublishMode: hostPorts.includes(text) ? 'host' : 'ingress',
    };
  });
}

type Said<T> = { readonly [Name in keyof T]?: Exclude<T[Name], undefined | null> };

function withoutUndefined<T extends object>(entries: T): Said<T> {
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== undefined && value !== null),
  ) as Said<T>;
}
