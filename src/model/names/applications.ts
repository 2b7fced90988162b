import { Failure, throwAll } from '../../base/errors.ts';
import { compareBytes } from '../../base/layers.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { type Container, listContainers } from '../container.ts';

/** The containers of each application, by name, both in byte order. */
export function listApplications(snapshot: Snapshot): ReadonlyMap<string, readonly Container[]> {
  const applications = new Map<string, Container[]>();
  for (const container of listContainers(snapshot)) {
    const { application } = container;
    if (application === undefined) continue;
    applications.set(application, [...(applications.get(application) ?? []), container]);
  }
  return new Map([...applications].sort(([a], [b]) => compareBytes(a, b)));
}

/** @throws Failure where no record has such an Application */
export function getApplication(snapshot: Snapshot, name: string): readonly Container[] {
  const all = listApplications(snapshot);
  const found = all.get(name);
  if (found !== undefined) return found;
  throw new Failure(`cannot find application "${name}"`, {
    why: 'no record of docker_containers has it as its Application',
    ...didYouMean(name, all.keys()),
  });
}

/** Whether some of these names stand for all containers of an application: `shop/`. */
export function hasApplication(names: readonly string[]): boolean {
  return names.some((name) => /^[^/]+\/$/.test(name));
}

/**
 * Names of containers, with those of an application in the place of `shop/`; each once.
 * @throws Failure for each application that is not there
 */
export function expandNames(snapshot: Snapshot, names: readonly string[]): readonly string[] {
  const failures: Failure[] = [];
  const expanded = names.flatMap((name) => {
    if (!hasApplication([name])) return [name];
    try {
      return getApplication(snapshot, name.slice(0, -1)).map(({ key }) => key);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
      return [];
    }
  });
  throwAll(failures);
  return [...new Set(expanded)];
}
