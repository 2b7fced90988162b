import { listBases } from '../../model/images/base-images.ts';
import type { ChangedFiles } from './changed-files.ts';
import type { Failure } from '../../base/errors.ts';
import { measureData } from '../apply/data-copy.ts';
import { findDataMove } from '../plan/data-move.ts';
import type { ContainerSummary, Engine, NetworkSummary, VolumeSummary } from '../../engine/engine.ts';
import type { ContainerInspect, ImageInspect } from '../../engine/engine-api.ts';
import type { Desired } from '../plan/desired.ts';
import { isOurs, NAME_LABEL, REPLACED_SUFFIX } from '../spec/names.ts';
import type { RenameOperation } from '../plan/operation.ts';
import { getImage, listVolumeNames, type RunSpec } from '../spec/run-spec.ts';
import { askAhead, type Inventory, takeInventory } from './inventory.ts';
import { listMismatches } from '../plan/made/network-mismatches.ts';
import { renameMounts } from './renamed-mounts.ts';
import { openLabels } from '../spec/sealed.ts';
import { readRecordedSpec } from '../spec/spec-hash.ts';
import type { TextMap } from '../spec/value.ts';
import { isCopy, placeNames } from './whose.ts';

/** A container with our labels. */
export interface ActualContainer {
  readonly id: string;
  /** whose it is: its name, or for one that a recreate has put aside the name that it had */
  readonly name: string;
  /** as the engine has it now: `wiki`, or `wiki.docksmith-old` */
  readonly nameNow: string;
  readonly labels: TextMap;
  readonly inspect: ContainerInspect;
  /** looked up only where the recorded spec is of another release; undefined also when the image is gone */
  readonly image: ImageInspect | undefined;
  /** bytes in use, where the run spec wants a lower limit than there is */
  readonly memoryUse: number | undefined;
  /** bytes on disk, where the run spec wants its data elsewhere */
  readonly dataSize?: number | undefined;
}

/**
 * What the engine has, as far as it matters for what is desired; containers that somebody has renamed as if
 * they had their names back.
 */
export interface Actual {
  readonly limitsSwap: boolean;
  /** by the engine's clock, in milliseconds since 1970; undefined: it does not tell */
  readonly now?: number | undefined;
  /** by `nameNow` */
  readonly containers: ReadonlyMap<string, ActualContainer>;
  /** what gives them their names back */
  readonly renames?: readonly RenameOperation[];
  /** by the name that cannot be given back */
  readonly misnamed?: ReadonlyMap<string, Failure>;
  /** names of containers that are not ours, with their ids */
  readonly foreign: ReadonlyMap<string, string>;
  /** references that run specs name and the engine has, with the ids that they mean now */
  readonly images: ReadonlyMap<string, string>;
  /** by name; empty where no run spec names one */
  readonly volumes: ReadonlyMap<string, VolumeSummary>;
  /** by container; the engine does not know of them */
  readonly changedFiles?: ReadonlyMap<string, ChangedFiles>;
  readonly networks: ReadonlyMap<string, NetworkSummary>;
  /** by network, who runs on it, ours or not; only of our networks that no run spec wants, or not as they are */
  readonly networkUsers: ReadonlyMap<string, readonly string[]>;
}

/**
 * Asks the engine, and changes nothing there. Throws when it does not answer.
 * @param inventory what it was asked before
 */
