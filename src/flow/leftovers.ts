import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../errors.ts';
import { type Paths, STATE_DIR } from '../paths.ts';

/** What a run keeps in the state folder only while it lasts: copies of dbs, lists of changed files, staged files to check. */
const OF_ONE_RUN = /^(dbs-|changed-|check-)/;

/** Takes away what runs that were killed left behind. To be called under the event lock, and not by a run that has joined another's. */
export function removeLeftovers(paths: Paths): void {
  const state = paths.file(STATE_DIR);
  for (const name of listFolder(state)) if (OF_ONE_RUN.test(name)) rmSync(path.join(state, name), { recursive: true, force: true });
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
