import { chownSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Inventory, readActual } from '../../container/actual/actual.ts';
import { type Applied, applyPlan, type Progress } from '../../container/apply/apply.ts';
import { withBootOrder } from '../../container/plan/boot-order.ts';
import { type Desired, makeDesired } from '../../container/plan/desired.ts';
import type { Engine } from '../../engine/engine.ts';
import { makeGate } from '../../container/apply/gate.ts';
import type { HealthTimes } from '../../container/spec/health-request.ts';
import { parseMilliseconds } from '../../base/quantity.ts';
import { refuseOpenImage } from '../../container/apply/image-operations.ts';
import type { Operation } from '../../container/plan/operation.ts';
import { type Asked, type Plan, planAsked, planReconcile } from '../../container/plan/plan.ts';
import { getImage, parseRunSpec, type RunSpec } from '../../container/spec/run-spec.ts';
import type { SpecCache } from '../../container/spec/spec-cache.ts';
import type { FailedSpecs } from '../../container/plan/withhold.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { errorCode, Failure, Failures, throwAll } from '../../base/errors.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import { findDataMount } from '../../model/data-mount.ts';
import { whyNotPulled } from '../../model/image.ts';
import { listAddresses } from '../../host/addresses.ts';
import { formatNetwork, listLocalNetworks } from '../../model/network/network.ts';
import { Container, CONTAINERS, listContainers } from '../../model/container.ts';
import type { Paths } from '../../base/paths.ts';
import { sign } from '../../files/signature.ts';
import { readImageSources } from './images.ts';
import { RUN_SPECS } from '../involved.ts';
import { findChangedFiles, type Outputs } from './mounted-files.ts';
import { ownersIn } from '../commit/owners.ts';
import { readText } from '../../files/read-file.ts';
import { listRenamedSecrets } from './secret-files.ts';

export interface ReconcileRequest {
  /** only these containers; absent: all */
  readonly names?: readonly string[] | undefined;
  readonly removeOrphans?: boolean | undefined;
  /** start, stop or restart these instead of bringing all to what the records say */
  readonly asked?: Asked | undefined;
  /** copy data to where the records want it */
  readonly moveData?: boolean | undefined;
  /** what docksmith wrote: containers that mount some of it follow when it changes */
  readonly outputs?: Outputs | undefined;
  /** run specs that are not tried again; absent: everything is tried */
  readonly failed?: FailedSpecs | undefined;
  /** what the engine was asked before; absent: it is asked now */
  readonly inventory?: Inventory | undefined;
  /** the engine has just come up: by container, the start that was in order */
  readonly boot?: ReadonlyMap<string, string> | undefined;
}

/**
 * What brings the engine to what the records and run specs say.
 * @param specs by name; the installed ones, or those that a dry run has rendered
 */
export async function planContainers(
  snapshot: Snapshot,
  engine: Engine,
  specs: ReadonlyMap<string, RunSpec>,
  { names, removeOrphans, asked, moveData, outputs, failed, boot, inventory }: ReconcileRequest,
): Promise<Plan> {
  const only = asked?.names ?? names;
  const containers = listContainers(snapshot).filter(({ key }) => only?.includes(key) ?? true);
  const renamed = outputs === undefined ? undefined : listRenamedSecrets(outputs.paths, snapshot);
  const desired: Desired = {
    ...makeDesired(containers, specs, readImageSources(snapshot)),
    ...(renamed !== undefined && { renamed }),
  };
  const read = await readActual(engine, desired, inventory);
  const actual =
    outputs === undefined ? read : { ...read, changedFiles: findChangedFiles(outputs, specs.values(), read) };
  if (asked !== undefined) return planAsked(desired, actual, asked, failed);
  const plan = planReconcile(desired, actual, {
    names,
    removeOrphans,
    moveData,
    failed,
    avoid: listLocalSubnets(snapshot),
  });
  return boot === undefined ? plan : withBootOrder(plan, desired, actual, boot);
}

/**
 * What networks of containers must not overlap: the local networks, also those behind a router, and those
 * that this host is on.
 */
function listLocalSubnets(snapshot: Snapshot): readonly string[] {
  return [
    ...[...listLocalNetworks(snapshot).values()].map(formatNetwork),
    ...listAddresses().map(({ address, prefix }) => `${address}/${prefix}`),
  ];
}

/**
 * Carries a plan out. Host folders that records want made are made first, and those that are missing stop it
 * before anything is touched.
 */
