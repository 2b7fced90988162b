import { connectAdminEngine } from '../engine/docker/docker-admin-engine.ts';
import { connectImageEngine } from '../engine/docker/docker-image-engine.ts';
import type { ImageEngine } from '../engine/image-engine.ts';
import type { AdminEngine } from '../engine/admin-engine.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { findOwner, findServing } from '../container/actual/whose.ts';
import type { Snapshot } from '../db/snapshot.ts';
import { Failure, throwAll } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { Container } from '../model/container.ts';
import type { Paths } from '../base/paths.ts';
import { nameEngine } from './daemon/engine-name.ts';
import { getEngine, readHostSnapshot } from './host-state.ts';

/** What daily verbs work with: the dbs, and the engine by both of its doors. */
export interface EngineAccess {
  readonly snapshot: Snapshot;
  readonly engine: Engine;
  readonly adminEngine: AdminEngine;
}

/** @throws Failure where the engine does not answer */
export async function openEngineAccess(paths: Paths): Promise<EngineAccess> {
  const snapshot = readHostSnapshot(paths);
  const [engine, adminEngine] = await Promise.all([getEngine(paths, snapshot), getAdminEngine(snapshot)]);
  return { snapshot, engine, adminEngine };
}

/** The interface for logs, exec and reports of the engine that `getEngine` returns. */
async function getAdminEngine(snapshot: Snapshot): Promise<AdminEngine> {
  const name = nameEngine(snapshot);
  if (name.kind === 'socket') return connectAdminEngine(name.socket, name.limits);
  const [{ MemoryEngine }, { MemoryAdminEngine }] = await Promise.all([
    import('../engine/memory/memory-engine.ts'),
    import('../engine/memory/memory-admin-engine.ts'),
  ]);
  return new MemoryAdminEngine(new MemoryEngine({ file: name.file }));
}

/** The interface for images, beside that of the engine. @throws Failure where the engine does not answer */
export async function getImageEngine(snapshot: Snapshot): Promise<ImageEngine> {
  const name = nameEngine(snapshot);
  if (name.kind === 'socket') return connectImageEngine(name.socket, name.limits);
  const [{ MemoryEngine }, { MemoryImageEngine }] = await Promise.all([
    import('../engine/memory/memory-engine.ts'),
    import('../engine/memory/memory-image-engine.ts'),
  ]);
  return new MemoryImageEngine(new MemoryEngine({ file: name.file }));
}

/** The container of ours that serves under the name, whatever it is called now; undefined where there is none. */
export async function findOurs(engine: Engine, name: string): Promise<ContainerSummary | undefined> {
  return findServing(await engine.listContainers(), name);
}

/** The containers of these names. @throws Failure(s) naming every one that is not there */
export async function getOurs(
  engine: Engine,
  snapshot: Snapshot,
  names: readonly string[],
): Promise<readonly ContainerSummary[]> {
  const all = await engine.listContainers();
  const ours = all.filter((container) => findOwner(container) !== undefined);
  const missing = names.filter((name) => findServing(ours, name) === undefined);
  throwAll(
    missing.map((name) => {
      const what = `cannot find container "${name}"`;
      if (all.some((container) => container.name === name))
        return new Failure(what, { why: "it is not docksmith's", hint: 'use the docker command for it' });
      if (new Container(snapshot, name).isContainer)
        return new Failure(what, {
          why: 'it has a record, and was not created yet',
          hint: `docksmith plan ${name}`,
        });
      return new Failure(what, {
        why: 'there is neither a record of it nor a container that docksmith made',
        ...didYouMean(
          name,
          ours.map((container) => container.name),
        ),
      });
    }),
  );
  return names.flatMap((name) => {
    const container = findServing(ours, name);
    return container === undefined ? [] : [{ ...container, name }];
  });
}
