import type { Snapshot } from '../db/snapshot.ts';
import { Failure } from '../base/errors.ts';
import type { Container } from './container.ts';
import { DockerRecord } from './docker-record.ts';
import { NotAccepted } from './network/parse-ports.ts';

/** Where a container's data lives. */
export interface DataMount {
  /** a folder of the host, or the name of a volume */
  readonly source: string;
  readonly isVolume: boolean;
  /** in the container */
  readonly target: string;
  readonly isWritable: boolean;
}

/**
 * What DataMount, DataMountPath and DataMountWrite mean together: the volume NAME-data or the
 * folder DataRoot/NAME, unless the path names another. Undefined without a DataMountPath.
 * @throws NotAccepted
 */
export function findDataMount(container: Container): DataMount | undefined {
  const { snapshot, key, dataMountPath: value } = container;
  if (value === '') return undefined;
  const [first = '', second, more] = value.split(':');
  const target = second ?? first;
  if (more !== undefined || !target.startsWith('/'))
    throw new NotAccepted(
      'DataMountPath',
      value,
      'it is CONTAINERPATH, or FOLDER:CONTAINERPATH or VOLUME:CONTAINERPATH',
    );
  const isVolume = !container.isDataOnHost;
  const source = second === undefined ? (isVolume ? `${key}-data` : `${dataRoot(snapshot)}/${key}`) : first;
  if (isVolume && !/^[a-zA-Z0-9][\w.-]+$/.test(source))
    throw new NotAccepted(
      'DataMountPath',
      value,
      `with DataMount container "${source}" would be a volume, and that is no name for one`,
    );
  if (!isVolume && !source.startsWith('/'))
    throw new NotAccepted(
      'DataMountPath',
      value,
      `with DataMount host "${source}" would be a folder, and that is a path from /`,
    );
  return { source, isVolume, target, isWritable: container.isDataWritable };
}

function dataRoot(snapshot: Snapshot): string {
  return (new DockerRecord(snapshot).dataRoot || '/var/lib/docker').replace(/\/+$/, '');
}

/** The data has its path in the container for itself. */
export function* checkDataMount(container: Container): Generator<Failure> {
  const data = findDataMount(container);
  if (data === undefined) return;
  const same = container.mounts.find(({ inside }) => inside === data.target);
  if (same !== undefined)
    yield new Failure(`cannot mount the data of container "${container.key}" at ${data.target}`, {
      why: `its MountPath puts ${same.host} there`,
    });
}
