import { formatFailedEnd, type OnLine, runProcess } from '../event/run-process.ts';
import { readLedger } from '../output/plan/ledger.ts';
import type { Paths } from '../base/paths.ts';
import type { Snapshot } from '../db/snapshot.ts';
import { readHostSnapshot } from './host-state.ts';
import { findServiceCommand } from './services/service-commands.ts';
import type { StepPart } from './step-part.ts';
import { HttpdRecord } from '../model/httpd-record.ts';

/**
 * Has Apache check all of its files as they stand (`CheckCommand`), where some of these are its
 * own; where none is, where none is installed, or under a root, whose files the machine's Apache
 * does not read, there is nothing to do.
 * @param changed paths without the root; undefined: nobody knows
 * @returns how its check ended, in words; undefined: well, or it was not asked
 */
export async function checkApache(
  paths: Paths,
  changed: readonly string[] | undefined,
  onLine: OnLine,
): Promise<string | undefined> {
  const { outputs } = readLedger(paths);
  const command = findCheck(
    paths,
    readHostSnapshot(paths),
    // removed files are no longer in the ledger
    changed?.map((file) => ({ path: file, services: outputs.get(file)?.services ?? [] })),
  );
  return command === undefined
    ? undefined
    : formatFailedEnd(await runProcess('/bin/sh', ['-c', command], process.env, onLine));
}

/** Of `docksmith check-apache`: most events change no file of Apache, and need no process to find that out. */
export const checkApacheStep: StepPart = {
  concerns: (paths, snapshot, { install, remove }) =>
    findCheck(paths, snapshot, [
      ...install.map(({ output }) => output),
      ...remove.map(({ owned: { path } }) => ({ path, services: [] })),
    ]) !== undefined,
};

function findCheck(
  paths: Paths,
  snapshot: Snapshot,
  changed: readonly { readonly path: string; readonly services: readonly string[] }[] | undefined,
): string | undefined {
  const httpd = new HttpdRecord(snapshot);
  const command = findServiceCommand(paths, snapshot, 'httpd', 'CheckCommand');
  if (command === undefined || !httpd.isEnabled) return undefined;
  const isOfApache = changed?.some(
    ({ path, services }) => path.startsWith(`${httpd.confDir}/`) || services.includes('httpd'),
  );
  return isOfApache === false ? undefined : command;
}
