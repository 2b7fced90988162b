import { splitVolumes } from '../../base/mount-options.ts';
import { findRecord, type Snapshot } from '../../db/snapshot.ts';
import type { Container } from '../container.ts';
import { findDataMount } from '../data-mount.ts';
import { RecordProps } from '../record-props.ts';

export const VOLUMES = 'docker_volumes';

/** What a volume is made with. */
export interface ContainerVolume {
  readonly name: string;
  /** made by others */
  readonly external: boolean;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

class VolumeRecord extends RecordProps {
  constructor(snapshot: Snapshot, key: string) {
    super(snapshot, VOLUMES, key);
  }

  describe(): ContainerVolume {
    return {
      name: this.key,
      external: this.get('External') === 'yes',
      driver: this.get('Driver') || 'local',
      options: this.getNamed('DriverOpt'),
      labels: this.getNamed('Labels'),
    };
  }
}

/** The volumes of a container that have records; any other is a plain one of the engine's. */
export function listRecordedVolumes(container: Container): readonly ContainerVolume[] {
  const { snapshot, volumes } = container;
  const data = findDataMount(container);
  const names = [
    ...(data?.isVolume === true ? [data.source] : []),
    ...splitVolumes(volumes).flatMap((mount) => (mount.startsWith('/') ? [] : (mount.split(':')[0] ?? []))),
  ];
  return [...new Set(names)]
    .filter((name) => findRecord(snapshot, VOLUMES, name) !== undefined)
    .map((name) => new VolumeRecord(snapshot, name).describe());
}

/** The props of records that are read for it. */
export const VOLUME_READS: readonly string[] = ['External', 'Driver', 'DriverOpt.*', 'Labels.*'];
