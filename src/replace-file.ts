import { closeSync, fchmodSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from './errors.ts';

export interface FileContent {
  readonly content: Buffer;
  /** permission bits, `0o644` */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Puts a file in place as one step: a reader sees the old one or the new one, also after a
 * power cut. The temporary file stands in the same folder (a rename does not cross file
 * systems) and has mode and owner before it has the name.
 * @param isAllowed asked right before the rename, when all the slow work is done
 * @returns false when it was not allowed: then nothing was replaced
 */
export function replaceFile(file: string, wanted: FileContent, isAllowed: () => boolean = () => true): boolean {
  const temporary = stageFile(file, wanted);
  try {
    if (!isAllowed()) {
      rmSync(temporary, { force: true });
      return false;
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path.dirname(file));
  return true;
}

/** Writes and syncs the temporary file beside `file`; @returns its name. */
function stageFile(file: string, { content, mode, uid, gid }: FileContent): string {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.docksmith-${process.pid}`);
  // one of that name is left over, or planted: a link there must not be followed
  removeIfThere(temporary);
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(fd, content);
    if (process.getuid?.() === 0 || uid !== process.getuid?.() || gid !== process.getgid?.()) fchownSync(fd, uid, gid);
    fchmodSync(fd, mode);
    fsyncSync(fd);
    return temporary;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function removeIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Makes a rename or a removal in the folder last. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
