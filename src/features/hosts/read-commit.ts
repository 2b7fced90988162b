import { Failure, reasonOf } from '../../base/errors.ts';
import { CONFIG_DIR, type Paths } from '../../base/paths.ts';
import { findDbFile } from '../../db/db-file.ts';
import { FlatDb } from '../../db/flat-db.ts';
import { type Content, isSentFile, MODE, type SentFile } from './content.ts';

/** More than that is no dbs and fragments. */
const MOST_FILES = 20_000;
export const MOST_BYTES = 256 * 1024 ** 2;

type Git = (args: readonly string[], input?: Buffer) => Buffer;

interface Entry {
  readonly mode: string;
  readonly kind: string;
  readonly id: string;
  readonly size: number;
  readonly name: string;
}

/**
 * The content of a commit; nothing of it is believed.
 * @throws Failure for what no host of ours would have written
 */
export function readCommit(paths: Paths, revision: string, git: Git): Content {
  const entries = git(['ls-tree', '-r', '-z', '-l', '--full-tree', revision])
    .toString('latin1')
    .split('\0')
    .filter((line) => line !== '')
    .map(parseEntry);
  refuseStrange(paths, entries);
  const blobs = readBlobs(git, entries);
  const modes = parseModes(blobs[entries.findIndex(({ name }) => name === 'modes')]?.toString() ?? '');
  const [dbs, files] = [new Map<string, FlatDb>(), new Map<string, SentFile>()];
  for (const [n, { name, mode }] of entries.entries()) {
    const content = blobs[n] ?? Buffer.alloc(0);
    const target = targetOf(name);
    if (name.startsWith('dbs/')) dbs.set(name.slice('dbs/'.length), FlatDb.parse(content));
    else if (name !== 'modes')
      files.set(target, { content, mode: modes.get(target) ?? (mode === '100755' ? 0o755 : 0o644) });
  }
  return { dbs, files };
}

function parseEntry(line: string): Entry {
  const [, mode = '', kind = '', id = '', size = '', name = ''] =
    /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t([^]*)$/.exec(line) ?? [];
  return { mode, kind, id, size: Number(size), name: Buffer.from(name, 'latin1').toString() };
}

function refuseStrange(paths: Paths, entries: readonly Entry[]): void {
  const refuse = (what: string, why: string): Failure => new Failure(`cannot accept ${what} of a commit`, { why });
  if (entries.length > MOST_FILES) throw refuse('the files', `there are more than ${MOST_FILES}`);
  if (entries.reduce((sum, { size }) => sum + (size || 0), 0) > MOST_BYTES)
    throw refuse('the files', `they are larger than ${MOST_BYTES / 1024 ** 2} MB together`);
  for (const { mode, kind, name } of entries) {
    if (kind !== 'blob' || !['100644', '100755'].includes(mode))
      throw refuse(`"${name}"`, mode === '120000' ? 'it is a symbolic link' : 'it is no plain file');
    if (name.startsWith('dbs/')) refuseStrangeDb(paths, name.slice('dbs/'.length));
    else if (name !== 'modes' && !(name.startsWith('files/') && isSentFile(targetOf(name))))
      throw refuse(`"${name}"`, `it is none of the folders of yours below ${CONFIG_DIR}`);
  }
}

function readBlobs(git: Git, entries: readonly Entry[]): readonly Buffer[] {
  const out = git(['cat-file', '--batch'], Buffer.from(entries.map(({ id }) => `${id}\n`).join('')));
  const blobs: Buffer[] = [];
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(10, at);
    const size = Number(/ blob (\d+)$/.exec(out.toString('latin1', at, end))?.[1]);
    blobs.push(out.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return blobs;
}

function targetOf(name: string): string {
  return `${CONFIG_DIR}/${name.slice('files/'.length)}`;
}

/** With its whole path it would be any file of this host. */
function refuseStrangeDb(paths: Paths, name: string): void {
  if (name.startsWith('/'))
    throw new Failure(`cannot accept db "${name}" of a commit`, { why: 'it is not in the folder of the dbs' });
  findDbFile(paths, name);
}

function parseModes(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, mode = '', name = ''] = /^([0-7]{4}) (".*")$/.exec(line) ?? [];
      return name === '' ? [] : [[parseName(name), Number.parseInt(mode, 8) & MODE] as const];
    }),
  );
}

function parseName(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch (error) {
    throw new Failure('cannot accept "modes" of a commit', { why: reasonOf(error) });
  }
}