export async function readActual(
  engine: Engine,
  desired: Desired,
  inventory: Inventory = takeInventory(engine),
): Promise<Actual> {
  const specs = desired.containers.flatMap((container) => (container.state === 'running' ? [container.spec] : []));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  await askAhead(inventory);
  const found = await inventory.listContainers();
  const {
    renames,
    names: places,
    failures: misnamed,
  } = placeNames(
    found,
    desired.containers.map(({ name }) => name),
  );
  const summaries = found.map((summary) => ({ ...summary, name: places.get(summary.id) ?? summary.name }));
  const names = new Map(summaries.map(({ id, name }) => [id, name]));
  const copies = new Set<string>();
  const references = [
    ...new Set(specs.map(getImage).flatMap((image) => [...listBases(image, desired.images ?? new Map()), image])),
  ];
  const needsVolumes = specs.some((spec) => listVolumeNames(spec).length > 0);
  const [{ limitsSwap }, containers, images, networks, volumes] = await Promise.all([
    inventory.getTraits(),
    Promise.all(
      summaries.filter(isOurs).map(async (summary) => {
        const inspect = await inventory.findContainer(summary.id);
        if (inspect !== undefined && (await isOfOtherImage(engine, summary, inspect)))
          return void copies.add(summary.id);
        return inspect === undefined
          ? undefined
          : readContainer(
              engine,
              summary,
              withNames(inspect, names),
              byName.get(summary.labels[NAME_LABEL] ?? ''),
              desired.renamed,
            );
      }),
    ),
    Promise.all(
      references.map(async (reference) => {
        const image = await inventory.findImage(reference);
        return image === undefined ? [] : [[reference, image.Id] as const];
      }),
    ),
    inventory.listNetworks(),
    needsVolumes ? engine.listVolumes() : [],
  ]);
  const ours = containers.filter((container) => container !== undefined);
  const wantedNetworks = new Map(specs.flatMap((spec) => spec.networks.map((network) => [network.name, network])));
  const isAsWanted = (network: NetworkSummary): boolean => {
    const wanted = wantedNetworks.get(network.name);
    return wanted !== undefined && listMismatches(wanted, network).length === 0;
  };
  const notWanted = networks.filter(
    (network) =>
      isOurs(network) &&
      !isAsWanted(network) &&
      // those of a swarm may have users on any node
      !(desired.swarm !== undefined && network.driver === 'overlay'),
  );
  return {
    limitsSwap,
    now: engine.getTime(),
    renames,
    misnamed,
    containers: new Map(ours.map((container) => [container.nameNow, container])),
    foreign: new Map(
      summaries.filter((container) => !isOurs(container) || copies.has(container.id)).map(({ name, id }) => [name, id]),
    ),
    images: new Map(images.flat()),
    volumes: new Map(volumes.map((volume) => [volume.name, volume])),
    networks: new Map(networks.map((network) => [network.name, network])),
    networkUsers: new Map(
      await Promise.all(notWanted.map(async ({ name }) => [name, await engine.listNetworkUsers(name)] as const)),
    ),
  };
}

/**
 * Our labels tell of another image than it was made of: they may be those of its image, which was committed
 * from a container of ours.
 */
function isOfOtherImage(
  engine: Engine,
  summary: ContainerSummary,
  { Config }: ContainerInspect,
): Promise<boolean> | boolean {
  const { image } = readRecordedSpec(summary.labels).values;
  return image !== undefined && image !== Config.Image && isCopy(engine, summary);
}

async function readContainer(
  engine: Engine,
  { id, name: nameNow, labels: written }: ContainerSummary,
  found: ContainerInspect,
  spec: RunSpec | undefined,
  renamed: Desired['renamed'],
): Promise<ActualContainer> {
  const { labels, inspect } = renameMounts(openLabels(written, found, spec), found, renamed);
  const limit = spec?.values['mem_limit'];
  const has = inspect.HostConfig.Memory ?? 0;
  const isLowered = inspect.State.Running && typeof limit === 'number' && (has === 0 || limit < has);
  const name =
    nameNow === `${labels[NAME_LABEL] ?? ''}${REPLACED_SUFFIX}` ? nameNow.slice(0, -REPLACED_SUFFIX.length) : nameNow;
  const move = spec === undefined ? undefined : findDataMove(spec, { labels, inspect });
  return {
    id,
    name,
    nameNow,
    labels,
    inspect,
    image: readRecordedSpec(labels).isComparable ? undefined : await engine.findImage(inspect.Image),
    memoryUse: isLowered ? await engine.getMemoryUse(id) : undefined,
    dataSize: move === undefined ? undefined : await measureData(engine, move.from),
  };
}

/**
 * With `container:NAME` where the engine has put `container:ID`.
 * @param names of all containers, by id
 */
export function withNames(inspect: ContainerInspect, names: ReadonlyMap<string, string>): ContainerInspect {
  const resolve = (mode: string): string => {
    const [, id = ''] = /^container:(.+)$/.exec(mode) ?? [];
    return names.has(id) ? `container:${names.get(id) ?? ''}` : mode;
  };
  const { NetworkMode, PidMode, IpcMode } = inspect.HostConfig;
  const modes = { NetworkMode, PidMode, IpcMode };
  const named = Object.fromEntries(
    Object.entries(modes).map(([key, mode]) => [key, typeof mode === 'string' ? resolve(mode) : mode]),
  );
  return { ...inspect, HostConfig: { ...inspect.HostConfig, ...named } };
}
