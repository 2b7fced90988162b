import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findBuildMachine } from '../../host/build-machine.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { readState, writeState } from '../../files/state-file.ts';

/** What is left to be found out by the first event on the host itself. Without the root. */
const PENDING_FILE = path.posix.join(STATE_DIR, 'set-up-pending.json');

const WHAT = 'the pending set-up';

/** The dbs were laid out on another machine, and this is the host now. */
export function isSetUpPending(paths: Paths): boolean {
  return existsSync(paths.file(PENDING_FILE)) && findBuildMachine(paths) === undefined;
}

/** Why what is of this host alone is still to be found out; undefined: it is found. */
export function findDeferred(paths: Paths): string | undefined {
  return readState(paths.file(PENDING_FILE), WHAT, (state) => state.get('why').text());
}

export function deferSetUp(paths: Paths, why: string): void {
  writeState(paths.file(PENDING_FILE), WHAT, { why });
}

/** To be called when what was found is committed. */
export function endSetUp(paths: Paths): void {
  rmSync(paths.file(PENDING_FILE), { force: true });
}
