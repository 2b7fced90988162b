import { statSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../base/errors.ts';
import { type Paths, STATE_DIR } from '../base/paths.ts';

/** There while something that another host sent is not decided. */
export const PENDING_FILE = path.posix.join(STATE_DIR, 'hosts/pending.json');

/** Asked by every command, so it is one look. False also for what the caller may not see. */
export function mayHavePendingReceipt(paths: Paths): boolean {
  try {
    return statSync(paths.file(PENDING_FILE), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (errorCode(error) === 'EACCES' || errorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
