import { realpathSync } from 'node:fs';
import type { Engine } from '../../engine/engine.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import { listIntents } from '../../output/commit/intents.ts';
import { willRestartDaemon } from './daemon.ts';
import { findEngine, type HostState } from '../host-state.ts';
import { DockerRecord } from '../../model/docker-record.ts';

/**
 * Refuses to give the running engine another folder for its data: all of its containers and
 * volumes would seem gone. Whoever moves them stops the engine first, and then nothing is refused.
 * @throws Failure
 */
export async function refuseLostData({ paths, snapshot }: HostState, { install }: ChangeSet): Promise<void> {
  const isWritten = install.some(({ output }) => output.services.includes('docker'));
  if (!isWritten && !willRestartDaemon(paths, snapshot, listIntents(paths))) return;
  const engine = await findEngine(paths, snapshot);
  const lost = engine === undefined ? undefined : await findLostData(snapshot, engine);
  if (lost === undefined) return;
  const { from, to, what } = lost;
  throw new Failure(`cannot change the DataRoot of docker to "${to}"`, {
    why: `the engine keeps ${what} in "${from}", and they would seem gone`,
    hint: `config setprop docker DataRoot ${from}; or to move them: stop the engine, cp -a ${from}/. ${to}, and repeat the event before it runs again`,
  });
}

/**
 * What the running engine has in another folder than the db names; undefined where they agree, or there is
 * nothing to lose.
 */
export async function findLostData(
  snapshot: Snapshot,
  engine: Engine,
): Promise<{ readonly from: string; readonly to: string; readonly what: string } | undefined> {
  const to = new DockerRecord(snapshot).dataRoot;
  const from = (await engine.getTraits()).dataRoot;
  if (from === '' || to === '' || resolveLinks(to) === resolveLinks(from)) return undefined;
  const [containers, volumes] = await Promise.all([engine.listContainers(), engine.listVolumes()]);
  if (containers.length + volumes.length === 0) return undefined;
  return {
    from,
    to,
    what: [formatCount(containers.length, 'container'), formatCount(volumes.length, 'volume')]
      .filter((words) => words !== '')
      .join(' and '),
  };
}

function formatCount(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** As the engine names it. */
function resolveLinks(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
