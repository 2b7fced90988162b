import { Failure, throwAll } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { takeInventory } from '../../container/actual/inventory.ts';
import type { Desired } from '../../container/plan/desired.ts';
import type { Plan } from '../../container/plan/plan.ts';
import type { ServicesPlan } from '../../container/service/plan-services.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { listContainers } from '../../model/container.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import type { ImageSource } from '../../model/image-source.ts';
import type { ReconcileRequest } from '../reconcile/request.ts';
import { planKind } from '../reconcile/kind.ts';
import { isServiceOf, servicesKind } from './services-kind.ts';
import { getManagedSwarm } from './managed-swarm.ts';

interface SwarmContext {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly engine: Engine;
  readonly specs: ReadonlyMap<string, RunSpec>;
  readonly images: ReadonlyMap<string, ImageSource>;
}

/** What is planned for the swarm of this host. */
export interface PlannedSwarm {
  readonly swarm: NonNullable<Desired['swarm']>;
  /** absent: others drive it */
  readonly plan?: ServicesPlan;
  readonly notes: readonly string[];
}

/**
 * Plans the services of the swarm that this host is a manager of. A host that is in none asks nothing.
 * @param avoid networks that none of ours may overlap
 * @returns undefined where the host has nothing to do with a swarm
 * @throws Failure(s) for what keeps services from being planned: no swarm, no leader, mistakes in run specs
 */
export async function planSwarm(
  context: SwarmContext,
  { names, asked, removeOrphans, failed, inventory, newImages, coming = [] }: ReconcileRequest,
  avoid: readonly string[],
): Promise<PlannedSwarm | undefined> {
  const { snapshot, engine, specs } = context;
  const { swarm: role } = new DockerRecord(snapshot);
  const only = asked?.names ?? names;
  const services = listContainers(snapshot).filter((container) => isServiceOf(container, specs));
  const enabled = services.filter(({ isEnabled, key }) => isEnabled && (only?.includes(key) ?? true));
  const wanted = new Set(services.map(({ key }) => key));
  const swarm = { known: wanted, wanted, isManager: role === 'manager' };
  if (role === 'worker')
    return {
      swarm,
      notes: enabled.map(({ key }) => `${key} is a service, and managers of the swarm drive it: this host is a worker`),
    };
  if (role !== 'manager') {
    throwAll(
      enabled.map(
        ({ key }) =>
          new Failure(`cannot run service "${key}"`, {
            why: 'its run spec has deploy, and this host is in no swarm',
            hint: 'config setprop docker Swarm manager; signal-event docker-swarm-update',
          }),
      ),
    );
    return undefined;
  }
  try {
    const { swarm: swarmEngine, id: salt } = await getManagedSwarm(snapshot);
    const plan = await planKind(
      servicesKind({
        ...context,
        ...{ swarm: swarmEngine, salt, coming, avoid, removeOrphans, failed, newImages },
        inventory: inventory ?? takeInventory(engine),
        names: only,
        asked: asked?.verb,
      }),
    );
    return { swarm: { ...swarm, known: plan.names }, plan, notes: plan.notes };
  } catch (error) {
    // a host that wants nothing of its swarm goes on without
    if (!(error instanceof Failure) || services.length > 0) throw error;
    return { swarm, notes: [`the services of the swarm were not looked at: ${error.message}`] };
  }
}

/** The plan of an event: both kinds in one. */
export function joinPlans(plan: Plan, { plan: services, notes }: PlannedSwarm): Plan {
  return {
    ...plan,
    ...(services === undefined ? {} : { services: { first: services.first, operations: services.operations } }),
    notes: [...plan.notes, ...notes],
    left: new Map([...(plan.left ?? []), ...(services?.left ?? [])]),
  };
}
