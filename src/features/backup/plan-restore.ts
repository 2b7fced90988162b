import { existsSync } from 'node:fs';
import path from 'node:path';
import { Failure, failuresOf, reasonOf, throwAll } from '../../base/errors.ts';
import { CONFIG_DIR, type Paths } from '../../base/paths.ts';
import { isOurs } from '../../container/spec/names.ts';
import { FlatDb } from '../../db/flat-db.ts';
import { findDbFile, listDbs } from '../../db/db-file.ts';
import { type Db, type DbRecord, isSameRecord } from '../../db/record.ts';
import { readDb } from '../../db/store.ts';
import type { Engine } from '../../engine/engine.ts';
import { type Dbs, listRecordChanges, type RecordChange } from '../../flow/commit/generation-dbs.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';
import type { StepCommands } from '../../flow/step-part.ts';
import { OWN_FOLDERS } from '../../flow/trusted-files.ts';
import { changeOf } from '../../output/commit/transaction.ts';
import { CONTAINERS } from '../../model/container.ts';
import { type DbChange, previewDbChange, UPDATE } from '../dry-run/db-change.ts';
import type { SavedFile, SavedImage } from './manifest.ts';
import type { OpenedBackup } from './read-backup.ts';
import { refuseFilled } from './volumes.ts';

/** What restoring would do. */
export interface RestorePlan {
  readonly backup: OpenedBackup;
  readonly event: string;
  readonly args: readonly string[];
  readonly dbs: { readonly before: Dbs; readonly after: Dbs };
  readonly records: readonly RecordChange[];
  /** files of the admin's that are not there, without the root */
  readonly customs: ReadonlyMap<string, SavedFile>;
  readonly volumes: readonly string[];
  /** those that the engine does not have */
  readonly images: readonly SavedImage[];
  /** what the event would do; absent: fragments that come with the backup decide on it */
  readonly change: DbChange | undefined;
}

/** Props that say where the engine of this machine is. */
const OF_THE_MACHINE: readonly string[] = ['Socket', 'DataRoot'];

/** Changes nothing. @throws Failures for all that is taken or in the way */
export async function planRestore(paths: Paths, backup: OpenedBackup, commands: StepCommands): Promise<RestorePlan> {
  const { manifest, files } = backup;
  refuseStrangeNames(paths, files);
  const engine = await getEngine(paths, readHostSnapshot(paths));
  const [now, saved] = [readAllDbs(paths), dbsOf(files)];
  const { customs, failures } = await findInTheWay(paths, engine, backup, now);
  const dbs = manifest.only === undefined ? overlay(now, saved) : addition(now, saved);
  const event = manifest.only === undefined ? UPDATE : 'docker-container-update';
  const args = manifest.only === undefined ? [] : manifest.containers;
  let change: DbChange | undefined;
  try {
    if (customs.size === 0) change = await previewDbChange(paths, dbs, commands, { event, args });
  } catch (error) {
    failures.push(...failuresOf(error));
  }
  throwAll(failures);
  const there = await Promise.all(
    manifest.images.map(async (image) => ({ image, isThere: (await engine.findImage(image.reference)) !== undefined })),
  );
  return {
    backup,
    event,
    args,
    dbs,
    records: listRecordChanges(dbs.before, dbs.after),
    customs,
    volumes: manifest.volumes,
    images: there.flatMap(({ image, isThere }) => (isThere ? [] : [image])),
    change,
  };
}

/** What of a backup is there already; restoring looks again, as much may happen until somebody says yes. */
export async function findInTheWay(
  paths: Paths,
  engine: Engine,
  { manifest, files }: OpenedBackup,
  now: Dbs,
): Promise<{ readonly customs: RestorePlan['customs']; readonly failures: Failure[] }> {
  const { customs, failures } = planCustoms(paths, files);
  return {
    customs,
    failures: [
      ...(await listTakenContainers(engine, manifest.containers)),
      ...(await listFilledVolumes(engine, manifest.volumes)),
      ...(manifest.only === undefined ? [] : listTakenRecords(now, dbsOf(files))),
      ...failures,
    ],
  };
}

