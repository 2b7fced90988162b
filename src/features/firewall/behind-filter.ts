import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import { isOurs } from '../../container/spec/names.ts';
import { Failure } from '../../base/errors.ts';
import { FAMILIES, isOutOfReach, readRules } from '../../firewall/kernel.ts';
import type { Paths } from '../../base/paths.ts';
import { type Exposure, readExposure } from '../exposure/exposure.ts';
import { hasRetained, readFilterFiles } from '../../flow/firewall/filter.ts';
import { listPlaces } from './open-places.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';

/** A container that foreign hosts could reach if the packet filter went. */
export interface Guarded {
  readonly name: string;
  /** of no record: private */
  readonly isPrivate: boolean;
  readonly id: string;
  /** `192.168.1.2:8080`, or an address of its own; empty: it does not run, and the engine would start it again */
  readonly places: readonly string[];
  /** the engine starts it again although it was stopped, when the engine itself starts */
  readonly comesBack: boolean;
}

/**
 * The containers that the packet filter protects; `unknown`: why that is not known. None where the filter is
 * not docksmith's to set here.
 */
export async function readGuarded(
  paths: Paths,
): Promise<{ readonly guarded: readonly Guarded[]; readonly unknown?: string }> {
  const files = readFilterFiles(paths);
  const rules = await Promise.all(
    FAMILIES.filter(({ file }) => files.has(file) || hasRetained(paths)).map((family) => readRules(paths, family)),
  );
  if (rules.every(isOutOfReach)) return { guarded: [] };
  try {
    const engine = await getEngine(paths, readHostSnapshot(paths));
    const ours = (await engine.listContainers()).filter(isOurs);
    const exposures = new Map(
      (
        await readExposure(
          paths,
          ours.map(({ name }) => name),
        )
      ).map((exposure) => [exposure.name, exposure]),
    );
    const found = await Promise.all(
      ours.map((container) => describe(engine, container, exposures.get(container.name))),
    );
    return { guarded: found.flatMap((one) => one ?? []).sort((a, b) => (a.name < b.name ? -1 : 1)) };
  } catch (error) {
    if (error instanceof Failure) return { guarded: [], unknown: error.message };
    throw error;
  }
}

async function describe(
  engine: Engine,
  { id, name, status }: ContainerSummary,
  exposure: Exposure | undefined,
): Promise<Guarded | undefined> {
  const policy = (await engine.findContainer(id))?.HostConfig.RestartPolicy?.Name ?? 'no';
  const comesBack = policy === 'always' || policy === 'on-failure';
  const runs = ['running', 'paused', 'restarting'].includes(status);
  const places = exposure === undefined ? [] : listPlaces(exposure);
  if (!(runs ? places.length > 0 || status === 'restarting' : comesBack)) return undefined;
  return { name, id, isPrivate: exposure?.access !== 'public', places, comesBack };
}
