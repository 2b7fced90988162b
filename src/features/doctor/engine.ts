import { realpathSync } from 'node:fs';
import type { EngineDescription } from '../../engine/admin-engine.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { type Finding, makeFinder } from './finding.ts';
import { DockerRecord } from '../../model/docker-record.ts';

/** Drivers that other drivers have taken the place of, and the one that copies all of every layer. */
const POOR_DRIVERS: Readonly<Record<string, string>> = {
  vfs: 'which copies every layer whole',
  aufs: 'which engines give up',
  devicemapper: 'which engines give up',
  overlay: 'which engines give up for overlay2',
};

/** The engine, its storage, its data root and whether containers outlive it. Pure but for following links. */
export function checkEngine(snapshot: Snapshot, socket: string, engine: EngineDescription): readonly Finding[] {
  const finder = makeFinder('engine');
  return [
    finder.ok(
      `Docker ${engine.version}, API ${engine.api}, at ${socket}; ${engine.runningContainers} ${engine.runningContainers === 1 ? 'container runs' : 'containers run'}`,
    ),
    ...engine.warnings.map((warning) => finder.warn(`it warns: ${warning.replace(/^WARNING: /, '').trim()}`)),
    ...checkStorage(engine),
    ...checkDataRoot(snapshot, engine),
    ...checkLiveRestore(snapshot, engine),
  ];
}

function checkStorage({ storageDriver, storage }: EngineDescription): readonly Finding[] {
  const finder = makeFinder('storage');
  const backing = storage['Backing Filesystem'];
  const words = `driver ${storageDriver}${backing === undefined ? '' : ` on ${backing}`}`;
  const poor = POOR_DRIVERS[storageDriver];
  // without file types in folders, overlays lose files that were removed (moby, overlay2 on XFS without ftype=1)
  if (storage['Supports d_type'] === 'false')
    return [
      finder.bad(
        `${words}, which has no d_type: files that containers remove come back`,
        'put the data root on a file system that has it (XFS made with ftype=1, or ext4)',
      ),
    ];
  if (poor !== undefined)
    return [
      finder.warn(
        `${words}, ${poor}`,
        'new engines use overlay2; do not change it here without a backup: with another driver all present images and containers seem gone, and with them data outside of volumes',
      ),
    ];
  return [finder.ok(words)];
}

function checkDataRoot(snapshot: Snapshot, { dataRoot }: EngineDescription): readonly Finding[] {
  const finder = makeFinder('data root');
  const wanted = new DockerRecord(snapshot).dataRoot;
  if (wanted === '' || dataRoot === '' || followLinks(wanted) === followLinks(dataRoot))
    return [finder.ok(dataRoot === '' ? 'none' : dataRoot)];
  return [
    finder.warn(
      `the engine keeps its data in ${dataRoot}, and DataRoot of docker is ${wanted}`,
      `config setprop docker DataRoot ${dataRoot}; with another one all images, containers and volumes would seem gone`,
    ),
  ];
}

function followLinks(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder.replace(/\/+$/, '');
  }
}

function checkLiveRestore(snapshot: Snapshot, { liveRestore }: EngineDescription): readonly Finding[] {
  const finder = makeFinder('live-restore');
  const isWanted = new DockerRecord(snapshot).wantsLiveRestore;
  if (liveRestore === isWanted)
    return [
      finder.ok(
        liveRestore
          ? 'containers go on running while the engine restarts'
          : 'off, as LiveRestore of docker says: containers stop when the engine does',
      ),
    ];
  if (!liveRestore && new DockerRecord(snapshot).isForeign)
    return [finder.ok('off, as the admin of the engine has it (Daemon foreign): containers stop when the engine does')];
  return liveRestore
    ? [finder.ok('containers go on running while the engine restarts, though LiveRestore of docker is disabled')]
    : [
        finder.warn(
          'containers stop when the engine restarts, though LiveRestore of docker is enabled',
          'signal-event docker-update writes it into daemon.json; the engine uses it from its next restart on',
        ),
      ];
}