/** @throws Failures for names that no backup of a server has: what they name is elsewhere, or is none of it */
function refuseStrangeNames(paths: Paths, files: OpenedBackup['files']): void {
  const isOwn = (target: string): boolean =>
    path.posix.normalize(target) === target &&
    !target.includes('\0') &&
    OWN_FOLDERS.some((folder) => target.startsWith(`${CONFIG_DIR}/${folder}/`) && !target.endsWith('/'));
  throwAll(
    [...files.keys()].flatMap((name) => {
      const [, kind, target = ''] = /^(dbs|customs|state)(\/[^]+)$/.exec(name) ?? [];
      const refuse = (what: string, why: string): Failure[] => [new Failure(`cannot restore ${what}`, { why })];
      if (kind === undefined) return refuse(`"${name}"`, 'no backup has a file of that name');
      if (kind === 'customs' && !isOwn(target))
        return refuse(`file "${target}"`, `it is in none of the folders of yours below ${CONFIG_DIR}`);
      if (kind !== 'dbs') return [];
      const db = target.slice(1);
      // with its whole path it would be any file of this host
      if (db.startsWith('/')) return refuse(`db "${db}"`, 'it is not in the folder of the dbs');
      try {
        findDbFile(paths, db);
        return [];
      } catch (error) {
        return refuse(`db "${db}"`, reasonOf(error));
      }
    }),
  );
}

export function readAllDbs(paths: Paths): Dbs {
  return new Map((existsSync(paths.dbDir) ? listDbs(paths) : []).map((name) => [name, readDb(paths, name)]));
}

function dbsOf(files: OpenedBackup['files']): Dbs {
  return new Map(
    [...files].flatMap(([name, { content }]) =>
      name.startsWith('dbs/') ? [[name.slice('dbs/'.length), FlatDb.parse(content)] as const] : [],
    ),
  );
}

/** All records as they were saved; those that were not there then stay. */
function overlay(now: Dbs, saved: Dbs): RestorePlan['dbs'] {
  const after = new Map<string, Db>(now);
  for (const [name, db] of saved) {
    const records = new Map<string, DbRecord>(now.get(name));
    for (const [key, record] of db)
      records.set(key, name === 'configuration' && key === 'docker' ? withMachine(record, records.get(key)) : record);
    after.set(name, records);
  }
  return { before: now, after };
}

function withMachine(record: DbRecord, here: DbRecord | undefined): DbRecord {
  const props = new Map(record.props);
  for (const name of OF_THE_MACHINE) {
    const value = here?.props.get(name);
    if (value === undefined) props.delete(name);
    else props.set(name, value);
  }
  return { ...record, props };
}

/** Records that are not there yet; ports that were allocated on the other server are allocated here. */
function addition(now: Dbs, saved: Dbs): RestorePlan['dbs'] {
  const after = [...saved].map(([name, db]): [string, Db] => [
    name,
    new Map(
      [...db.values()]
        .filter(({ key }) => now.get(name)?.get(key) === undefined)
        .map((record) => {
          const props = new Map(record.props);
          if (name === CONTAINERS) props.delete('WebHostPort');
          return [record.key, { ...record, props }];
        }),
    ),
  ]);
  return { before: new Map(after.map(([name]) => [name, new Map()])), after: new Map(after) };
}

function listTakenRecords(now: Dbs, saved: Dbs): readonly Failure[] {
  return [...saved].flatMap(([name, db]) =>
    [...db.values()].flatMap((record) => {
      const here = now.get(name)?.get(record.key);
      if (here === undefined || (name !== CONTAINERS && isSameRecord(here, record))) return [];
      const why = name === CONTAINERS ? 'the name is taken' : 'this server has another record of that name';
      return [new Failure(`cannot restore ${name} "${record.key}"`, { why })];
    }),
  );
}

async function listTakenContainers(engine: Engine, names: readonly string[]): Promise<readonly Failure[]> {
  return (await engine.listContainers())
    .filter((container) => names.includes(container.name) && !isOurs(container))
    .map(
      ({ name }) =>
        new Failure(`cannot restore container "${name}"`, {
          why: "the engine has a container of that name, which is not docksmith's",
          hint: `docker rename ${name} NEW-NAME`,
        }),
    );
}

async function listFilledVolumes(engine: Engine, names: readonly string[]): Promise<readonly Failure[]> {
  const found = await Promise.all(names.map(async (name) => [name, await engine.findVolume(name)] as const));
  return found.flatMap(([name, volume]) => {
    const why = refuseFilled(volume);
    return why === undefined
      ? []
      : [
          new Failure(`cannot restore volume "${name}"`, {
            why,
            hint: `docker volume rm ${name}, if they are not needed`,
          }),
        ];
  });
}

function planCustoms(
  paths: Paths,
  files: OpenedBackup['files'],
): { readonly customs: ReadonlyMap<string, SavedFile>; readonly failures: readonly Failure[] } {
  const customs = new Map<string, SavedFile>();
  const failures: Failure[] = [];
  for (const [name, file] of files) {
    if (!name.startsWith('customs/')) continue;
    const target = name.slice('customs'.length);
    try {
      const { old } = changeOf(paths, target, file);
      if (old === undefined) customs.set(target, file);
      else if (!old.content.equals(file.content))
        failures.push(
          new Failure(`cannot restore file "${target}"`, {
            why: 'another one exists already',
            hint: 'move it elsewhere',
          }),
        );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  return { customs, failures };
}
