import { readSnapshot } from '../db/read-snapshot.ts';
import { throwAll } from '../errors.ts';
import { readLedger } from '../output/ledger.ts';
import { applyUninstall, planUninstall, type Uninstall } from '../output/uninstall.ts';
import type { Paths } from '../paths.ts';
import { removeKnown } from '../reads/file.ts';
import { applyFilter } from './filter.ts';
import { generationOf } from './generation-dbs.ts';
import { recorded } from './recorded.ts';
import type { Reporter } from './reporter.ts';

export interface Uninstalled extends Uninstall {
  /** whose files went or came back: they read them only when they are told to */
  readonly services: readonly string[];
}

const COMMAND = 'docksmith uninstall';

/** Removes what docksmith wrote and puts back what it took over. All of it or nothing. Containers, volumes and dbs stay. */
export async function uninstall(paths: Paths, { dryRun }: { readonly dryRun: boolean }, reporter: Reporter): Promise<Uninstalled> {
  if (dryRun) return Promise.resolve({ ...planUninstall(paths, readLedger(paths)), services: [] });
  return recorded(paths, { command: COMMAND, args: [] }, reporter, async (run) => {
    const ledger = readLedger(paths);
    const plan = planUninstall(paths, ledger);
    await applyUninstall(paths, ledger, plan, { command: COMMAND, generation: generationOf(readSnapshot(paths), run) });
    removeKnown(paths);
    // without its files, the packet filter goes
    throwAll((await applyFilter(paths, { dryRun: false })).failures);
    const touched = new Set([...plan.remove.map(({ path }) => path), ...plan.restore.map(({ original }) => original.path)]);
    const services = [...ledger.outputs.values()].filter(({ path }) => touched.has(path)).flatMap((output) => output.services);
    return { ...plan, services: [...new Set(services)] };
  }, ({ remove, restore }) => ({ installed: restore.map(({ original }) => original.path), removed: remove.map(({ path }) => path) }));
}
