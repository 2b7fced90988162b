import { Failure, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { readDaemonJson } from '../../model/daemon/dockerd-options.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import { installedUnder } from '../../output/plan/installed.ts';

export const DAEMON_JSON = '/etc/docker/daemon.json';

/** daemon.json as it will be. */
export function readGiven(paths: Paths, { install, remove }: ChangeSet): ReadonlyMap<string, unknown> {
  if (remove.some(({ owned, left }) => owned.path === DAEMON_JSON && left === undefined)) return new Map();
  const staged = install.find(({ output }) => output.path === DAEMON_JSON)?.output.content.toString();
  return staged === undefined ? readInstalled(paths) : parse(staged);
}

/** daemon.json as it is. */
export function readInstalled(paths: Paths): ReadonlyMap<string, unknown> {
  const installed = installedUnder(paths)(DAEMON_JSON);
  return parse(installed.kind === 'file' ? installed.file.content.toString() : '');
}

function parse(text: string): ReadonlyMap<string, unknown> {
  try {
    return readDaemonJson(text);
  } catch (error) {
    throw new Failure(`cannot read "${DAEMON_JSON}"`, {
      why: `${reasonOf(error)}, and the engine would not start with it`,
      cause: error,
    });
  }
}

/** The storage driver that it says; undefined: the engine chooses. */
export function driverOf(options: ReadonlyMap<string, unknown>): string | undefined {
  const driver = options.get('storage-driver');
  return typeof driver === 'string' && driver !== '' ? driver : undefined;
}
