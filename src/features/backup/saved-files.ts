import { lstatSync, statSync } from 'node:fs';
import path from 'node:path';
import { listMergedTree } from '../../base/layers.ts';
import { holdsSecret, type Mask } from '../../base/mask.ts';
import { CONFIG_DIR, type Paths, STATE_DIR, withoutRoot } from '../../base/paths.ts';
import { toByteString } from '../../db/byte-text.ts';
import { findDbFile, listDbs } from '../../db/db-file.ts';
import { formatFlatFile } from '../../db/flat-file.ts';
import { SECRETS } from '../../db/secret-values.ts';
import { readLines } from '../../db/store.ts';
import { ADOPTED_FILE } from '../../container/actual/adopted.ts';
import { readBytes } from '../../files/read-file.ts';
import { OWN_FOLDERS } from '../../flow/trusted-files.ts';
import { LEDGER_FILE } from '../../output/plan/ledger.ts';
import type { SavedFile, SavedFiles } from './manifest.ts';

/** Records by db and key. */
export type Chosen = ReadonlyMap<string, ReadonlySet<string>>;

/** All dbs, what is the admin's own, and what docksmith owns on this host. */
export function readServerFiles(paths: Paths): SavedFiles {
  const dbs = listDbs(paths).map((name) => [`dbs/${name}`, readSaved(findDbFile(paths, name))] as const);
  const own = OWN_FOLDERS.flatMap((folder) => [
    ...listMergedTree([paths.file(path.posix.join(CONFIG_DIR, folder))]).values(),
  ]).filter((file) => lstatSync(file).isFile());
  const customs = own.map((file) => [`customs${withoutRoot(paths, file)}`, readSaved(file)] as const);
  const state = [LEDGER_FILE, ADOPTED_FILE].flatMap((file) =>
    statSync(paths.file(file), { throwIfNoEntry: false }) === undefined
      ? []
      : [[`state${file.slice(STATE_DIR.length)}`, readSaved(paths.file(file))] as const],
  );
  return new Map([...dbs, ...customs, ...state]);
}

/** Dbs that have only these records. */
export function readChosenDbs(paths: Paths, chosen: Chosen): SavedFiles {
  return new Map(
    [...chosen].flatMap(([name, keys]) => {
      const bytes = new Set([...keys].map(toByteString));
      const lines = new Map([...readLines(paths, name)].filter(([key]) => bytes.has(key)));
      if (lines.size === 0) return [];
      const { mode, uid, gid } = statSync(findDbFile(paths, name));
      return [[`dbs/${name}`, { content: formatFlatFile(lines, new Date()), mode: mode & 0o7777, uid, gid }] as const];
    }),
  );
}

/** The names of dbs in which there is no secret. A fragment may have a password that no record knows. */
export function listClear(files: SavedFiles, mask: Mask): ReadonlySet<string> {
  return new Set(
    [...files]
      .filter(
        ([name, { content }]) =>
          name.startsWith('dbs/') &&
          name !== `dbs/${SECRETS}` &&
          !holdsSecret(mask, content.toString()) &&
          !holdsSecret(mask, content.toString('latin1')),
      )
      .map(([name]) => name),
  );
}

function readSaved(file: string): SavedFile {
  const { mode, uid, gid } = statSync(file);
  return { content: readBytes(file), mode: mode & 0o7777, uid, gid };
}
