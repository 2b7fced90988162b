import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import os from 'node:os';

const MEMORY = '/dev/shm';
const NEEDED_BYTES = 256 * 1024 * 1024;

/**
 * Where unit tests make their files: in memory where that can be, since commits wait for the disk with every file
 * and most of a test's time went there.
 */
export function findFastFolder(): string {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    const mounted = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .findLast((line) => line.split(' ')[1] === MEMORY);
    // tests run scripts that they wrote
    const mayExecute = mounted?.split(' ')[3]?.split(',').includes('noexec') === false;
    return bavail * bsize > NEEDED_BYTES && mayExecute ? MEMORY : os.tmpdir();
  } catch {
    return os.tmpdir();
  }
}