export async function applyContainers(
  snapshot: Snapshot,
  engine: Engine,
  plan: Plan,
  onProgress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<Applied> {
  refuseMissing(snapshot, plan);
  for (const operation of listMaking(plan))
    for (const { name, folder } of missingFolders(snapshot, operation)) makeHostFolder(snapshot, name, folder);
  return applyPlan(engine, plan, onProgress, makeGate(engine, healthTimes(snapshot), signal), signal);
}

/** What the record `docksmith` says for containers that say nothing of their health. */
export function healthTimes(snapshot: Snapshot): HealthTimes {
  const { healthWait, healthUptime } = new DocksmithRecord(snapshot);
  return { wait: parseMilliseconds(healthWait), uptime: parseMilliseconds(healthUptime) ?? 0 };
}

/**
 * @throws Failure(s) for host folders that are not there, and for images that are neither there nor to
 * be fetched;
 * @param outputs what is about to be installed will be there
 */
export function refuseMissing(snapshot: Snapshot, plan: Plan, outputs?: Outputs): void {
  const making = listMaking(plan);
  const images = new Set(
    plan.operations.flatMap((operation) =>
      (operation.verb === 'pull' || operation.verb === 'build') && operation.isMissing ? [operation.name] : [],
    ),
  );
  for (const operation of plan.operations)
    if (operation.verb === 'pull' || operation.verb === 'build') refuseOpenImage(operation);
  throwAll([
    ...making
      .flatMap((operation) => missingFolders(snapshot, operation))
      .filter(({ make, folder }) => !make && !isComing(folder, outputs))
      .map(
        ({ name, prop, folder }) =>
          new Failure(`cannot create container "${name}"`, {
            why: `its ${prop} names "${folder}", and this host has no such folder`,
            hint:
              prop === 'MountPath'
                ? `mkdir it, or: db ${CONTAINERS} setprop ${name} MountCreate yes`
                : 'see that its disk is mounted, or mkdir it',
          }),
      ),
    ...making
      .filter(({ spec }) => images.has(getImage(spec)))
      .flatMap(({ name, spec }) => {
        const why = whyNotPulled(new Container(snapshot, name));
        return why === undefined
          ? []
          : [
              new Failure(`cannot create container "${name}"`, {
                why: `the engine has no image "${getImage(spec)}", and ${why}`,
              }),
            ];
      }),
  ]);
}

/** Whether a file of that name, or one in that folder, is about to be installed. */
function isComing(source: string, outputs: Outputs | undefined): boolean {
  return [...(outputs?.coming ?? [])].some((name) => `${outputs?.paths.file(name) ?? ''}/`.startsWith(`${source}/`));
}

type Making = Extract<Operation, { verb: 'create' | 'recreate' }>;

function listMaking({ operations }: Plan): readonly Making[] {
  return operations.flatMap((operation) =>
    operation.verb === 'create' || operation.verb === 'recreate' ? [operation] : [],
  );
}

interface MissingFolder {
  readonly name: string;
  readonly prop: string;
  readonly folder: string;
  readonly make: boolean;
}

/** Bind-mount sources are paths of the machine: the root does not go in front of them. */
function missingFolders(snapshot: Snapshot, operation: Making): readonly MissingFolder[] {
  const { name } = operation;
  const container = new Container(snapshot, name);
  const make = container.makesMounts;
  const mounts = container.mounts.map(({ host: folder }) => ({ name, prop: 'MountPath', folder, make }));
  const data = findDataMount(container);
  // the first container makes the folder of its data; under a later one it went away, and an empty one would hide that
  const ofData =
    data === undefined || data.isVolume || (operation.verb === 'recreate' && operation.move !== undefined)
      ? []
      : [{ name, prop: 'DataMountPath', folder: data.source, make: make || operation.verb === 'create' }];
  return [...mounts, ...ofData].filter(({ folder }) => folder !== '' && !existsSync(folder));
}

function makeHostFolder(snapshot: Snapshot, name: string, folder: string): void {
  const { mountMode: mode, mountOwner } = new Container(snapshot, name);
  mkdirSync(folder, { recursive: true, mode });
  const [user, group] = mountOwner.split(':');
  if (!user) return;
  // ids of the machine, as the folder is one of the machine's
  const findOwner = ownersIn((file) => file);
  const [uid, gid] = [findOwner('user', user), findOwner('group', group ?? user)];
  if (uid === undefined || gid === undefined)
    throw new Failure(`cannot make "${folder}" for container "${name}"`, {
      why: `this host has no ${uid === undefined ? `user "${user}"` : `group "${group ?? user}"`}`,
    });
  chownSync(folder, uid, gid);
}

/**
 * The run specs that are installed, by name; those of `only` where it is given.
 * @param cache where they were read before
 * @throws Failures with the mistakes of all of them
 */
export function readRunSpecs(paths: Paths, only?: readonly string[], cache?: SpecCache): ReadonlyMap<string, RunSpec> {
  const folder = paths.file(RUN_SPECS);
  const now = Date.now();
  const failures: Failure[] = [];
  const specs = listFolder(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file): [string, RunSpec][] => {
      const name = path.basename(file, '.yaml');
      if (only !== undefined && !only.includes(name)) return [];
      try {
        const stats = statSync(path.join(folder, file));
        // one that nobody else may read holds a secret, which is to stand nowhere else
        const mark = (stats.mode & 0o077) === 0 ? '' : sign(stats, now);
        const read = (): { readonly spec: RunSpec; readonly isWhole: boolean } => {
          const text = readText(path.join(folder, file));
          // these name other files, whose text is in the run spec too
          return {
            spec: parseRunSpec(`${RUN_SPECS}/${file}`, text, paths),
            isWhole: !/\b(?:env_file|secrets)\b/.test(text) && cache?.isSecret(text) !== true,
          };
        };
        return [[name, cache?.get(file, mark, read) ?? read().spec]];
      } catch (error) {
        if (error instanceof Failures) failures.push(...error.failures);
        else if (error instanceof Failure) failures.push(error);
        else throw error;
        return [];
      }
    });
  throwAll(failures);
  return new Map(specs);
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
