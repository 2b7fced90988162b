import { type Engine } from '../container/engine.ts';
import { connectEngine } from '../container/docker-engine.ts';
import { inspectImage, listPublishedPorts } from '../container/engine-facts.ts';
import { readSnapshot } from '../db/read-snapshot.ts';
import { findProp, listRecords, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import { readFacts } from '../facts/read-facts.ts';
import { withHostDefaults } from '../model/host-defaults.ts';
import { findImageReference } from '../model/image.ts';
import { CONTAINERS } from '../model/ports.ts';
import { type Ledger, readLedger } from '../output/ledger.ts';
import type { Paths } from '../paths.ts';

/** All that an event decides on, read once. */
export interface World {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly ledger: Ledger;
}

/** Reads dbs, facts and ledger. An engine that does not answer has no containers and no images: files can be written without one. */
export async function readWorld(paths: Paths): Promise<World> {
  const ledger = readLedger(paths);
  const dbs = readSnapshot(paths);
  const hostFacts = readFacts({ paths, ownedFiles: [...ledger.outputs.keys()] });
  const snapshot = withHostDefaults(dbs, hostFacts, process.env);
  const engine = await findEngine(snapshot);
  if (engine === undefined) return { paths, snapshot, facts: hostFacts, ledger };
  const references = [...new Set(listRecords(snapshot, CONTAINERS).filter(({ type }) => type === 'service').map(({ key }) => findImageReference(snapshot, key)))];
  const images = await Promise.all(references.map(async (reference) => [reference, await inspectImage(engine, reference)] as const));
  const facts = {
    ...hostFacts,
    publishedPorts: await listPublishedPorts(engine),
    images: new Map(images.flatMap(([reference, image]) => (image === undefined ? [] : [[reference, image] as const]))),
  };
  return { paths, snapshot, facts, ledger };
}

/**
 * The engine that the record `docker` names, or in `DOCKSMITH_ENGINE` `memory://FILE`: the
 * engine of tests and of the demonstration, which keeps its containers in that file.
 * @throws Failure where it does not answer
 */
export async function getEngine(snapshot: Snapshot): Promise<Engine> {
  const [, file] = /^memory:\/\/(\/.*)$/.exec(process.env['DOCKSMITH_ENGINE'] ?? '') ?? [];
  if (file === undefined) return connectEngine(findProp(snapshot, 'configuration', 'docker', 'Socket') ?? '/var/run/docker.sock');
  const { MemoryEngine } = await import('../container/memory-engine.ts');
  return new MemoryEngine({ file });
}

/** The engine, or undefined where it does not answer. */
export async function findEngine(snapshot: Snapshot): Promise<Engine | undefined> {
  try {
    return await getEngine(snapshot);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
