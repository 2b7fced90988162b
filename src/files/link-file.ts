import { linkSync } from 'node:fs';
import { errorCode } from '../base/errors.ts';

/** A file system without links, or a file that another user may not link. */
const WITHOUT_LINKS = ['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK'];

/**
 * Gives a file a second name that is not there yet.
 * @returns false where the file can have none
 */
export function linkIfPossible(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    if (!WITHOUT_LINKS.includes(errorCode(error) ?? '')) throw error;
    return false;
  }
}
