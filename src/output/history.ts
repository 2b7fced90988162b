import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf } from '../errors.ts';
import { type Paths, STATE_DIR } from '../paths.ts';
import { type FileContent, replaceFile } from '../replace-file.ts';
import { readState, writeState } from '../state-file.ts';

/** Why a file was kept before docksmith replaced or removed it. */
export type KeptBecause = 'taken over' | 'edited';

export interface Kept extends FileContent {
  /** without the root */
  readonly path: string;
}

const folderOf = (paths: Paths, id: string): string => paths.file(path.posix.join(STATE_DIR, 'history', id));

/** The kept file's name without the root, to be shown to the admin. */
export function keptFile(id: string): string {
  return path.posix.join(STATE_DIR, 'history', id, 'content');
}

/**
 * Keeps a file for good: `history/ID/content` with what was in it, readable by its owner only,
 * and `history/ID/about.json` with path, mode and owner. @returns the id, which sorts by time
 */
export function keepFile(paths: Paths, filePath: string, file: FileContent, because: KeptBecause, now = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, '');
  for (let n = 0; ; n++) {
    const id = `${stamp}-${process.pid}-${n}`;
    const folder = folderOf(paths, id);
    try {
      mkdirSync(path.dirname(folder), { recursive: true });
      // there already: another file was kept in the same millisecond
      if (mkdirSync(folder, { recursive: true, mode: 0o700 }) === undefined) continue;
      replaceFile(path.join(folder, 'content'), { content: file.content, mode: 0o600, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 });
    } catch (error) {
      throw new Failure(`cannot keep "${filePath}" in history`, { why: reasonOf(error), cause: error });
    }
    writeState(path.join(folder, 'about.json'), 'the history of a file', { path: filePath, because, kept: now.toISOString(), mode: file.mode, uid: file.uid, gid: file.gid });
    return id;
  }
}

/** @throws Failure where history has no such file any more, or a damaged one */
export function readKept(paths: Paths, id: string): Kept {
  const folder = folderOf(paths, id);
  try {
    const content = readFileSync(path.join(folder, 'content'));
    const about = readState(path.join(folder, 'about.json'), 'the history of a file', (state) => ({
      path: state.get('path').text(), mode: state.get('mode').number(), uid: state.get('uid').number(), gid: state.get('gid').number(),
    }));
    if (about === undefined) throw new Error('about.json is missing');
    return { ...about, content };
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`cannot read "${keptFile(id)}"`, { why: reasonOf(error), cause: error });
  }
}
