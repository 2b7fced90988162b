import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Failure, reasonOf, throwAll } from '../../base/errors.ts';
import { NEVER } from '../../base/interrupt.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { findEngine, getEngine, readHostSnapshot } from '../../flow/host-state.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { runRecorded } from '../../flow/run-recorded.ts';
import { readSecrets } from '../../flow/secrets.ts';
import { Container, CONTAINERS, listContainers } from '../../model/container.ts';
import { findImageReference } from '../../model/image.ts';
import { IMAGES } from '../../model/image-record.ts';
import { listApplications } from '../../model/names/applications.ts';
import { NETWORKS } from '../../model/network/networks.ts';
import { singleValue } from '../../model/web.ts';
import { ArchiveWriter, MANIFEST } from './archive.ts';
import {
  formatManifest,
  formatSealedFiles,
  type Manifest,
  type SavedFiles,
  type SavedImage,
  sumOf,
} from './manifest.ts';
import { README } from './readme.ts';
import { type Chosen, listClear, readChosenDbs, readServerFiles } from './saved-files.ts';
import { deriveKey, newScrypt } from './sealed.ts';
import { packFolder, planVolumes, type VolumePlan, whileStopped } from './volumes.ts';

export interface BackupRequest {
  readonly file: string;
  /** containers and, with a slash, applications whose volumes are saved; all: those of all containers */
  readonly withVolumes: readonly string[];
  /** containers and applications, with their volumes: nothing else is saved; none: all is */
  readonly only: readonly string[];
}

/** What goes into a backup, and what has to be done for it. */
export interface BackupPlan extends VolumePlan {
  readonly containers: readonly string[];
  readonly files: SavedFiles;
  readonly images: readonly SavedImage[];
  readonly snapshot: Snapshot;
  readonly engine: Engine | undefined;
}

/** Changes nothing. @throws Failure(s) for what cannot be saved */
export async function planBackup(paths: Paths, { file, withVolumes, only }: BackupRequest): Promise<BackupPlan> {
  const snapshot = readHostSnapshot(paths);
  const all = listContainers(snapshot).map(({ key }) => key);
  const failures = refuseFile(file);
  const find = (given: readonly string[]): readonly string[] => {
    const found = given.map((name) => findParts(snapshot, name));
    failures.push(...found.filter((parts) => parts instanceof Failure));
    return [...new Set(found.flatMap((parts) => (parts instanceof Failure ? [] : parts)))];
  };
  const containers = only.length === 0 ? all : find(only);
  const withTheirs = withVolumes.includes('all') ? all : find(withVolumes);
  const names = only.length === 0 ? withTheirs : containers;
  throwAll(failures);
  const engine = names.length > 0 ? await getEngine(paths, snapshot) : await findEngine(paths, snapshot);
  const plan: VolumePlan =
    engine === undefined || names.length === 0
      ? { volumes: [], stopped: [], notInIt: [] }
      : await planVolumes(engine, snapshot, names);
  const files = only.length === 0 ? readServerFiles(paths) : readChosenDbs(paths, chooseRecords(snapshot, containers));
  return { ...plan, containers, files, images: await listImages(engine, snapshot, containers), snapshot, engine };
}

function refuseFile(file: string): Failure[] {
  const cannot = (why: string, hint?: string): Failure[] => [
    new Failure(`cannot write backup "${file}"`, hint === undefined ? { why } : { why, hint }),
  ];
  if (existsSync(file)) return cannot('the file exists already', 'give it another name');
  return existsSync(path.dirname(path.resolve(file))) ? [] : cannot('its folder is not there');
}

/** The containers of a name: `shop/` is an application, `shop` a container or, where there is none, an application. */
function findParts(snapshot: Snapshot, given: string): readonly string[] | Failure {
  const name = given.replace(/\/$/, '');
  const [containers, applications] = [getDb(snapshot, CONTAINERS), listApplications(snapshot)];
  if (given === name && containers.has(name)) return [name];
  return (
    applications.get(name)?.map(({ key }) => key) ??
    new Failure(`cannot save "${given}"`, {
      why: `there is ${given === name ? 'neither a container nor' : 'not'} an application of that name`,
      ...didYouMean(given, [...containers.keys(), ...[...applications.keys()].map((one) => `${one}/`)]),
    })
  );
}

