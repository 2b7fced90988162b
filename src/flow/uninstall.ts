import { throwAll } from '../errors.ts';
import { readLedger } from '../output/ledger.ts';
import { applyUninstall, planUninstall, type Uninstall } from '../output/uninstall.ts';
import type { Paths } from '../paths.ts';
import { applyFilter } from './filter.ts';
import { recorded } from './recorded.ts';
import type { Reporter } from './reporter.ts';

export interface Uninstalled extends Uninstall {
  /** whose files went or came back: they read them only when they are told to */
  readonly services: readonly string[];
}

/** Removes what docksmith wrote and puts back what it took over. Containers, volumes and dbs stay. */
export async function uninstall(paths: Paths, { dryRun }: { readonly dryRun: boolean }, reporter: Reporter): Promise<Uninstalled> {
  if (dryRun) return Promise.resolve({ ...planUninstall(paths, readLedger(paths)), services: [] });
  return recorded(paths, { command: 'docksmith uninstall', args: [] }, reporter, async () => {
    const ledger = readLedger(paths);
    const plan = planUninstall(paths, ledger);
    applyUninstall(paths, ledger, plan);
    // without its files, the packet filter goes
    throwAll((await applyFilter(paths, { dryRun: false })).failures);
    const touched = new Set([...plan.remove, ...plan.restore.map(({ path }) => path)]);
    const services = [...ledger.outputs.values()].filter(({ path }) => touched.has(path)).flatMap((output) => output.services);
    return { ...plan, services: [...new Set(services)] };
  }, ({ remove, restore }) => ({ installed: restore.map(({ path }) => path), removed: remove }));
}
