import type { ContainerInspect } from '../../engine/engine-api.ts';
import { BLKIO_FIELDS } from '../../container/spec/keys/devices.ts';
import { FIELDS } from '../../container/spec/keys/fields.ts';
import type { LeftOut } from './candidate.ts';

/** Fields of inspect that keys of a run spec read. */
const READ: Readonly<Record<'Config' | 'HostConfig', readonly string[]>> = {
  Config: [
    'Image',
    'Cmd',
    'Entrypoint',
    'Env',
    'User',
    'WorkingDir',
    'Hostname',
    'Domainname',
    'StopSignal',
    'StopTimeout',
    'Labels',
    'ExposedPorts',
    'Volumes',
    'Healthcheck',
    'Tty',
    'OpenStdin',
    'MacAddress',
  ],
  HostConfig: [
    'Binds',
    'Tmpfs',
    'PortBindings',
    'NetworkMode',
    'RestartPolicy',
    'LogConfig',
    'Memory',
    'MemorySwap',
    'MemoryReservation',
    'NanoCpus',
    'CpuShares',
    'CpusetCpus',
    'PidsLimit',
    'ShmSize',
    'VolumesFrom',
    'Links',
    'Ulimits',
    'Sysctls',
    'CapAdd',
    'CapDrop',
    'SecurityOpt',
    'Devices',
    'GroupAdd',
    'ExtraHosts',
    'Dns',
    'DnsSearch',
    'ReadonlyRootfs',
    'Privileged',
    'Init',
    'PidMode',
    'IpcMode',
    'Runtime',
    'DeviceRequests',
    ...BLKIO_FIELDS,
    ...Object.values(FIELDS),
  ],
};

/**
 * Fields that say nothing of what the container is: what a client left there, or what the image and other
 * fields make of it.
 */
const MEANINGLESS = {
  Config: ['AttachStdin', 'StdinOnce', 'AttachStdout', 'AttachStderr', 'ArgsEscaped', 'OnBuild', 'Shell'],
  HostConfig: ['ContainerIDFile', 'ConsoleSize', 'ReadonlyPaths'],
} as const;

const WHY = 'docksmith has no key for it';

/**
 * What the engine has of a container and no key of a run spec reads. A field that an engine of
 * tomorrow adds is among it as soon as somebody sets it.
 */
export function listUnsupported(
  { Config, HostConfig, NetworkSettings }: ContainerInspect,
  name: string,
): readonly LeftOut[] {
  const said = (key: string, value: unknown): LeftOut => ({
    name,
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    why: WHY,
  });
  const fields = (['Config', 'HostConfig'] as const).flatMap((part) =>
    Object.entries(part === 'Config' ? Config : HostConfig)
      .filter(([field]) => ![...READ[part], ...MEANINGLESS[part], 'Mounts', 'MaskedPaths'].includes(field))
      .filter(([, value]: [string, unknown]) => !isBlank(value))
      .map(([field, value]: [string, unknown]) => said(field, value)),
  );
  const rest: Readonly<Record<string, unknown>> = { ...HostConfig };
  const masked = rest['MaskedPaths'];
  return [
    ...fields,
    // the engine hides parts of /proc by default
    ...(HostConfig.Privileged === true || !Array.isArray(masked) || masked.length > 0
      ? []
      : [said('MaskedPaths', 'systempaths=unconfined')]),
    ...(HostConfig.Mounts ?? []).flatMap((mount) =>
      listOptions(mount).map(([field, value]) => said('volumes', `${mount.Target} ${field} ${JSON.stringify(value)}`)),
    ),
    ...Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([network, endpoint]) =>
      Object.entries(endpoint?.IPAMConfig ?? {})
        .filter(([field, value]: [string, unknown]) => field !== 'IPv4Address' && !isBlank(value))
        .map(([field, value]: [string, unknown]) => said('networks', `${network} ${field} ${String(value)}`)),
    ),
  ];
}

function listOptions(mount: object): readonly (readonly [string, unknown])[] {
  const read: Readonly<Record<string, readonly string[]>> = {
    BindOptions: ['Propagation', 'CreateMountpoint'],
    VolumeOptions: ['NoCopy', 'Subpath'],
  };
  return Object.entries(mount).filter(([field, value]: [string, unknown]) => {
    if (['Type', 'Source', 'Target', 'ReadOnly', 'TmpfsOptions', 'Consistency'].includes(field)) return false;
    const known = read[field];
    return known !== undefined && typeof value === 'object' && value !== null
      ? Object.entries(value).some(([name, held]) => !known.includes(name) && !isBlank(held))
      : !isBlank(value);
  });
}

/** Nothing said, in the engine's many ways. */
export function isBlank(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === -1 || value === false)
    return true;
  return typeof value === 'object' && Object.values(value).every(isBlank);
}
