import path from 'node:path';
import { STATE_DIR } from '../../base/paths.ts';

/** Held by the service as long as it runs: two of them would run each event twice. */
export const WATCH_LOCK = path.posix.join(STATE_DIR, 'watch.lock');
