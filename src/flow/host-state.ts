import { type Adopted, readAdopted, withAdopted } from '../container/actual/adopted.ts';
import { type Engine } from '../engine/engine.ts';
import { connectEngine } from '../engine/docker/docker-engine.ts';
import { bridgeOf, inspectImage, listPublishedPorts } from '../container/actual/engine-facts.ts';
import { type Inventory, takeInventory } from '../container/actual/inventory.ts';
import { withOwnLabels } from '../container/actual/whose.ts';
import { type RecordOverlay, withRecords } from '../db/overlay.ts';
import { readSnapshot } from '../db/read-snapshot.ts';
import { getDb, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../base/errors.ts';
import { type Facts, NO_FACTS, withFacts } from '../host/facts.ts';
import { readHostFacts } from '../host/host.ts';
import { readFacts } from '../host/read-facts.ts';
import { nameEngine } from './daemon/engine-name.ts';
import { readNodes } from './swarm/read-nodes.ts';
import { DockerRecord } from '../model/docker-record.ts';
import { conventionalBridge } from '../model/network/bridges.ts';
import { withHostDefaults } from '../model/host-defaults.ts';
import { Container, listContainers } from '../model/container.ts';
import { findImageReference } from '../model/image.ts';
import { listAskedImages } from '../model/image-facts.ts';
import { NETWORKS } from '../model/network/networks.ts';
import { type Ledger, readLedger } from '../output/plan/ledger.ts';
import type { Paths } from '../base/paths.ts';
import { loadCache, type LoadedCache } from '../incremental/load-cache.ts';
import { cacheOptions } from './cache-options.ts';

/** All that an event decides on, read once. */
export interface HostState {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly ledger: Ledger;
  /** of the last renderings; absent: it is not read yet, or nothing is taken from it */
  readonly loadedCache?: LoadedCache | undefined;
  /** which answered when the facts were read; absent: none did */
  readonly engine?: Engine | undefined;
  /** what that was asked then; absent: it is other than it was */
  readonly inventory?: Inventory | undefined;
}

/**
 * Reads dbs, facts and ledger. An engine that does not answer has no containers and no images: files can be
 * written without one.
 * @param overlay records as they would be
 * @param isForced nothing is taken from what is remembered of the last renderings
 */
export async function readHostState(
  paths: Paths,
  overlay: readonly RecordOverlay[] = [],
  { isForced = false }: { readonly isForced?: boolean } = {},
): Promise<HostState> {
  const ledger = readLedger(paths);
  const dbs = withRecords(readSnapshot(paths), overlay);
  const hostFacts = readFacts({ paths, ownedFiles: ledger.outputs });
  const snapshot = withHostDefaults(dbs, hostFacts);
  const loadedCache = isForced ? undefined : loadCache(paths, snapshot, cacheOptions(paths, snapshot));
  const engine = await findEngine(paths, snapshot);
  if (engine === undefined) return { paths, snapshot, facts: hostFacts, ledger, loadedCache };
  const inventory = takeInventory(engine);
  const facts = await withEngineFacts(hostFacts, snapshot, inventory);
  return { paths, snapshot, facts, ledger, loadedCache, engine, inventory };
}

/** The dbs with the defaults that depend on the host, for who needs to know nothing else of it. */
export function readHostSnapshot(paths: Paths): Snapshot {
  return withHostDefaults(readSnapshot(paths), { ...NO_FACTS, host: readHostFacts(paths) });
}

/**
 * The same world as if records had other values. Nothing is read again: an image that another one replaces
 * of is thought to expose the same ports.
 */
export function withOverlay(hostState: HostState, overlay: readonly RecordOverlay[]): HostState {
  const snapshot = withHostDefaults(withRecords(hostState.snapshot, overlay), hostState.facts);
  const images = new Map(hostState.facts.images);
  for (const container of listContainers(snapshot)) {
    const cached = hostState.facts.images.get(findImageReference(new Container(hostState.snapshot, container.key)));
    const reference = findImageReference(container);
    if (cached !== undefined && !images.has(reference)) images.set(reference, cached);
  }
  return { ...hostState, snapshot, facts: withFacts(hostState.facts, { images }) };
}

/**
 * The facts of the host with those that its engine tells: published ports, and the images that a port
 * may depend on.
 */
export async function withEngineFacts(hostFacts: Facts, snapshot: Snapshot, engine: Inventory): Promise<Facts> {
  const images = await Promise.all(
    listAskedImages(snapshot).map(async (reference) => [reference, await inspectImage(engine, reference)] as const),
  );
  const [publishedPorts, bridges, nodes] = await Promise.all([
    listPublishedPorts(engine),
    readBridges(snapshot, engine),
    readNodes(snapshot),
  ]);
  return withFacts(hostFacts, {
    ...nodes,
    publishedPorts,
    bridges,
    images: new Map(images.flatMap(([reference, image]) => (image === undefined ? [] : [[reference, image] as const]))),
  });
}

/**
 * Those that are not called as docksmith would call them. The engine is only asked where there may be some:
 * of networks or by an admin of its own.
 */
async function readBridges(snapshot: Snapshot, engine: Inventory): Promise<Facts['bridges']> {
  if (getDb(snapshot, NETWORKS).size === 0 && !new DockerRecord(snapshot).isForeign) return new Map();
  const wanted = ['bridge', ...getDb(snapshot, NETWORKS).keys()];
  return new Map(
    (await engine.listNetworks()).flatMap((network): readonly (readonly [string, string])[] => {
      const bridge = bridgeOf(network);
      return bridge === undefined ||
        !wanted.includes(network.name) ||
        bridge === conventionalBridge(snapshot, network.name)
        ? []
        : [[network.name, bridge]];
    }),
  );
}

/**
 * The engine that `nameEngine` names, with the containers that were adopted among ours.
 * @throws Failure where it does not answer
 */
export async function getEngine(
  paths: Paths,
  snapshot: Snapshot,
  adopted: Adopted = readAdopted(paths),
): Promise<Engine> {
  const name = nameEngine(snapshot);
  if (name.kind === 'socket') return withAdopted(withOwnLabels(await connectEngine(name.socket, name.limits)), adopted);
  const { MemoryEngine } = await import('../engine/memory/memory-engine.ts');
  return withAdopted(withOwnLabels(new MemoryEngine({ file: name.file })), adopted);
}

/** The engine, or undefined where it does not answer. */
export async function findEngine(paths: Paths, snapshot: Snapshot): Promise<Engine | undefined> {
  nameEngine(snapshot);
  try {
    return await getEngine(paths, snapshot);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