/** The records of containers, and those of images, networks and secrets that they name. */
function chooseRecords(snapshot: Snapshot, names: readonly string[]): Chosen {
  const parts = names.map((name) => new Container(snapshot, name));
  const first = (text: string): string => text.split(':')[0] ?? '';
  const networks = parts.flatMap(({ customNetwork, furtherNetworks }) => [customNetwork ?? '', ...furtherNetworks]);
  return new Map([
    [CONTAINERS, new Set(names)],
    [IMAGES, new Set(parts.map(({ image }) => image))],
    [NETWORKS, new Set(networks)],
    ['secrets', new Set(parts.flatMap(({ secrets, secretVariables }) => [...secrets, ...secretVariables]).map(first))],
  ]);
}

async function listImages(
  engine: Engine | undefined,
  snapshot: Snapshot,
  names: readonly string[],
): Promise<readonly SavedImage[]> {
  const references = new Set(names.map((name) => findImageReference(new Container(snapshot, name))));
  return Promise.all(
    [...references].sort().map(async (reference) => ({
      reference,
      digests: (await engine?.findImage(reference))?.RepoDigests ?? [],
    })),
  );
}

/** What a backup did. */
export interface Saved extends Pick<BackupPlan, 'containers' | 'images' | 'notInIt'> {
  readonly volumes: readonly string[];
  /** container -> for how many seconds it was stopped */
  readonly stopped: ReadonlyMap<string, number>;
}

/** Writes the file, whole or not at all. @throws Failure(s) */
export async function makeBackup(
  paths: Paths,
  request: BackupRequest,
  passphrase: string,
  reporter: Reporter,
  signal: AbortSignal = NEVER,
): Promise<Saved> {
  const args = [request.file];
  const { result } = await runRecorded(
    paths,
    { command: 'docksmith backup', args, signal },
    reporter,
    async () => {
      const plan = await planBackup(paths, request);
      const writer = new ArchiveWriter(path.resolve(request.file));
      try {
        const stopped = await write(paths, writer, plan, { ...request, passphrase, signal }, reporter);
        writer.finish();
        const { containers, images, notInIt, volumes } = plan;
        return { containers, images, notInIt, volumes: volumes.map(({ name }) => name), stopped };
      } catch (error) {
        writer.remove();
        throw error instanceof Failure
          ? error
          : new Failure(`cannot write backup "${request.file}"`, { why: reasonOf(error), cause: error });
      }
    },
    () => ({}),
  );
  return result;
}

async function write(
  paths: Paths,
  writer: ArchiveWriter,
  { containers, files, images, notInIt, volumes, stopped, snapshot, engine }: BackupPlan,
  { passphrase, only, signal }: BackupRequest & { readonly passphrase: string; readonly signal: AbortSignal },
  reporter: Reporter,
): Promise<ReadonlyMap<string, number>> {
  const clear = listClear(files, readSecrets(paths).mask);
  const manifest: Manifest = {
    made: new Date().toISOString(),
    host: nameHost(snapshot),
    ...(only.length === 0 ? {} : { only: only.map((name) => name.replace(/\/$/, '')).join(', ') }),
    scrypt: newScrypt(),
    sums: new Map(
      [...files].flatMap(([name, { content }]) => (clear.has(name) ? [[name, sumOf(content)] as const] : [])),
    ),
    containers,
    images,
    volumes: volumes.map(({ name }) => name),
    notInIt,
  };
  const about = formatManifest(manifest);
  const key = await deriveKey(passphrase, manifest.scrypt);
  await writer.add('README', Buffer.from(README));
  await writer.add(MANIFEST, about);
  for (const name of clear) await writer.add(name, files.get(name)?.content ?? Buffer.alloc(0));
  const labels = new Map(volumes.map((volume) => [volume.name, volume.labels]));
  await writer.addSealed(key, about, 0, [formatSealedFiles({ files, labels }, clear)]);
  if (volumes.length === 0 || engine === undefined) return new Map();
  const save = async (): Promise<void> => {
    for (const [n, volume] of volumes.entries()) {
      reporter.progress(`volume ${volume.name}`);
      await packFolder(volume, signal, (content) => writer.addSealed(key, about, n + 1, content));
    }
  };
  const warn = (words: string): void => reporter.warning(words);
  return whileStopped(paths, engine, { names: stopped, litter: writer.folder }, save, warn);
}

function nameHost(snapshot: Snapshot): string {
  const names = ['SystemName', 'DomainName'].map((key) => singleValue(snapshot, key) ?? '');
  return names.every((name) => name !== '') ? names.join('.') : os.hostname();
}
