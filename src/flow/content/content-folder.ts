import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode } from '../../base/errors.ts';
import { CONTENT_DIR, type Paths } from '../../base/paths.ts';
import { syncFolder } from '../../files/replace-file.ts';
import { syncTogether } from '../../files/sync-together.ts';
import { CONTENT_LINK } from '../../model/content-record.ts';

/** Names in the folder of a container, beside those of revisions. */
const NEXT_TREE = '.next';
const NEXT_LINK = '.next-link';

/** What a container sees. */
export interface SeenContent {
  readonly revision: string;
  /** when that began, ISO 8601 */
  readonly since: string;
}

/** Undefined where there is none, or its folder was removed. */
export function findSeenContent(paths: Paths, name: string): SeenContent | undefined {
  const folder = paths.file(`${CONTENT_DIR}/${name}`);
  try {
    const revision = readlinkSync(path.join(folder, CONTENT_LINK));
    if (!existsSync(path.join(folder, revision))) return undefined;
    return { revision, since: lstatSync(path.join(folder, CONTENT_LINK)).mtime.toISOString() };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The links of all containers with the revision that each names: for those who mount the folder, a link is a
 * file that has changed when it names another one.
 */
export function readContentLinks(paths: Paths): ReadonlyMap<string, string> {
  return new Map(
    listNames(paths.file(CONTENT_DIR)).flatMap((name) => {
      const seen = findSeenContent(paths, name);
      return seen === undefined ? [] : [[`${CONTENT_DIR}/${name}/${CONTENT_LINK}`, seen.revision] as const];
    }),
  );
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Puts a revision in place: it is laid out aside, and the link changes by a rename, when all of it is on the
 * disk. The revision before is kept for who has it open, older ones are removed.
 * @param layOut fills an empty folder
 */
export async function switchContent(
  paths: Paths,
  name: string,
  revision: string,
  layOut: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = paths.file(`${CONTENT_DIR}/${name}`);
  const at = (entry: string): string => path.join(folder, entry);
  const before = findSeenContent(paths, name)?.revision;
  mkdirSync(folder, { recursive: true });
  // any user of the container looks in, whatever the umask is
  chmodSync(folder, 0o755);
  if (!existsSync(at(revision))) {
    // of a run that was killed
    rmSync(at(NEXT_TREE), { recursive: true, force: true });
    mkdirSync(at(NEXT_TREE));
    chmodSync(at(NEXT_TREE), 0o755);
    await layOut(at(NEXT_TREE));
    const files = listFiles(at(NEXT_TREE));
    // a revision may be empty
    if (files.length > 0) await syncTogether(files);
    renameSync(at(NEXT_TREE), at(revision));
  }
  rmSync(at(NEXT_LINK), { force: true });
  symlinkSync(revision, at(NEXT_LINK));
  renameSync(at(NEXT_LINK), at(CONTENT_LINK));
  syncFolder(folder);
  for (const entry of readdirSync(folder))
    if (![CONTENT_LINK, revision, before].includes(entry)) rmSync(at(entry), { recursive: true, force: true });
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
}
