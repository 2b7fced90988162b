import type { ContainerConfig, ContainerInspect, CreateBody, HostConfig } from './engine.ts';

/** As the engine does: the image's settings where the body says nothing, environment and labels merged. */
export function makeInspect(id: string, name: string, { HostConfig, NetworkingConfig, ...config }: CreateBody, image: ContainerConfig, count: number): ContainerInspect {
  const volumes = Object.keys({ ...image.Volumes, ...config.Volumes }).filter((target) => !HostConfig.Mounts?.some(({ Target }) => Target === target));
  const anonymous = volumes.map((target, index) => ({ Type: 'volume', Name: `${index}${id}`.slice(0, 64), Destination: target, RW: true }));
  const mounts = (HostConfig.Mounts ?? []).map(({ Type, Source, Target, ReadOnly = false }) => ({ Type, Name: Type === 'volume' ? Source : undefined, Source: Type === 'volume' ? '' : Source, Destination: Target, RW: !ReadOnly }));
  return {
    Id: id, Name: `/${name}`, Image: `image-of-${config.Image ?? ''}`, Created: new Date(count * 1000).toISOString(),
    NetworkSettings: { Networks: { [HostConfig.NetworkMode ?? 'bridge']: {}, ...NetworkingConfig?.EndpointsConfig } },
    State: { Status: 'created', Running: false, ExitCode: 0, StartedAt: '0001-01-01T00:00:00Z' },
    Config: {
      ...image, Hostname: id.slice(0, 12), ...config,
      Env: [...(config.Env ?? []), ...(image.Env ?? []).filter((line) => !config.Env?.some((own) => own.split('=')[0] === line.split('=')[0]))],
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
    (bindings ?? []).map(({ HostIp = '', HostPort = '' }) => ({ address: HostIp === '' ? '0.0.0.0' : HostIp, hostPort: Number(HostPort), protocol: port.split('/')[1] ?? 'tcp' })));
}

export function formatPort({ address, hostPort, protocol }: { address: string; hostPort: number; protocol: string }): string {
  return `${address}:${hostPort}/${protocol}`;
}
