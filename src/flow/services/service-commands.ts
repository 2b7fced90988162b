import path from 'node:path';
import { findProp, getDb, hasOwnProp, type Snapshot } from '../../db/snapshot.ts';
import type { Paths } from '../../base/paths.ts';
import { listSchemaFiles } from '../../db/read-schema.ts';
import { refuseUntrusted } from '../../files/trust.ts';

export type CommandProp = 'StartCommand' | 'StopCommand' | 'RestartCommand' | 'ReloadCommand' | 'CheckCommand';

/**
 * The command of a service, which is run as root. It is refused where somebody else can write the db
 * that it stands in, or the schema that it is a default of, or replace it.
 * @returns undefined where there is none
 * @throws Failure with the remedy
 */
export function findServiceCommand(
  paths: Paths,
  snapshot: Snapshot,
  service: string,
  prop: CommandProp,
): string | undefined {
  const command = findProp(snapshot, 'configuration', service, prop) || undefined;
  if (command === undefined) return undefined;
  const shown = `${prop} of "${service}" in db "configuration"`;
  if (hasOwnProp(getDb(snapshot, 'configuration').get(service), prop))
    refuseUntrusted(path.join(paths.dbDir, 'configuration'), shown);
  else for (const { file } of listSchemaFiles(paths, 'configuration')) refuseUntrusted(file, `${shown}, a default`);
  return command;
}
