import { BIND_OPTIONS } from '../../base/mount-options.ts';
import { parseBytes } from '../../base/quantity.ts';
import type { ServiceMount } from '../../engine/swarm-api.ts';
import { type Mounted, parseMounted } from '../spec/mounted.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { isList, isMap } from '../spec/value.ts';
import type { HostFile, MountedSource } from './host-files.ts';

export interface ServiceMounts {
  readonly mounts: readonly ServiceMount[];
  readonly files: readonly (HostFile & Pick<Mounted, 'source' | 'target'>)[];
  /** what of it no swarm can carry, in words */
  readonly refused: readonly { readonly mount: Mounted; readonly why: string; readonly hint?: string }[];
}

/**
 * What a service sees of volumes, folders and files.
 * @param sources what the paths of this host are that the run spec mounts
 * @param nodeFolders that every node has, and all below them
 */
export function listServiceMounts(
  { values, volumes: definitions = [] }: RunSpec,
  sources: ReadonlyMap<string, MountedSource>,
  nodeFolders: readonly string[],
): ServiceMounts {
  const [mounts, files, refused]: [
    ServiceMount[],
    ServiceMounts['files'][number][],
    ServiceMounts['refused'][number][],
  ] = [[], [], []];
  const { volumes, tmpfs, shm_size: shared } = values;
  for (const mount of volumes !== undefined && isList(volumes) ? volumes.map(parseMounted) : []) {
    const { source, target, options } = mount;
    const isReadOnly = options.includes('ro');
    const isFolder = source.startsWith('/');
    const spread = options.find((option) => BIND_OPTIONS.slice(4).includes(option));
    const odd = options.find((option) => option !== 'ro' && option !== spread && (isFolder || option !== 'nocopy'));
    const readOnly = isReadOnly ? { ReadOnly: true } : {};
    if (odd !== undefined) refused.push({ mount, why: `a swarm has no option ${odd} for a mount` });
    else if (!isFolder) {
      const definition = definitions.find(({ name }) => name === source);
      const driver =
        definition === undefined || definition.external
          ? {}
          : { DriverConfig: { Name: definition.driver, Options: definition.options }, Labels: definition.labels };
      const more = { ...(options.includes('nocopy') ? { NoCopy: true } : {}), ...driver };
      mounts.push({
        ...{ Type: 'volume', Source: source, Target: target, ...readOnly },
        ...(Object.keys(more).length === 0 ? {} : { VolumeOptions: more }),
      });
    } else if (nodeFolders.some((folder) => `${source}/`.startsWith(`${folder.replace(/\/+$/, '')}/`)))
      mounts.push({
        ...{ Type: 'bind', Source: source, Target: target, ...readOnly },
        ...(spread === undefined ? {} : { BindOptions: { Propagation: spread } }),
      });
    else {
      const file = sources.get(source) ?? 'missing';
      if (file === 'missing') refused.push({ mount, why: 'this host has no such file or folder' });
      else if (file === 'folder')
        refused.push({
          mount,
          why: 'it is a folder of this host, and a task may run on any node',
          hint: 'use a volume, or name the folder in NodeFolders of the record docker, if every node has it',
        });
      else if (!isReadOnly)
        refused.push({ mount, why: 'a swarm gives tasks a file to read alone', hint: 'put :ro behind it' });
      else files.push({ ...file, source, target });
    }
  }
  for (const [target, options] of Object.entries(tmpfs !== undefined && isMap(tmpfs) ? tmpfs : {})) {
    const made = makeTmpfs(target, options);
    if (typeof made === 'string')
      refused.push({
        mount: { source: '', target, options: [] },
        why: `a swarm has no option ${made} for a tmpfs`,
      });
    else mounts.push(made);
  }
  if (typeof shared === 'number')
    mounts.push({ Type: 'tmpfs', Target: '/dev/shm', TmpfsOptions: { SizeBytes: shared } });
  return { mounts, files, refused };
}

/** @returns the option that it cannot have */
function makeTmpfs(target: string, options: string): ServiceMount | string {
  const made: { SizeBytes?: number; Mode?: number } = {};
  for (const option of options.split(',').filter(Boolean)) {
    const [name, value = ''] = option.split('=');
    const size = name === 'size' ? parseBytes(value) : undefined;
    if (size !== undefined) made.SizeBytes = size;
    else if (name === 'mode' && /^[0-7]+$/.test(value)) made.Mode = Number.parseInt(value, 8);
    else return option;
  }
  return { Type: 'tmpfs', Target: target, ...(Object.keys(made).length === 0 ? {} : { TmpfsOptions: made }) };
}
