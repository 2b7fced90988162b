import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { type Paths, STATE_DIR } from '../base/paths.ts';
import type { FileContent } from '../files/replace-file.ts';
import { formatState, readState } from '../files/state-file.ts';

/** Without the root. */
const SALT_FILE = path.posix.join(STATE_DIR, 'secret-salt.json');

/** By file: made here, and not written yet. */
const fresh = new Map<string, string>();

/**
 * What makes the digests of secrets those of this host alone. Made when it is first wanted, and kept
 * by the commit of what it was used for (`listNewState`), so that a dry run leaves nothing. Where it is
 * lost, the files of secrets get other names, and no container notices.
 */
export function getSecretSalt(paths: Paths): string {
  const file = paths.file(SALT_FILE);
  const known = readState(file, 'the salt of secrets', (state) => state.get('salt').text());
  if (known !== undefined) {
    fresh.delete(file);
    return known;
  }
  const made = fresh.get(file) ?? readRandom(24).toString('base64url');
  fresh.set(file, made);
  return made;
}

/** The salt, where it was made and stands nowhere yet, for who commits. */
export function listNewState(paths: Paths): ReadonlyMap<string, FileContent> {
  const made = fresh.get(paths.file(SALT_FILE));
  return made === undefined ? new Map() : new Map([[SALT_FILE, formatState({ salt: made })]]);
}

/** Not by node's crypto, which takes longer to load than all of this. */
function readRandom(length: number): Buffer {
  const fd = openSync('/dev/urandom', 'r');
  try {
    const bytes = Buffer.alloc(length);
    if (readSync(fd, bytes) !== length) throw new Error('/dev/urandom gave too little');
    return bytes;
  } finally {
    closeSync(fd);
  }
}
