import { execFile } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { errorCode, Failure, reasonOf } from '../../base/errors.ts';
import { listenForInterrupt, NEVER } from '../../base/interrupt.ts';
import { type DataMove, formatStorage, type Storage } from '../plan/data-move.ts';
import type { Engine } from '../../engine/engine.ts';
import { readText } from '../../files/read-file.ts';

const execute = promisify(execFile);

/** bytes on disk; undefined where the files are not on this machine */
export async function measureData(engine: Engine, storage: Storage): Promise<number | undefined> {
  const folder = await findFolder(engine, storage).catch(() => undefined);
  if (folder === undefined || !existsSync(folder)) return undefined;
  const { stdout } = await execute('du', ['--summarize', '--one-file-system', '--block-size=1', folder]).catch(() => ({
    stdout: '',
  }));
  return /^\d+/.test(stdout) ? Number.parseInt(stdout, 10) : undefined;
}

/** A move that is known to be possible: what it was asked for is there, and there is room. */
export interface PreparedMove {
  readonly move: DataMove;
  readonly source: string;
  readonly target: string;
}

/**
 * Looks before anything is stopped whether the data can be copied. The files of volumes are
 * where the engine says, so that no program in an image is needed.
 * @param container the id of the container that the data belongs to
 * @throws Failure when there is something in the way, no space left, or the files cannot be reached
 */
export async function prepareMove(engine: Engine, move: DataMove, container: string): Promise<PreparedMove> {
  const cannot = (why: string, hint?: string): Failure =>
    new Failure(`cannot move data from ${formatStorage(move.from)} to ${formatStorage(move.to)}`, {
      why,
      ...(hint === undefined ? {} : { hint }),
    });
  const [source, target] = [await findFolder(engine, move.from), await findFolder(engine, move.to)];
  if (source === undefined || !existsSync(source))
    throw cannot(`there is no ${formatStorage(move.from)} on this machine`);
  if (target === undefined) throw cannot(`there is no ${formatStorage(move.to)} on this machine`);
  if (`${target}/`.startsWith(`${source}/`) || `${source}/`.startsWith(`${target}/`))
    throw cannot('one of them is inside the other');
  if (!isEmpty(target) && readMark(target) !== container) {
    throw cannot(
      `there are files in ${formatStorage(move.to)} already`,
      move.to.kind === 'volume'
        ? `docker volume rm ${move.to.name}, if they are not needed`
        : 'move them elsewhere, if they are not needed',
    );
  }
  const needed = (await measureData(engine, move.from)) ?? 0;
  mkdirSync(path.dirname(target), { recursive: true });
  const { bavail, bsize } = statfsSync(existsSync(target) ? target : path.dirname(target));
  if (needed > bavail * bsize) throw cannot('there is not enough room');
  return { move, source, target };
}

/**
 * Copies with owners, modes, times, links, extended attributes and holes, on to a name of its
 * own beside the target first, so that the target is whole or not there. What stands there from
 * a copy for the same container was never put into use, and goes. The source stays as it is.
 */
export async function copyData(
  { move, source, target }: PreparedMove,
  container: string,
  signal: AbortSignal = NEVER,
): Promise<void> {
  const part = besideOf(target, 'docksmith-part');
  try {
    rmSync(part, { recursive: true, force: true });
    if (isMountPoint(target)) {
      // a file system of its own has no place beside it
      writeFileSync(markOf(target), container);
      empty(target);
      await execute('cp', ['--archive', '--sparse=auto', `${source}/.`, target], { signal });
      await execute('sync', ['--file-system', target]);
      return;
    }
    await execute('cp', ['--archive', '--sparse=auto', '--no-target-directory', source, part], { signal });
    await execute('sync', ['--file-system', part]);
    if (!isEmpty(target)) {
      const old = besideOf(target, 'docksmith-old-copy');
      rmSync(old, { recursive: true, force: true });
      renameSync(target, old);
      rmSync(old, { recursive: true });
    }
    writeFileSync(markOf(target), container);
    // over an empty folder this is one step
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    // half a copy is of no use, and its mark neither
    if (isMountPoint(target) && readMark(target) === container) {
      empty(target);
      rmSync(markOf(target));
    }
    const what = `cannot copy data from ${formatStorage(move.from)} to ${formatStorage(move.to)}`;
    await listenForInterrupt(signal, what);
    throw new Failure(what, { why: stderrOf(error) ?? reasonOf(error), cause: error });
  }
}

/** The copy is in use now: from here on it must not be replaced. */
export function finishMove({ target }: PreparedMove): void {
  rmSync(markOf(target), { force: true });
}

/** Where the files are; undefined for a volume that is not there. Throws for one whose files are somewhere else. */
async function findFolder(engine: Engine, storage: Storage): Promise<string | undefined> {
  if (storage.kind === 'folder') return storage.path;
  const volume = await engine.findVolume(storage.name);
  if (volume === undefined) return undefined;
  if (volume.Driver === 'local' && Object.keys(volume.Options ?? {}).length === 0) return volume.Mountpoint;
  throw new Failure(`cannot reach the files of volume "${storage.name}"`, {
    why: `its driver ${volume.Driver} keeps them elsewhere`,
    hint: 'copy them by hand, and make the volume or folder before',
  });
}

/**
 * Beside the folder, so that a rename is enough: for a volume that is its own folder at the engine's, outside
 * of what containers see.
 */
function besideOf(target: string, what: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${what}`);
}

/** Holds the id of the container that the copy was made for: a new container's copy is no earlier one's. */
const markOf = (target: string): string => besideOf(target, 'docksmith-copy');

function readMark(target: string): string | undefined {
  try {
    return readText(markOf(target));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function listContent(folder: string): readonly string[] {
  // every ext file system has one
  return existsSync(folder) ? readdirSync(folder).filter((name) => name !== 'lost+found') : [];
}

function empty(folder: string): void {
  for (const name of listContent(folder)) rmSync(path.join(folder, name), { recursive: true });
}

function isEmpty(folder: string): boolean {
  return listContent(folder).length === 0;
}

function isMountPoint(folder: string): boolean {
  return existsSync(folder) && lstatSync(folder).dev !== lstatSync(path.dirname(folder)).dev;
}

function stderrOf(error: unknown): string | undefined {
  const text = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
  return text === '' ? undefined : text.split('\n').at(-1);
}
