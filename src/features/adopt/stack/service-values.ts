import type { ContainerInspect } from '../../../engine/engine-api.ts';
import type { PublishedPort, ServiceBody, ServiceMount } from '../../../engine/swarm-api.ts';
import { withoutImage } from '../../../container/actual/difference.ts';
import { formatConstraint } from '../../../container/service/service-words.ts';
import { formatJoined } from '../../../container/spec/endpoints.ts';
import { type KeptReference, KEPT_FOLDERS } from '../../../container/spec/kept/kept-references.ts';
import { formatMounted } from '../../../container/spec/mounted.ts';
import { formatPublished } from '../../../container/spec/published-port.ts';
import { SPEC_KEYS } from '../../../container/spec/spec-keys.ts';
import { toMap, type TextMap, toSet } from '../../../container/spec/value.ts';
import { compareBytes } from '../../../base/layers.ts';
import { formatBytes } from '../../../base/quantity.ts';
import { CARRIED } from '../../../model/swarm/carried.ts';
import { STACK_LABEL } from '../../../model/container-parts/deployment.ts';
import path from 'node:path';
import { type Candidate, isOfProgram } from '../candidate.ts';

/**
 * What a service says, by key of a run spec: the way back of `makeServiceBody`. Pure.
 * @param body with the names of networks
 */
export function readServiceValues(body: ServiceBody): Candidate['values'] {
  const { TaskTemplate: task, EndpointSpec: endpoint } = body;
  const { ContainerSpec: container, Networks: networks } = task;
  const inspect = toInspect(body);
  const read = SPEC_KEYS.filter(({ name }) => !OWN.includes(name) && CARRIED[name]?.how !== 'refused').flatMap(
    (key) => {
      const value = withoutImage(key, key.read(inspect), undefined);
      const isNothing = value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
      return isNothing ? [] : [[key.name, value] as const];
    },
  );
  const mounts = container.Mounts ?? [];
  const [first] = networks ?? [];
  const tmpfs = mounts
    .filter(({ Type }) => Type === 'tmpfs')
    .map((mount) => [mount.Target, formatTmpfs(mount)] as const);
  return {
    ...Object.fromEntries(read),
    image: nameImage(container.Image),
    volumes: toSet(mounts.filter(({ Type }) => Type !== 'tmpfs').map(formatSource)),
    ...(tmpfs.length === 0 ? {} : { tmpfs: toMap(tmpfs) }),
    ports: (endpoint?.Ports ?? []).map(formatPort),
    network_mode: first?.Target ?? 'bridge',
    networks: toMap(
      (networks ?? []).map(({ Target, Aliases, DriverOpts }) => [
        Target,
        formatJoined({
          aliases: Aliases ?? [],
          addresses: [],
          options: DriverOpts == null ? {} : { driver_opts: { ...DriverOpts } },
        }),
      ]),
    ),
    deploy: readDeploy(body),
  };
}

/** Keys that a service says in words of its own. */
const OWN = ['image', 'volumes', 'tmpfs', 'shm_size', 'ports', 'expose', 'network_mode', 'networks', 'deploy'];

/** A reference without the digest that it was found as; a digest alone stays. */
function nameImage(image: string): string {
  const [name = '', digest] = image.split('@');
  return digest !== undefined && !name.slice(name.lastIndexOf('/') + 1).includes(':') ? image : name;
}

/** As if its containers were made on one host. */
function toInspect({ TaskTemplate: task }: ServiceBody): ContainerInspect {
  const { ContainerSpec: container, Resources, RestartPolicy, LogDriver } = task;
  const { DNSConfig: dns } = container;
  const labels = Object.entries(container.Labels ?? {}).filter(([label]) => label !== STACK_LABEL);
  const isOnFailure = RestartPolicy?.Condition === 'on-failure';
  const names = { none: 'no', 'on-failure': 'on-failure', any: 'always' } as const;
  return {
    Id: '',
    Mounts: [],
    Config: {
      Image: container.Image,
      Cmd: container.Args,
      Entrypoint: container.Command,
      Env: container.Env,
      User: container.User,
      WorkingDir: container.Dir,
      Hostname: container.Hostname,
      Labels: Object.fromEntries(labels),
      Tty: container.TTY,
      OpenStdin: container.OpenStdin,
      StopSignal: container.StopSignal,
      // the engine's own, which it says all the same
      StopTimeout: [undefined, 10e9].includes(container.StopGracePeriod)
        ? undefined
        : Math.round((container.StopGracePeriod ?? 0) / 1e9),
      Healthcheck: container.Healthcheck,
    },
    HostConfig: {
      GroupAdd: container.Groups,
      ReadonlyRootfs: container.ReadOnly,
      Init: container.Init,
      // `ADDRESS NAME`, perhaps with further names
      ExtraHosts: container.Hosts?.flatMap((text) => {
        const [address = '', ...hosts] = text.split(/\s+/);
        return hosts.map((host) => `${host}:${address}`);
      }),
      Dns: dns?.Nameservers,
      DnsSearch: dns?.Search,
      DnsOptions: dns?.Options,
      Sysctls: container.Sysctls,
      CapAdd: container.CapabilityAdd,
      CapDrop: container.CapabilityDrop,
      Ulimits: container.Ulimits,
      Memory: Resources?.Limits?.MemoryBytes,
      NanoCpus: Resources?.Limits?.NanoCPUs,
      PidsLimit: Resources?.Limits?.Pids,
      MemoryReservation: Resources?.Reservations?.MemoryBytes,
      RestartPolicy: {
        Name: names[RestartPolicy?.Condition ?? 'any'],
        MaximumRetryCount: isOnFailure ? (RestartPolicy.MaxAttempts ?? 0) : 0,
      },
      LogConfig: LogDriver == null ? undefined : { Type: LogDriver.Name, Config: { ...LogDriver.Options } },
    },
  } as unknown as ContainerInspect;
}

