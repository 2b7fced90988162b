import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from '../../base/paths.ts';
import { type FileContent, removeIfThere, syncFolder } from '../../files/replace-file.ts';
import { type Field, formatState, readState, writeStateFile } from '../../files/state-file.ts';
import { JOURNAL_DIR, removeUnfinished } from '../../files/unfinished.ts';
import type { Installed } from '../plan/installed.ts';
import { getDigest } from '../plan/ledger.ts';

/** A file by the values that identify it. */
export interface Fingerprint {
  /** sha256 of the content, hex */
  readonly digest: string;
  /** permission bits */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface JournalEntry {
  /** without the root */
  readonly path: string;
  /** undefined: nothing stood there */
  readonly old: Fingerprint | undefined;
  /** undefined: it is removed */
  readonly wanted: Fingerprint | undefined;
}

/** All that is needed to take a commit back, or to clear up behind it; lists without the root. */
export interface Journal {
  /** whose commit it is, in words: `signal-event docker-update` */
  readonly command: string;
  readonly entries: readonly JournalEntry[];
  /** folders that are made for it, the upper ones first */
  readonly newFolders: readonly string[];
  /** folders that its removals leave empty */
  readonly emptied: readonly string[];
  /** ids of what it keeps in history */
  readonly kept: readonly string[];
  /** what goes with the files, for who can take it back; undefined: nothing */
  readonly attached: string | undefined;
}

const WHAT = 'the journal of a commit';
/** While the first of these stands, the commit is taken back; with the second it stands. One rename is the commit. */
const PREPARED = 'prepared.json';
const COMMITTED = 'committed.json';

const journalFolder = (paths: Paths): string => paths.file(JOURNAL_DIR);

/** Makes the folder. What is laid into it counts once the journal is written. */
export function openJournal(paths: Paths): string {
  const folder = journalFolder(paths);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** From here on the commit is taken back, whatever happens, until `commitJournal`. */
export function writeJournal(paths: Paths, journal: Journal): void {
  const folder = journalFolder(paths);
  writeStateFile(path.join(folder, PREPARED), WHAT, formatState({ ...journal }));
  // with the folders above: they may be new, and a journal that a power cut takes away takes nothing back
  for (let above = path.dirname(folder), n = 0; n < 4; above = path.dirname(above), n++) syncFolder(above);
}

/** The commit point. */
export function commitJournal(paths: Paths): void {
  const folder = journalFolder(paths);
  const [prepared, committed] = [path.join(folder, PREPARED), path.join(folder, COMMITTED)];
  renameSync(prepared, committed);
  try {
    syncFolder(folder);
  } catch (error) {
    // it is not known to last, so it is not to stand: the files are put back by the name that says so
    if (tryToRename(committed, prepared)) throw error;
  }
}

function tryToRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

/** Undefined: nothing was touched yet. */
export function readJournal(paths: Paths): (Journal & { readonly isCommitted: boolean }) | undefined {
  const folder = journalFolder(paths);
  const committed = readState(path.join(folder, COMMITTED), WHAT, parseJournal);
  if (committed !== undefined) return { ...committed, isCommitted: true };
  const prepared = readState(path.join(folder, PREPARED), WHAT, parseJournal);
  return prepared === undefined ? undefined : { ...prepared, isCommitted: false };
}

/** Its record first: what is left without it is only to be cleared away. */
export function removeJournal(paths: Paths): void {
  const folder = journalFolder(paths);
  if (removeIfThere(path.join(folder, PREPARED)) || removeIfThere(path.join(folder, COMMITTED))) syncFolder(folder);
  try {
    removeUnfinished(paths, folder);
  } catch {
    // a command that finds it without a record removes it
  }
}

export function fingerprintOf(file: FileContent): Fingerprint {
  const { mode, uid, gid } = file;
  return { digest: getDigest(file), mode, uid, gid };
}

/** Whether just that stands there; undefined: nothing. */
export function stands(installed: Installed, wanted: Fingerprint | undefined): boolean {
  if (installed.kind !== 'file' || wanted === undefined) return installed.kind === 'absent' && wanted === undefined;
  const { digest, mode, uid, gid } = fingerprintOf(installed.file);
  return digest === wanted.digest && mode === wanted.mode && uid === wanted.uid && gid === wanted.gid;
}

function parseJournal(state: Field): Journal {
  const texts = (field: Field): readonly string[] => field.list((item) => item.text());
  return {
    command: state.get('command').text(),
    entries: state.get('entries').list((entry) => ({
      path: entry.get('path').text(),
      old: entry.get('old').optional(parseFingerprint),
      wanted: entry.get('wanted').optional(parseFingerprint),
    })),
    newFolders: texts(state.get('newFolders')),
    emptied: texts(state.get('emptied')),
    kept: texts(state.get('kept')),
    attached: state.get('attached').optional((field) => field.text()),
  };
}

function parseFingerprint(file: Field): Fingerprint {
  return {
    digest: file.get('digest').text(),
    mode: file.get('mode').number(),
    uid: file.get('uid').number(),
    gid: file.get('gid').number(),
  };
}
