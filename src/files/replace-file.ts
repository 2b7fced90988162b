import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode } from '../base/errors.ts';

export interface FileContent {
  readonly content: Buffer;
  /** permission bits, `0o644` */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** sha256 of the content, hex, where somebody has worked it out already */
  readonly digest?: string;
}

/**
 * Puts a file in place as one step: a reader sees the old one or the new one, also after a
 * power cut. The temporary file stands in the same folder (a rename does not cross file
 * systems) and has mode and owner before it has the name.
 * @param isAllowed asked right before the rename, when all the slow work is done
 * @returns false when it was not allowed: then nothing was replaced
 */
export function replaceFile(file: string, wanted: FileContent, isAllowed: () => boolean = () => true): boolean {
  const temporary = temporaryName(file, String(process.pid));
  stageFile(temporary, wanted);
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

/** What stands beside a file only while it is replaced. */
export function temporaryName(file: string, mark: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.docksmith-${mark}`);
}

/** Whether `replaceFile` of some process gave that name. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.docksmith-\d+$/.test(name);
}

/**
 * Writes and syncs a file that is not in place yet, with mode and owner. Nothing is left where that fails.
 * @param sync false: the caller syncs it together with others
 */
export function stageFile(temporary: string, wanted: FileContent, { sync = true } = {}): void {
  const { mode, uid, gid } = wanted;
  const fd = openNew(temporary);
  try {
    writeFileSync(fd, wanted.content);
    if (process.getuid?.() === 0 || uid !== process.getuid?.() || gid !== process.getgid?.()) fchownSync(fd, uid, gid);
    fchmodSync(fd, mode);
    if (sync) fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function openNew(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    // one of that name is left over, or planted: a link there must not be followed
    removeIfThere(file);
    return openSync(file, 'wx', 0o600);
  }
}

/** @returns whether it was there */
export function removeIfThere(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes last what was renamed, made or removed in the folder. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
