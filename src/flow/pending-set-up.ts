import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findBuildMachine } from '../facts/build-machine.ts';
import { type Paths, STATE_DIR } from '../paths.ts';
import { writeState } from '../state-file.ts';
import type { Reporter } from './reporter.ts';

/** What is left to be found out by the first event on the host itself. Without the root. */
const PENDING_FILE = path.posix.join(STATE_DIR, 'set-up-pending.json');

/** The dbs were laid out on another machine, and this is the host now. */
export function isSetUpPending(paths: Paths): boolean {
  return existsSync(paths.file(PENDING_FILE)) && findBuildMachine(paths) === undefined;
}

export function deferSetUp(paths: Paths, why: string): void {
  writeState(paths.file(PENDING_FILE), 'what is to be found out', { why });
}

/** What set-up would have found. @param paths with the dbs that are staged */
export async function findOutNow(paths: Paths, reporter: Reporter): Promise<void> {
  const { findOut, keepDataRoot } = await import('./setup.ts');
  const { lines, warnings } = findOut(paths);
  for (const warning of warnings) reporter.warning(warning);
  for (const line of [...lines, ...await keepDataRoot(paths)]) reporter.line('set-up', line, 'stdout');
}

/** To be called when what was found is committed. */
export function endSetUp(paths: Paths): void {
  rmSync(paths.file(PENDING_FILE), { force: true });
}
