import { statfsSync } from 'node:fs';
import { compareBytes } from '../../base/layers.ts';
import type { Paths } from '../../base/paths.ts';
import type { EngineDescription } from '../../engine/admin-engine.ts';
import { getImageEngine, openEngineAccess } from '../../flow/engine-access.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { judgeDriver, type StorageNote } from './judge-driver.ts';
import { type OtherDriver, readOtherDrivers } from './other-drivers.ts';
import { type Pool, readPool } from './pool.ts';

export type { StorageNote } from './judge-driver.ts';

/** Where the engine keeps images and containers, and what that means. */
export interface StorageReport {
  readonly driver: string;
  /** the file system below it, in the engine's words: `extfs` */
  readonly backing: string | undefined;
  readonly dataRoot: string;
  /** of the file system with the data root; undefined where it cannot be read */
  readonly room: { readonly bytes: number; readonly freeBytes: number } | undefined;
  /** of devicemapper */
  readonly pool: Pool | undefined;
  /** what the record `docker` asks for; undefined: the engine's own choice */
  readonly wanted: string | undefined;
  /** what the engine would not see with another driver */
  readonly wouldHide: { readonly containers: readonly string[]; readonly images: number };
  /** what other drivers left under the data root, and the engine does not see now */
  readonly hidden: readonly OtherDriver[];
  readonly notes: readonly StorageNote[];
}

/** @throws Failure where the engine does not answer */
export async function readStorage(paths: Paths): Promise<StorageReport> {
  const { snapshot, engine, adminEngine } = await openEngineAccess(paths);
  const [description, containers, images] = await Promise.all([
    adminEngine.describe(),
    engine.listContainers(),
    getImageEngine(snapshot).then((one) => one.listImages()),
  ]);
  const { storageDriver: driver, storage, dataRoot } = description;
  const wanted = new DockerRecord(snapshot).storageDriver || undefined;
  const hidden = readOtherDrivers(dataRoot, driver);
  return {
    driver,
    backing: storage['Backing Filesystem'],
    dataRoot,
    room: readRoom(dataRoot),
    pool: readPool(storage),
    wanted,
    wouldHide: { containers: containers.map(({ name }) => name).sort(compareBytes), images: images.length },
    hidden,
    notes: noteStorage(description, wanted, hidden),
  };
}

/** What is to be said of the driver and of what other drivers left; the driver itself first. */
export function noteStorage(
  { storageDriver, storage, dataRoot }: EngineDescription,
  wanted: string | undefined,
  hidden: readonly OtherDriver[] = readOtherDrivers(dataRoot, storageDriver),
): readonly StorageNote[] {
  return [
    ...judgeDriver(storageDriver, storage),
    ...(wanted === undefined || wanted === storageDriver
      ? []
      : [
          {
            level: 'warn',
            words: `StorageDriver of docker is ${wanted}, and the engine uses ${storageDriver}: with ${wanted} all that it has would seem gone`,
            advice: `config setprop docker StorageDriver ${storageDriver}; or signal-event --move docker-update`,
          } as const,
        ]),
    ...hidden.map(
      ({ driver, containers, images }): StorageNote => ({
        level: 'warn',
        words: `the data root still has ${formatLeft(containers, images)} of driver ${driver}, which this engine does not see`,
        advice: `config setprop docker StorageDriver ${driver} and signal-event --move docker-update bring them back; if they are not needed, ${dataRoot}/${driver} and ${dataRoot}/image/${driver} can be removed while the engine is stopped`,
      }),
    ),
  ];
}

function formatLeft(containers: readonly string[], images: readonly string[]): string {
  return [
    ...(containers.length === 0 ? [] : [`containers ${containers.join(', ')}`]),
    ...(images.length === 0 ? [] : [`images ${images.join(', ')}`]),
  ].join(' and ');
}

function readRoom(dataRoot: string): StorageReport['room'] {
  try {
    const { blocks, bavail, bsize } = statfsSync(dataRoot);
    return { bytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
}
