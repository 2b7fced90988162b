import type { ServiceBody, ServiceContainer, TaskTemplate } from '../../engine/swarm-api.ts';
import { listDifferences } from './differences.ts';
import { nameNetworks } from './name-networks.ts';

type Networks = Parameters<typeof nameNetworks>[1];

/**
 * A body to change a service to, with each field as the engine has it where nothing that is compared differs: what
 * others have put there stays, and tasks are created again for what a plan says alone.
 */
export function withUnchangedFields(wanted: ServiceBody, has: ServiceBody, networks: Networks = []): ServiceBody {
  const isSame = (trial: ServiceBody): boolean =>
    listDifferences(nameNetworks(trial, networks), nameNetworks(has, networks)).length === 0;
  const inTask = (change: Partial<TaskTemplate>): ServiceBody => ({
    ...has,
    TaskTemplate: { ...has.TaskTemplate, ...change },
  });
  const inContainer = (change: Partial<ServiceContainer>): ServiceBody =>
    inTask({ ContainerSpec: { ...has.TaskTemplate.ContainerSpec, ...change } });
  const [{ TaskTemplate: task }, { TaskTemplate: hasTask }] = [wanted, has];
  return {
    ...merge(wanted, has, ['TaskTemplate'], (change) => isSame({ ...has, ...change })),
    TaskTemplate: {
      ...merge(task, hasTask, ['ContainerSpec'], (change) => isSame(inTask(change))),
      ContainerSpec: merge(task.ContainerSpec, hasTask.ContainerSpec, [], (change) => isSame(inContainer(change))),
    },
  };
}

/** @param parts fields that are merged by themselves @param isSame whether nothing differs with a field changed so */
function merge<T extends object>(
  wanted: T,
  has: T,
  parts: readonly (keyof T)[],
  isSame: (change: Partial<T>) => boolean,
): T {
  const names = [...new Set([...Object.keys(has), ...Object.keys(wanted)])] as (keyof T)[];
  const chosen = names.map((name): readonly [keyof T, unknown] => {
    const isUnchanged = !parts.includes(name) && isSame({ [name]: wanted[name] } as unknown as Partial<T>);
    return [name, isUnchanged ? has[name] : wanted[name]];
  });
  return Object.fromEntries(chosen.filter(([, value]) => value !== undefined)) as T;
}
