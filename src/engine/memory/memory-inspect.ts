import type { ContainerConfig, ContainerInspect, CreateBody, HostConfig } from '../engine-api.ts';

/** As the engine does: the image's settings where the body says nothing, environment and labels merged. */
export function makeInspect(
  id: string,
  name: string,
  { HostConfig, NetworkingConfig, ...config }: CreateBody,
  image: ContainerConfig,
  count: number,
): ContainerInspect {
  const volumes = Object.keys({ ...image.Volumes, ...config.Volumes }).filter(
    (target) => !HostConfig.Mounts?.some(({ Target }) => Target === target),
  );
  const anonymous = volumes.map((target, index) => ({
    Type: 'volume',
    Name: `${index}${id}`.slice(0, 64),
    Destination: target,
    RW: true,
  }));
  const mounts = (HostConfig.Mounts ?? []).map(({ Type, Source, Target, ReadOnly = false }) => ({
    Type,
    Name: Type === 'volume' ? Source : undefined,
    Source: Type === 'volume' ? '' : Source,
    Destination: Target,
    RW: !ReadOnly,
  }));
  return {
    Id: id,
    Name: `/${name}`,
    Image: `image-of-${config.Image ?? ''}`,
    Created: memoryTime(count),
    NetworkSettings: { Networks: { [HostConfig.NetworkMode ?? 'bridge']: {}, ...NetworkingConfig?.EndpointsConfig } },
    State: { Status: 'created', Running: false, ExitCode: 0, StartedAt: '0001-01-01T00:00:00Z' },
    Config: {
      ...image,
      Hostname: id.slice(0, 12),
      ...config,
      Env: [
        ...(config.Env ?? []),
        ...(image.Env ?? []).filter((line) => !config.Env?.some((own) => own.split('=')[0] === line.split('=')[0])),
      ],
      Labels: { ...image.Labels, ...config.Labels },
      ExposedPorts: { ...image.ExposedPorts, ...config.ExposedPorts },
      Volumes: { ...image.Volumes, ...config.Volumes },
    },
    HostConfig: { NetworkMode: 'default', ...HostConfig },
    Mounts: [...anonymous, ...mounts],
  };
}

export function listPorts({ PortBindings }: HostConfig): { address: string; hostPort: number; protocol: string }[] {
  return Object.entries(PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp = '', HostPort = '' }) => ({
      address: HostIp === '' ? '0.0.0.0' : HostIp,
      hostPort: Number(HostPort),
      protocol: port.split('/')[1] ?? 'tcp',
    })),
  );
}

export function formatPort({
  address,
  hostPort,
  protocol,
}: {
  address: string;
  hostPort: number;
  protocol: string;
}): string {
  return `${address}:${hostPort}/${protocol}`;
}

const BEGAN = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

/**
 * The memory engine's clock goes on by a minute with each thing that is made or started: RFC 3339, as
 * engines write it.
 */
export function memoryTime(count: number): string {
  return new Date(BEGAN + count * MINUTE).toISOString();
}

/** Why a real engine does not do this to a container in that state; undefined: it does. */
export function whyRefused(
  verb: 'start' | 'unpause' | 'rename' | 'remove',
  { Status, Running }: ContainerInspect['State'],
): string | undefined {
  switch (verb) {
    case 'start':
      return Status === 'paused'
        ? 'cannot start a paused container, try unpause instead'
        : Status === 'dead'
          ? 'container is marked for removal and cannot be started'
          : undefined;
    case 'unpause':
      return Status === 'paused' ? undefined : 'it is not paused';
    case 'rename':
      return Status === 'restarting' ? 'sandbox not found' : undefined;
    case 'remove':
      return Running
        ? 'you cannot remove a running container'
        : Status === 'dead'
          ? 'failed to remove root filesystem: device or resource busy'
          : undefined;
  }
}
