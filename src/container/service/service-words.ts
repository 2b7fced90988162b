import { formatBytes, formatDuration } from '../../base/quantity.ts';
import type { MountedFile, PublishedPort, RolloutConfig, ServiceMount } from '../../engine/swarm-api.ts';
import { type TextMap, toMap } from '../spec/value.ts';

/** As a record says it, whatever blanks others have written. */
export function formatConstraint(text: string): string {
  return text.replace(/\s*([!=]=)\s*/, '$1');
}

/** `8080:80`, `53:53/udp host` */
export function formatServicePort({ PublishedPort: port, TargetPort, Protocol, PublishMode }: PublishedPort): string {
  return `${port ? `${port}:` : ''}${TargetPort}${Protocol === 'tcp' ? '' : `/${Protocol}`}${PublishMode === 'host' ? ' host' : ''}`;
}

export function formatMount(mount: ServiceMount): string {
  const { Type, Source = '', Target, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions } = mount;
  const driver = VolumeOptions?.DriverConfig;
  return [
    `${Type === 'tmpfs' ? 'tmpfs' : Source}:${Target}`,
    ...(ReadOnly === true ? ['ro'] : []),
    ...(BindOptions?.Propagation ? [BindOptions.Propagation] : []),
    ...(VolumeOptions?.NoCopy === true ? ['nocopy'] : []),
    ...(driver?.Name ? [`${driver.Name} ${JSON.stringify(toMap(Object.entries(driver.Options ?? {})))}`] : []),
    ...(TmpfsOptions?.SizeBytes ? [`size=${formatBytes(TmpfsOptions.SizeBytes)}`] : []),
    ...(TmpfsOptions?.Mode ? [`mode=${TmpfsOptions.Mode.toString(8)}`] : []),
  ].join(',');
}

export function formatFile(name: string, { Name, UID, GID, Mode }: MountedFile): string {
  const access =
    Mode === 0o444 && UID === '0' && GID === '0' ? '' : `:${Mode.toString(8).padStart(4, '0')}:${UID}:${GID}`;
  return `${name}:${Name}${access}`;
}

export function formatRollout(config: RolloutConfig | null | undefined): TextMap {
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

export function formatNumber(name: string, value: number): string {
  return name === 'Retries' ? String(value) : formatDuration(value);
}

export function splitAt(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
