import { readSnapshot } from '../../db/read-snapshot.ts';
import { Failure, throwAll } from '../../base/errors.ts';
import { BEFORE_ENGINE, FAMILIES } from '../../firewall/kernel.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import { applyUninstall, planUninstall, type Uninstall } from '../../output/commit/uninstall.ts';
import type { Paths } from '../../base/paths.ts';
import { removeCachedRenderings } from '../../incremental/cached-renderings.ts';
import { type Guarded, readGuarded } from '../firewall/behind-filter.ts';
import { applyFilter } from '../../flow/firewall/filter.ts';
import { generationOf } from '../../flow/commit/generation-dbs.ts';
import { runRecorded } from '../../flow/run-recorded.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';

/**
 * What becomes of the packet filter where containers are behind it: it stays, they are stopped first, or it
 * goes all the same.
 */
export type FilterChoice = 'keep' | 'stop containers' | 'drop';

export interface UninstallPlan extends Uninstall {
  /** kept: it protects containers, or that is not known */
  readonly filter: 'kept' | 'removed';
  /** whom foreign hosts could reach without the filter */
  readonly guarded: readonly Guarded[];
  /** why the protected containers are not known */
  readonly unknown: string | undefined;
  /** containers that are stopped before the filter goes */
  readonly stop: readonly Guarded[];
}

export interface Uninstalled extends UninstallPlan {
  /** whose files went or came back: they read them only when they are told to */
  readonly services: readonly string[];
}

const COMMAND = 'docksmith uninstall';
const STAYS = 'containers run behind the packet filter';

/**
 * Says what uninstalling would do. Changes nothing.
 * @throws Failure where containers are to be stopped and the engine does not answer
 */
export async function readUninstallPlan(paths: Paths, choice: FilterChoice): Promise<UninstallPlan> {
  const { guarded, unknown } = await readGuarded(paths);
  if (choice === 'stop containers' && unknown !== undefined)
    throw new Failure('cannot stop the containers behind the packet filter', { why: unknown });
  const filter = choice === 'keep' && (guarded.length > 0 || unknown !== undefined) ? 'kept' : 'removed';
  const stop = choice === 'stop containers' ? guarded.filter(({ isPrivate }) => isPrivate) : [];
  return {
    ...planUninstall(paths, readLedger(paths), listAcceptedDifferences(filter)),
    filter,
    guarded,
    unknown,
    stop,
  };
}

/**
 * Removes what docksmith wrote and puts back what it took over. All of it or nothing. Containers, volumes
 * and dbs stay.
 */
export async function uninstall(paths: Paths, choice: FilterChoice, reporter: Reporter): Promise<Uninstalled> {
  const args = choice === 'keep' ? [] : [choice === 'drop' ? '--drop-firewall' : '--stop-containers'];
  const { result } = await runRecorded(
    paths,
    { command: COMMAND, args },
    reporter,
    async ({ run }) => {
      const ledger = readLedger(paths);
      // what runs may be other than what was shown
      const plan = await readUninstallPlan(paths, choice);
      await stopContainers(paths, plan.stop);
      await applyUninstall(paths, ledger, plan, {
        command: COMMAND,
        generation: generationOf(readSnapshot(paths), run),
        keep: listAcceptedDifferences(plan.filter),
      });
      removeCachedRenderings(paths);
      // without its files, the packet filter goes
      throwAll(
        (await applyFilter(paths, { dryRun: false, keepFor: plan.filter === 'kept' ? 'everybody' : 'nobody' }))
          .failures,
      );
      const touched = new Set([
        ...plan.remove.map(({ path }) => path),
        ...plan.restore.map(({ original }) => original.path),
      ]);
      const services = [...ledger.outputs.values()]
        .filter(({ path }) => touched.has(path))
        .flatMap((output) => output.services);
      return { ...plan, services: [...new Set(services)] };
    },
    ({ remove, restore }) => ({
      installed: restore.map(({ original }) => original.path),
      removed: remove.map(({ path }) => path),
    }),
  );
  return result;
}

function listAcceptedDifferences(filter: UninstallPlan['filter']): ReadonlyMap<string, string> {
  return new Map(
    filter === 'kept' ? [...FAMILIES.map(({ file }) => file), BEFORE_ENGINE].map((file) => [file, STAYS]) : [],
  );
}

/**
 * So that they stay down when the engine starts again.
 * @throws Failure with nothing else done where one cannot be stopped
 */
async function stopContainers(paths: Paths, containers: readonly Guarded[]): Promise<void> {
  if (containers.length === 0) return;
  const engine = await getEngine(paths, readHostSnapshot(paths));
  for (const { id, comesBack } of containers) {
    if (comesBack) await engine.updateContainer(id, { RestartPolicy: { Name: 'no' } });
    await engine.stopContainer(id, {});
  }
}
