import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf, throwAll } from '../../base/errors.ts';
import { NEVER } from '../../base/interrupt.ts';
import type { Paths } from '../../base/paths.ts';
import type { Engine } from '../../engine/engine.ts';
import { writeDifference } from '../../flow/commit/staged-dbs.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { signalEvent } from '../../flow/signal.ts';
import type { SignalRequest, SignalResult } from '../../flow/signal-request.ts';
import { listEmptied, listMissingFolders } from '../../output/commit/folders.ts';
import { carryOut, changeOf } from '../../output/commit/transaction.ts';
import { maskOf } from '../history/history.ts';
import { findInTheWay, readAllDbs, type RestorePlan } from './plan-restore.ts';
import { finishVolume, unpackVolume } from './volumes.ts';

const COMMAND = 'docksmith restore';

/**
 * Volumes, files of the admin's, then the records with an event over them, all under the event's lock. Where the
 * event does not commit, volumes and files go again; what was there before was not touched.
 * @throws Failure(s) when nothing was changed; what fails after the commit is in the result
 */
export async function restore(
  paths: Paths,
  plan: RestorePlan,
  args: readonly string[],
  { commands, signal = NEVER }: Pick<SignalRequest, 'commands' | 'signal'>,
  reporter: Reporter,
): Promise<SignalResult> {
  const { before, after } = plan.dbs;
  const engine = await getEngine(paths, readHostSnapshot(paths));
  const undo: (() => Promise<void>)[] = [];
  return signalEvent(
    paths,
    {
      event: plan.event,
      args: plan.args,
      calledAs: { command: COMMAND, args },
      commands,
      signal,
      mask: maskOf(paths, [before, after]),
      changeDbs: (staged) => writeDifference(staged, before, after),
      around: async (event) => {
        try {
          throwAll((await findInTheWay(paths, engine, plan.backup, readAllDbs(paths))).failures);
          await restoreVolumes(engine, plan, signal, reporter, undo);
          await restoreCustoms(paths, plan, undo);
          const result = await event();
          if (!result.isInstalled) await undoAll(undo, reporter);
          else for (const name of plan.volumes) await finish(engine, name);
          return result;
        } catch (error) {
          await undoAll(undo, reporter);
          throw error;
        }
      },
    },
    reporter,
  );
}

async function restoreVolumes(
  engine: Engine,
  { backup, volumes }: RestorePlan,
  signal: AbortSignal,
  reporter: Reporter,
  undo: (() => Promise<void>)[],
): Promise<void> {
  for (const name of volumes) {
    reporter.progress(`volume ${name}`);
    const wasThere = (await engine.findVolume(name)) !== undefined;
    // one that has another driver or options cannot be saved
    if (!wasThere)
      await engine.createVolume({ name, driver: 'local', options: {}, labels: backup.labels.get(name) ?? {} });
    undo.push(async () => {
      const volume = await engine.findVolume(name);
      for (const entry of volume === undefined ? [] : readdirSync(volume.Mountpoint))
        rmSync(path.join(volume?.Mountpoint ?? '', entry), { recursive: true });
      if (volume !== undefined) finishVolume(volume);
      if (!wasThere) await engine.removeVolume(name);
    });
    const volume = await engine.findVolume(name);
    if (volume === undefined)
      throw new Failure(`cannot restore volume "${name}"`, { why: 'the engine did not make it' });
    await unpackVolume(name, volume, signal, backup.readVolume(name));
  }
}

async function finish(engine: Engine, name: string): Promise<void> {
  const volume = await engine.findVolume(name);
  if (volume !== undefined) finishVolume(volume);
}

async function restoreCustoms(paths: Paths, { customs }: RestorePlan, undo: (() => Promise<void>)[]): Promise<void> {
  const names = [...customs.keys()];
  if (names.length === 0) return;
  const newFolders = listMissingFolders(paths, names);
  const changes = [...customs].map(([name, file]) => changeOf(paths, name, file));
  await carryOut(paths, { command: COMMAND, changes, newFolders, emptied: [], keep: [] });
  undo.push(() =>
    carryOut(paths, {
      command: COMMAND,
      changes: changes.map(({ path: name, wanted }) => ({ path: name, old: wanted, wanted: undefined })),
      newFolders: [],
      emptied: listEmptied(paths, newFolders, names),
      keep: [],
    }),
  );
}

async function undoAll(undo: readonly (() => Promise<void>)[], reporter: Reporter): Promise<void> {
  for (const step of undo.toReversed()) {
    try {
      await step();
    } catch (error) {
      reporter.warning(reasonOf(error));
    }
  }
}