function formatSource({ Source = '', Target, ReadOnly, BindOptions, VolumeOptions }: ServiceMount): string {
  const options = [
    ...(ReadOnly === true ? ['ro'] : []),
    ...(BindOptions?.Propagation ? [BindOptions.Propagation] : []),
    ...(VolumeOptions?.NoCopy === true ? ['nocopy'] : []),
  ];
  return formatMounted({ source: Source, target: Target, options });
}

function formatTmpfs({ TmpfsOptions: { SizeBytes, Mode } = {} }: ServiceMount): string {
  return [
    ...(SizeBytes ? [`size=${formatBytes(SizeBytes)}`] : []),
    ...(Mode ? [`mode=${Mode.toString(8).padStart(4, '0')}`] : []),
  ].join(',');
}

function formatPort({ PublishedPort: host, TargetPort, Protocol }: PublishedPort): string {
  return formatPublished({ address: '', host: host ? String(host) : '', port: `${TargetPort}/${Protocol}` });
}

/** Those that the nodes publish which run a task. */
export function readHostPorts({ EndpointSpec: endpoint }: ServiceBody): readonly string[] {
  return (endpoint?.Ports ?? []).filter(({ PublishMode }) => PublishMode === 'host').map(formatPort);
}

/** Flat, as the key `deploy` reads it; without what is usual. */
function readDeploy({ TaskTemplate: task, Mode, Labels, EndpointSpec, ...body }: ServiceBody): TextMap {
  const { RestartPolicy: restart, Placement: placement, Resources } = task;
  const labels = Object.entries(Labels).filter(([label]) => !isOfProgram(label));
  const cpus = Resources?.Reservations?.NanoCPUs;
  const rollout = (
    part: 'update_config' | 'rollback_config',
    config = body.UpdateConfig,
  ): Record<string, string | number> => ({
    [`${part}.parallelism`]: config?.Parallelism ?? 1,
    [`${part}.delay`]: config?.Delay ?? 0,
    [`${part}.failure_action`]: config?.FailureAction ?? 'pause',
    [`${part}.monitor`]: config?.Monitor ?? 5e9,
    // the engine keeps it as a float of 32 bits
    [`${part}.max_failure_ratio`]: Number(Math.fround(config?.MaxFailureRatio ?? 0).toPrecision(6)),
    [`${part}.order`]: config?.Order ?? 'stop-first',
  });
  const said: Readonly<Record<string, string | number | undefined>> = {
    mode: Mode.Global == null ? 'replicated' : 'global',
    replicas: Mode.Replicated?.Replicas,
    endpoint_mode: EndpointSpec?.Mode === 'dnsrr' ? 'dnsrr' : undefined,
    labels: labels.length === 0 ? undefined : JSON.stringify(Object.fromEntries(labels)),
    'placement.constraints': list(placement?.Constraints?.map(formatConstraint)),
    'placement.preferences': list(placement?.Preferences?.map(({ Spread }) => Spread.SpreadDescriptor)),
    'placement.max_replicas_per_node': placement?.MaxReplicas || undefined,
    'restart_policy.delay': restart?.Delay === 5e9 ? undefined : restart?.Delay,
    'restart_policy.window': restart?.Window || undefined,
    'restart_policy.max_attempts': restart?.Condition === 'on-failure' ? undefined : restart?.MaxAttempts || undefined,
    'resources.reservations.cpus': cpus ? cpus / 1e9 : undefined,
    ...rollout('update_config'),
    ...rollout('rollback_config', body.RollbackConfig ?? {}),
  };
  return toMap(
    Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const])),
  );
}

function list(items: readonly string[] | undefined): string | undefined {
  return items === undefined || items.length === 0 ? undefined : JSON.stringify(items);
}

/** The secrets and configs of the swarm that its tasks see; clients send them in no order. */
export function readKept({ TaskTemplate: { ContainerSpec: container } }: ServiceBody): readonly KeptReference[] {
  const refer = (
    kind: KeptReference['kind'],
    name: string,
    { Name, UID, GID, Mode }: NonNullable<typeof container.Secrets>[number]['File'],
  ): KeptReference => ({
    ...{ kind, name, uid: UID, gid: GID, mode: Mode },
    target: path.posix.resolve(KEPT_FOLDERS[kind], Name),
  });
  const all = [
    ...(container.Secrets ?? []).map(({ SecretName, File }) => refer('secret', SecretName, File)),
    ...(container.Configs ?? []).map(({ ConfigName, File }) => refer('config', ConfigName, File)),
  ];
  return all.sort((a, b) => compareBytes(a.target, b.target));
}
