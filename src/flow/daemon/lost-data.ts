import { realpathSync } from 'node:fs';
import type { Engine } from '../../engine/engine.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure, throwAll } from '../../base/errors.ts';
import { formatCount } from '../../base/quantity.ts';
import { isAnonymousName } from '../../container/spec/mounted.ts';
import { listEnabled } from '../../model/container.ts';
import { findImageRecord } from '../../model/image-source.ts';
import { findImageReference } from '../../model/image.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import { listIntents } from '../../output/commit/intents.ts';
import { findOwner } from '../../container/actual/whose.ts';
import { getImageEngine } from '../engine-access.ts';
import { willRestartDaemon } from './daemon.ts';
import { DOCKER } from './foreign-daemon.ts';
import { driverOf, readGiven, readInstalled } from './given-options.ts';
import { isAdjustable } from '../services/adjust.ts';
import { findEngine, type HostState } from '../host-state.ts';
import { DockerRecord } from '../../model/docker-record.ts';

/**
 * Refuses to give the running engine another folder for its data, or another storage driver: all of its
 * containers would seem gone. Whoever moves the folder stops the engine first, and then nothing is refused;
 * another driver is let through when it is asked for.
 * @param mayMove whether it is
 * @returns warnings: what stays behind
 * @throws Failure(s)
 */
export async function refuseLostData(
  { paths, snapshot }: HostState,
  changes: ChangeSet,
  mayMove: boolean,
): Promise<readonly string[]> {
  const isWritten = changes.install.some(({ output }) => output.services.includes('docker'));
  if (!isWritten && !willRestartDaemon(paths, snapshot, listIntents(paths))) return [];
  const engine = await findEngine(paths, snapshot);
  if (engine === undefined) return [];
  const [root, driver] = await Promise.all([
    findLostData(snapshot, engine),
    findLostDriver(snapshot, engine, driverOf(readGiven(paths, changes)), driverOf(readInstalled(paths))),
  ]);
  throwAll([
    ...(root === undefined ? [] : [refuseRoot(root)]),
    ...(driver === undefined ? [] : refuseDriver(snapshot, driver, mayMove)),
  ]);
  return driver === undefined ? [] : warnOfMove(driver, isAdjustable(paths, snapshot, DOCKER));
}

function refuseRoot({ from, to, what }: LostData): Failure {
  return new Failure(`cannot change the DataRoot of docker to "${to}"`, {
    why: `the engine keeps ${what} in "${from}", and they would seem gone`,
    hint: `config setprop docker DataRoot ${from}; or to move them: stop the engine, cp -a ${from}/. ${to}, and repeat the event before it runs again`,
  });
}

function refuseDriver(snapshot: Snapshot, { from, to, what }: LostDriver, mayMove: boolean): readonly Failure[] {
  const back = `config setprop docker StorageDriver ${from}`;
  if (to === undefined)
    return [
      new Failure('cannot leave the StorageDriver of docker to the engine', {
        why: `it keeps ${what} with driver ${from}, and if it chose another one, they would seem gone`,
        hint: back,
      }),
    ];
  const cannot = `cannot change the StorageDriver of docker to "${to}"`;
  if (!mayMove)
    return [
      new Failure(cannot, {
        why: `the engine keeps ${what} with driver ${from}, and they would seem gone, with all that containers wrote outside of volumes`,
        hint: `${back}; or signal-event --move docker-update, which creates the containers of records again: volumes stay`,
      }),
    ];
  return listEnabled(snapshot).flatMap((container) => {
    const record = findImageRecord(container);
    if (record === undefined || (record.source !== 'local' && record.pull !== 'never')) return [];
    const reference = findImageReference(container);
    const why = record.source === 'local' ? 'Source local' : 'Pull never';
    return [
      new Failure(cannot, {
        why: `container "${container.key}" could not be created again: nothing fetches its image ${reference} (${why} of docker_images ${record.key})`,
        hint: `docksmith image export ${reference} FILE; db docker_images setprop ${record.key} Source import ImportPath FILE`,
      }),
    ];
  });
}

function warnOfMove({ from, to = '', foreign, nameless }: LostDriver, isOurs: boolean): readonly string[] {
  return [
    `storage driver ${from} -> ${to}: what containers wrote outside of volumes stays behind, until StorageDriver is ${from} again`,
    ...(foreign.length === 0 ? [] : [`without a record, and not created again: ${foreign.join(', ')}`]),
    ...(nameless.length === 0
      ? []
      : [`with volumes without a name, which their new containers do not get: ${nameless.join(', ')}`]),
    ...(isOurs ? [] : ['stop all containers before you restart the engine: what runs meanwhile would run on unseen']),
  ];
}

export interface LostData {
  readonly from: string;
  readonly to: string;
  readonly what: string;
}

/**
 * What the running engine has in another folder than the db names; undefined where they agree, or there is
 * nothing to lose.
 */
export async function findLostData(snapshot: Snapshot, engine: Engine): Promise<LostData | undefined> {
  const to = new DockerRecord(snapshot).dataRoot;
  const from = (await engine.getTraits()).dataRoot;
  if (from === '' || to === '' || resolveLinks(to) === resolveLinks(from)) return undefined;
  const [containers, volumes] = await Promise.all([engine.listContainers(), engine.listVolumes()]);
  if (containers.length + volumes.length === 0) return undefined;
  return { from, to, what: formatCounts([containers.length, 'container'], [volumes.length, 'volume']) };
}

interface LostDriver {
  readonly from: string;
  /** undefined: the engine chooses */
  readonly to: string | undefined;
  readonly what: string;
  /** containers that no record creates again */
  readonly foreign: readonly string[];
  /** containers with volumes that only they know */
  readonly nameless: readonly string[];
}

/** What the running engine would not see with another storage driver. Volumes are not the driver's. */
async function findLostDriver(
  snapshot: Snapshot,
  engine: Engine,
  to: string | undefined,
  installed: string | undefined,
): Promise<LostDriver | undefined> {
  const from = (await engine.getTraits()).storageDriver;
  // one that never was said is the engine's own choice, and it stays with it
  if (from === '' || to === from || (to === undefined && installed === undefined)) return undefined;
  const images = await getImageEngine(snapshot);
  const [containers, all] = await Promise.all([engine.listContainers(), images.listImages()]);
  if (containers.length + all.length === 0) return undefined;
  const inspected = await Promise.all(containers.map(({ id }) => engine.findContainer(id)));
  return {
    from,
    to,
    what: formatCounts([containers.length, 'container'], [all.length, 'image']),
    foreign: containers.filter((container) => findOwner(container) === undefined).map(({ name }) => name),
    nameless: containers
      .filter((_, n) => inspected[n]?.Mounts.some(({ Type, Name = '' }) => Type === 'volume' && isAnonymousName(Name)))
      .map(({ name }) => name),
  };
}

function formatCounts(...counts: readonly (readonly [count: number, what: string])[]): string {
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => formatCount(count, what))
    .join(' and ');
}

/** As the engine names it. */
function resolveLinks(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
