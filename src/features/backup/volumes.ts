import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Failure, reasonOf, throwAll } from '../../base/errors.ts';
import { listenForInterrupt } from '../../base/interrupt.ts';
import type { Paths } from '../../base/paths.ts';
import { isOurs } from '../../container/spec/names.ts';
import { findOwner } from '../../container/actual/whose.ts';
import { getStopRequest } from '../../container/plan/stop-request.ts';
import { isAnonymousName } from '../../container/spec/mounted.ts';
import type { Engine } from '../../engine/engine.ts';
import type { VolumeInspect } from '../../engine/engine-api.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { readRunSpecs } from '../../flow/containers/run-specs.ts';
import { Container } from '../../model/container.ts';
import { inStartOrder } from '../../model/links/start-order.ts';

/** With owners by number, modes, times, links, holes, extended attributes and access lists. */
const AS_THEY_ARE = ['--numeric-owner', '--acls', '--xattrs', '--xattrs-include=*'];

export interface SavedVolume {
  readonly name: string;
  readonly folder: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is saved of containers' data, who is stopped for it, and what is left out. */
export interface VolumePlan {
  readonly volumes: readonly SavedVolume[];
  /** names of the running containers that use them, in the order in which they are started */
  readonly stopped: readonly string[];
  readonly notInIt: readonly string[];
}

/** @throws Failure(s) for volumes that cannot be read, and for others' containers that would have to be stopped */
export async function planVolumes(engine: Engine, snapshot: Snapshot, names: readonly string[]): Promise<VolumePlan> {
  const all = await Promise.all(
    (await engine.listContainers()).map(async (summary) => ({
      summary,
      name: findOwner(summary) ?? summary.name,
      mounts: (await engine.findContainer(summary.id))?.Mounts ?? [],
    })),
  );
  const mounts = all
    .filter(({ name }) => names.includes(name))
    .flatMap((one) => one.mounts.map((mount) => ({ ...one, mount })));
  const volumes = new Set<string>();
  const notInIt = new Set<string>();
  for (const { name, mount } of mounts) {
    if (mount.Type === 'volume' && mount.Name !== undefined && !isAnonymousName(mount.Name)) volumes.add(mount.Name);
    else if (mount.Type === 'volume') notInIt.add(`the unnamed volume of ${name} at ${mount.Destination}`);
    else if (mount.Type === 'bind') notInIt.add(`folder ${mount.Source ?? ''} of ${name}`);
  }
  const users = all.filter(
    ({ summary, mounts: own }) => summary.status === 'running' && own.some(({ Name }) => volumes.has(Name ?? '')),
  );
  const failures = users
    .filter(({ summary }) => !isOurs(summary))
    .map(
      ({ name }) =>
        new Failure(`cannot save the volumes of ${names.join(', ')}`, {
          why: `container "${name}" uses one of them, and is not docksmith's to stop`,
          hint: `docker stop ${name}`,
        }),
    );
  const saved: SavedVolume[] = [];
  for (const name of [...volumes].sort()) {
    try {
      const volume = await engine.findVolume(name);
      if (volume === undefined) continue;
      saved.push({ name, folder: getFolder(name, volume), labels: volume.Labels ?? {} });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  throwAll(failures);
  const order = inStartOrder(users.map(({ name }) => new Container(snapshot, name))).map(({ key }) => key);
  return { volumes: saved, stopped: [...new Set(order)], notInIt: [...notInIt].sort() };
}

/** Where its files are on this machine. */
function getFolder(name: string, { Driver, Options, Mountpoint }: VolumeInspect): string {
  const cannot = (why: string): Failure =>
    new Failure(`cannot reach the files of volume "${name}"`, { why, hint: 'copy them by hand' });
  if (Driver !== 'local' || Object.keys(Options ?? {}).length > 0)
    throw cannot(`its driver ${Driver} keeps them elsewhere`);
  if (!existsSync(Mountpoint)) throw cannot('the engine is on another machine');
  return Mountpoint;
}

/**
 * Stops containers, does the work, and starts them again whatever happens: should this process be killed,
 * another one, which waits for its end, starts them.
 * @param litter removed then, too
 * @returns container -> for how many seconds it was stopped
 */
export async function whileStopped(
  paths: Paths,
  engine: Engine,
  { names, litter }: { readonly names: readonly string[]; readonly litter: string },
  work: () => Promise<void>,
  warn: (words: string) => void,
): Promise<ReadonlyMap<string, number>> {
  const guard = startGuard(paths, names, litter);
  const specs = readRunSpecs(paths, names);
  const stopped: { readonly name: string; readonly id: string; readonly at: number }[] = [];
  const seconds = new Map<string, number>();
  try {
    const there = (await engine.listContainers()).filter(({ status }) => status === 'running');
    for (const name of names.toReversed()) {
      const summary = there.find((one) => (findOwner(one) ?? one.name) === name);
      const inspect = summary && (await engine.findContainer(summary.id));
      if (summary === undefined || inspect === undefined) continue;
      const { id, labels } = summary;
      stopped.unshift({ name, id, at: performance.now() });
      await engine.stopContainer(id, getStopRequest(specs.get(name), { inspect, labels }));
    }
    await work();
  } finally {
    for (const { name, id, at } of stopped) {
      try {
        await engine.startContainer(id);
        seconds.set(name, (performance.now() - at) / 1000);
      } catch (error) {
        warn(reasonOf(error));
      }
    }
    guard.kill();
  }
  const failed = stopped.filter(({ name }) => !seconds.has(name));
  throwAll(
    failed.map(
      ({ name }) =>
        new Failure(`cannot start container "${name}" again`, {
          why: 'the engine refused',
          hint: `docksmith start ${name}`,
        }),
    ),
  );
  return seconds;
}

/** Waits until its standard input ends, which it does with this process, however that ends. */
function startGuard(paths: Paths, names: readonly string[], litter: string): ChildProcess {
  const start =
    names.length === 0 ? [] : [process.execPath, path.join(paths.packageDir, 'bin/docksmith.js'), 'start', ...names];
  const guard = spawn(
    '/bin/sh',
    ['-c', 'cat; rm -rf "$1"; shift; test $# -eq 0 || exec "$@"', 'sh', litter, ...start],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      // a Ctrl-C is not meant for it
      detached: true,
    },
  );
  guard.stdin.on('error', () => undefined);
  return guard;
}

/** The files of a folder as a tar archive. @throws what `take` throws, and Failure where tar failed */
export async function packFolder(
  { name, folder }: SavedVolume,
  signal: AbortSignal,
  take: (files: Readable) => Promise<void>,
): Promise<void> {
  const tar = spawn('tar', ['--create', '--sparse', '--one-file-system', ...AS_THEY_ARE, '--directory', folder, '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  await finish(tar, `save volume "${name}"`, signal, () => take(tar.stdout));
}

/** Where a volume is filled that is not in use yet. */
const markOf = (folder: string): string => path.join(path.dirname(folder), '.docksmith-restore');

/**
 * Whether a volume may be filled: it is empty, or an earlier restore was killed while it filled it.
 * @returns why not
 */
export function refuseFilled(volume: VolumeInspect | undefined): string | undefined {
  if (volume === undefined || !existsSync(volume.Mountpoint) || existsSync(markOf(volume.Mountpoint))) return undefined;
  return readdirSync(volume.Mountpoint).length === 0 ? undefined : 'it exists and has files';
}

/** Fills a volume that `refuseFilled` has let pass. */
export async function unpackVolume(
  name: string,
  volume: VolumeInspect,
  signal: AbortSignal,
  content: AsyncIterable<Buffer>,
): Promise<void> {
  const folder = getFolder(name, volume);
  writeFileSync(markOf(folder), '');
  for (const entry of readdirSync(folder)) rmSync(path.join(folder, entry), { recursive: true });
  const options = ['--extract', '--same-owner', '--same-permissions', ...AS_THEY_ARE, '--directory', folder];
  const tar = spawn('tar', options, { stdio: ['pipe', 'ignore', 'pipe'], signal });
  tar.stdin.on('error', () => undefined);
  await finish(tar, `restore volume "${name}"`, signal, async () => {
    for await (const piece of content)
      if (!tar.stdin.write(piece)) await Promise.race([once(tar.stdin, 'drain'), once(tar, 'close')]);
    tar.stdin.end();
  });
}

/** It is in use now, and must not be emptied. */
export function finishVolume({ Mountpoint }: VolumeInspect): void {
  rmSync(markOf(Mountpoint), { force: true });
}

async function finish(tar: ChildProcess, what: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  let said = '';
  tar.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<number | null>((resolve) => tar.once('close', resolve));
  tar.on('error', (error) => (said += reasonOf(error)));
  try {
    await work();
  } catch (error) {
    tar.kill();
    await ended;
    await listenForInterrupt(signal, `cannot ${what}`);
    throw error;
  }
  const code = await ended;
  await listenForInterrupt(signal, `cannot ${what}`);
  if (code !== 0)
    throw new Failure(`cannot ${what}`, { why: said.trim().split('\n').at(-1) ?? `tar: exit code ${code}` });
}
