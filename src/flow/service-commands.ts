import path from 'node:path';
import { findProp, getDb, type Snapshot } from '../db/snapshot.ts';
import type { Paths } from '../paths.ts';
import { refuseUntrusted } from '../trust.ts';

export type CommandProp = 'StartCommand' | 'StopCommand' | 'RestartCommand' | 'ReloadCommand' | 'CheckCommand';

/**
 * The command of a service, which is run as root. One that stands in the db itself is refused
 * where somebody else can write that db, or put another one in its place.
 * @returns undefined where there is none
 * @throws Failure with the remedy
 */
export function findServiceCommand(paths: Paths, snapshot: Snapshot, service: string, prop: CommandProp): string | undefined {
  const command = findProp(snapshot, 'configuration', service, prop) || undefined;
  if (command !== undefined && getDb(snapshot, 'configuration').get(service)?.props.has(prop) === true) {
    refuseUntrusted(paths, path.join(paths.dbDir, 'configuration'), `${prop} of "${service}" in db "configuration"`);
  }
  return command;
}
