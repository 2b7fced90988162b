import { realpathSync } from 'node:fs';
import type { EngineDescription } from '../../engine/admin-engine.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { type Finding, makeFinder } from './finding.ts';
import { noteStorage } from '../storage/storage.ts';
import { DockerRecord } from '../../model/docker-record.ts';

/** The engine, its storage, its data root and whether containers outlive it. Pure but for following links. */
export function checkEngine(snapshot: Snapshot, socket: string, engine: EngineDescription): readonly Finding[] {
  const finder = makeFinder('engine');
  return [
    finder.ok(
      `Docker ${engine.version}, API ${engine.api}, at ${socket}; ${engine.runningContainers} ${engine.runningContainers === 1 ? 'container runs' : 'containers run'}`,
    ),
    ...engine.warnings.map((warning) => finder.warn(`it warns: ${warning.replace(/^WARNING: /, '').trim()}`)),
    ...checkStorage(snapshot, engine),
    ...checkDataRoot(snapshot, engine),
    ...checkLiveRestore(snapshot, engine),
  ];
}

function checkStorage(snapshot: Snapshot, engine: EngineDescription): readonly Finding[] {
  return noteStorage(engine, new DockerRecord(snapshot).storageDriver || undefined).map((note) => ({
    check: 'storage',
    ...note,
  }));
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
          : `off, ${new DockerRecord(snapshot).swarm === 'none' ? 'as LiveRestore of docker says' : 'as in each swarm'}: containers stop when the engine does`,
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
