import { Failure, throwAll } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { takeInventory } from '../../container/actual/inventory.ts';
import type { Desired } from '../../container/plan/desired.ts';
import type { Plan } from '../../container/plan/plan.ts';
import type { ServicesPlan } from '../../container/service/plan-services.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { NoQuorum } from '../../engine/swarm-engine.ts';
import { type Container, listContainers } from '../../model/container.ts';
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
  /** absent: others drive it, or it has no leader */
  readonly plan?: ServicesPlan;
  /** services that are left as they are, since the swarm has no leader; containers of this host go on */
  readonly refused?: readonly Failure[];
  readonly notes: readonly string[];
}

/**
 * Plans the services of the swarm that this host is a manager of. A host that is in none asks nothing.
 * @param avoid networks that none of ours may overlap
 * @returns undefined where the host has nothing to do with a swarm
 * @throws Failure(s) for what keeps services from being planned: no swarm, mistakes in run specs; no leader where
 * services alone are asked for
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
  const meant = services.filter(({ key }) => only?.includes(key) ?? true);
  const enabled = meant.filter(({ isEnabled }) => isEnabled);
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
    if (!(error instanceof Failure)) throw error;
    // a host that wants nothing of its swarm goes on without, and so do containers of a host while it has no leader
    if (services.length === 0 || (error instanceof NoQuorum && meant.length === 0))
      return { swarm, notes: [`the services of the swarm were not looked at: ${error.message}`] };
    const others = only ?? listContainers(snapshot).map(({ key }) => key);
    if (!(error instanceof NoQuorum) || others.every((name) => wanted.has(name))) throw error;
    return { swarm, refused: [leftAlone(meant, error)], notes: [] };
  }
}

function leftAlone(services: readonly Container[], { why, hint, cause }: NoQuorum): Failure {
  const [first, ...more] = services.map(({ key }) => `"${key}"`);
  const names = more.length === 0 ? `service ${first ?? ''}` : `services ${[first, ...more].join(', ')}`;
  return new Failure(`cannot update ${names}`, {
    why: `${why}; left unchanged, and the next event tries again`,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** The plan of an event: both kinds in one. */
export function joinPlans(plan: Plan, { plan: services, notes, refused = [] }: PlannedSwarm): Plan {
  const allRefused = [...(plan.refused ?? []), ...refused];
  return {
    ...plan,
    ...(allRefused.length === 0 ? {} : { refused: allRefused }),
    ...(services === undefined ? {} : { services: { first: services.first, operations: services.operations } }),
    notes: [...plan.notes, ...notes],
    left: new Map([...(plan.left ?? []), ...(services?.left ?? [])]),
  };
}
