import { closeSync, constants, readSync } from 'node:fs';
import path from 'node:path';
import { errorCode, throwAll } from '../base/errors.ts';
import { listNames } from '../base/layers.ts';
import { type Paths, STATE_DIR, withoutRoot } from '../base/paths.ts';
import { openRegular } from './read-file.ts';
import { findVersion, refuseNewer, VERSION } from './state-file.ts';

/** As much as a version takes. */
const HEAD_BYTES = 64;

/**
 * Looks at the first bytes of all that decides on what a command changes, before it changes anything: records of
 * single runs, generations and replaced files are only read by who asks for them, and say it then.
 * @throws Failures, one for each file that a newer version of this program wrote
 */
export function refuseNewerState(paths: Paths): void {
  throwAll(
    ['', 'generations', 'unfinished/journal'].flatMap((folder) => {
      const where = paths.file(path.posix.join(STATE_DIR, folder));
      return listNames(where).flatMap((name) => {
        // a generation is one of many, and the dbs beside them are written with each
        if (folder === 'generations' && name !== 'dbs') return [];
        const file = path.join(where, name);
        const version = findVersion(readHead(file));
        return version === undefined || version <= VERSION
          ? []
          : [refuseNewer('the state of docksmith', withoutRoot(paths, file), version)];
      });
    }),
  );
}

/** Nothing of what is no file, or not there any more. */
function readHead(file: string): string {
  let fd: number;
  try {
    fd = openRegular(file, constants.O_NOFOLLOW);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return '';
  }
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.toString('latin1', 0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}
