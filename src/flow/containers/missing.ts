import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { Failure, throwAll } from '../../base/errors.ts';
import { refuseOpenImage } from '../../container/apply/image-operations.ts';
import type { Operation } from '../../container/plan/operation.ts';
import type { Plan } from '../../container/plan/plan.ts';
import { getImage } from '../../container/spec/run-spec.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Container, CONTAINERS } from '../../model/container.ts';
import { findDataMount } from '../../model/data-mount.ts';
import { whyNotPulled } from '../../model/image.ts';
import { ownersIn } from '../commit/owners.ts';
import type { Outputs } from './mounted-files.ts';

/**
 * Refuses a plan whose containers could not be made for want of a host folder or an image.
 * @param outputs what is about to be installed will be there
 * @throws Failure(s) for host folders that are not there and not to be made, for images that are neither there nor to
 * be fetched, and for images that others may replace
 */
export function refuseMissing(snapshot: Snapshot, plan: Plan, outputs?: Outputs): void {
  for (const operation of plan.operations)
    if (operation.verb === 'pull' || operation.verb === 'build') refuseOpenImage(operation);
  throwAll([...listFolderFailures(snapshot, plan, outputs), ...listImageFailures(snapshot, plan)]);
}

function listFolderFailures(snapshot: Snapshot, plan: Plan, outputs: Outputs | undefined): readonly Failure[] {
  return listMaking(plan)
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
    );
}

function listImageFailures(snapshot: Snapshot, plan: Plan): readonly Failure[] {
  const missing = new Set(
    plan.operations.flatMap((operation) =>
      (operation.verb === 'pull' || operation.verb === 'build') && operation.isMissing ? [operation.name] : [],
    ),
  );
  return listMaking(plan)
    .filter(({ spec }) => missing.has(getImage(spec)))
    .flatMap(({ name, spec }) => {
      const why = whyNotPulled(new Container(snapshot, name));
      if (why === undefined) return [];
      return [
        new Failure(`cannot create container "${name}"`, {
          why: `the engine has no image "${getImage(spec)}", and ${why}`,
        }),
      ];
    });
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
  // the first container makes the folder of its data; later it was removed, and an empty one would hide that
  const ofData =
    data === undefined || data.isVolume || (operation.verb === 'recreate' && operation.move !== undefined)
      ? []
      : [{ name, prop: 'DataMountPath', folder: data.source, make: make || operation.verb === 'create' }];
  return [...mounts, ...ofData].filter(({ folder }) => folder !== '' && !existsSync(folder));
}

/**
 * Makes the host folders that the plan's containers mount and that are not there, each with the mode and owner
 * that its record asks for. It is called after `refuseMissing`: what is missing here is to be made.
 * @throws Failure for an owner that this host has not
 */
export function makeHostFolders(snapshot: Snapshot, plan: Plan): void {
  for (const operation of listMaking(plan))
    for (const { name, folder } of missingFolders(snapshot, operation)) makeHostFolder(snapshot, name, folder);
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
