import { closeSync, fchmodSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

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
 */
export function replaceFile(file: string, wanted: FileContent): void {
  const temporary = stageFile(file, wanted);
  try {
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path.dirname(file));
}

/** Writes and syncs the temporary file beside `file`; @returns its name. */
function stageFile(file: string, { content, mode, uid, gid }: FileContent): string {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.docksmith-${process.pid}`);
  const fd = openSync(temporary, 'w', 0o600);
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

/** Makes a rename or a removal in the folder last. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
