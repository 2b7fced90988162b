import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf } from '../../base/errors.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { type FileContent, replaceFile } from '../../files/replace-file.ts';
import { readState, writeState } from '../../files/state-file.ts';
import { readBytes } from '../../files/read-file.ts';

/** Why a file was kept before docksmith replaced or removed it. */
export type SavedBecause = 'taken over' | 'edited';

export interface SavedFile extends FileContent {
  /** without the root */
  readonly path: string;
}

/** The folder of one kept file, without the root. */
export function savedFolder(id: string): string {
  return path.posix.join(STATE_DIR, 'history', id);
}

const folderOf = (paths: Paths, id: string): string => paths.file(savedFolder(id));

/** The kept file's name without the root, to be shown to the admin. */
export function savedFile(id: string): string {
  return path.posix.join(savedFolder(id), 'content');
}

/** Ids for files to be kept, which sort by time and are nobody else's. */
export function newSavedIds(paths: Paths, count: number, now = new Date()): readonly string[] {
  const stamp = now.toISOString().replace(/[-:]/g, '');
  const ids: string[] = [];
  for (let n = 0; ids.length < count; n++) {
    const id = `${stamp}-${process.pid}-${n}`;
    // there already: another file was kept in the same millisecond
    if (!existsSync(folderOf(paths, id))) ids.push(id);
  }
  return ids;
}

/**
 * Keeps a file for good: `history/ID/content` with what was in it, readable by its owner only,
 * and `history/ID/about.json` with path, mode and owner.
 */
export function saveFile(
  paths: Paths,
  id: string,
  filePath: string,
  file: FileContent,
  because: SavedBecause,
  now = new Date(),
): void {
  const folder = folderOf(paths, id);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    replaceFile(path.join(folder, 'content'), {
      content: file.content,
      mode: 0o600,
      uid: process.geteuid?.() ?? 0,
      gid: process.getegid?.() ?? 0,
    });
  } catch (error) {
    throw new Failure(`cannot keep "${filePath}" in history`, { why: reasonOf(error), cause: error });
  }
  writeState(path.join(folder, 'about.json'), 'the history of a file', {
    path: filePath,
    because,
    kept: now.toISOString(),
    mode: file.mode,
    uid: file.uid,
    gid: file.gid,
  });
}

/** @throws Failure where history has no such file any more, or a damaged one */
export function readSavedFile(paths: Paths, id: string): SavedFile {
  const folder = folderOf(paths, id);
  try {
    const content = readBytes(path.join(folder, 'content'));
    const about = readState(path.join(folder, 'about.json'), 'the history of a file', (state) => ({
      path: state.get('path').text(),
      mode: state.get('mode').number(),
      uid: state.get('uid').number(),
      gid: state.get('gid').number(),
    }));
    if (about === undefined) throw new Error('about.json is missing');
    return { ...about, content };
  } catch (error) {
    throw error instanceof Failure
      ? error
      : new Failure(`cannot read "${savedFile(id)}"`, { why: reasonOf(error), cause: error });
  }
}
