import { type Actual, readActual } from '../../container/actual/actual.ts';
import { type Applied, applyPlan, type Progress } from '../../container/apply/apply.ts';
import { withBootOrder } from '../../container/plan/boot-order.ts';
import { type Desired, makeDesired } from '../../container/plan/desired.ts';
import type { Operation } from '../../container/plan/operation.ts';
import type { Engine } from '../../engine/engine.ts';
import { makeHealthWait } from '../../container/apply/health-wait.ts';
import { healthTimes } from '../../container/spec/health-request.ts';
import { type Plan, planReconcile } from '../../container/plan/plan.ts';
import { planAsked } from '../../container/plan/asked/plan-asked.ts';
import { listAwaited } from '../../container/spec/needs.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Paths } from '../../base/paths.ts';
import { listAddresses } from '../../host/addresses.ts';
import { listAwaiting } from '../../model/links/links.ts';
import { formatNetwork, listLocalNetworks } from '../../model/network/network.ts';
import { type Container, listContainers } from '../../model/container.ts';
import type { ImageSource } from '../../model/image-source.ts';
import { planKind, type ReconcileKind } from '../reconcile/kind.ts';
import type { ReconcileRequest } from '../reconcile/request.ts';
import { joinPlans, planSwarm } from '../swarm/plan-swarm.ts';
import { isServiceOf } from '../swarm/services-kind.ts';
import { readImageSources } from './images.ts';
import { makeHostFolders, refuseMissing } from './missing.ts';
import { findChangedFiles } from './mounted-files.ts';
import { listRenamedSecrets } from './secret-files.ts';

/**
 * What brings the engine, and the swarm that this host is a manager of, to what the records and run specs say.
 * @param specs by name; the installed ones, or those that a dry run has rendered
 */
export async function planContainers(
  paths: Paths,
  snapshot: Snapshot,
  engine: Engine,
  specs: ReadonlyMap<string, RunSpec>,
  request: ReconcileRequest,
): Promise<Plan> {
  const images = readImageSources(paths, snapshot);
  const swarm = await planSwarm({ paths, snapshot, engine, specs, images }, request, listLocalSubnets(snapshot));
  const plan = await planKind(containersKind({ snapshot, engine, specs, images, swarm: swarm?.swarm }, request));
  return swarm === undefined ? plan : joinPlans(plan, swarm);
}

/** What containers of this host are planned from. */
interface ContainersContext {
  readonly snapshot: Snapshot;
  readonly engine: Engine;
  readonly specs: ReadonlyMap<string, RunSpec>;
  readonly images: ReadonlyMap<string, ImageSource>;
  readonly swarm: Desired['swarm'];
}

/** Containers of this host as what is reconciled. */
function containersKind(
  { snapshot, engine, specs, images, swarm }: ContainersContext,
  { names, removeOrphans, asked, moveData, outputs, failed, boot, inventory }: ReconcileRequest,
): ReconcileKind<Desired, Actual, Plan, Operation> {
  return {
    readDesired: () => {
      const only = asked?.names ?? names;
      const containers = listContainers(snapshot)
        .filter(({ key }) => only?.includes(key) ?? true)
        .filter((container) => !isServiceOf(container, specs));
      const renamed = outputs === undefined ? undefined : listRenamedSecrets(outputs.paths, snapshot);
      return Promise.resolve({
        ...makeDesired(containers, specs, images),
        ...(renamed !== undefined && { renamed }),
        ...(swarm !== undefined && { swarm }),
        awaited: findAwaited(containers, specs),
      });
    },
    readActual: async (desired) => {
      const read = await readActual(engine, desired, inventory);
      return outputs === undefined ? read : { ...read, changedFiles: findChangedFiles(outputs, specs.values(), read) };
    },
    plan: (desired, actual) => {
      if (asked !== undefined) return planAsked(desired, actual, asked, failed);
      const plan = planReconcile(desired, actual, {
        names,
        removeOrphans,
        moveData,
        failed,
        avoid: listLocalSubnets(snapshot),
      });
      return boot === undefined ? plan : withBootOrder(plan, desired, actual, boot);
    },
    apply: (plan, onProgress, signal) => applyContainers(snapshot, engine, plan, onProgress, signal),
  };
}

/** By the records of all, also where only some are looked at; custom fragments may say it too. */
function findAwaited(containers: readonly Container[], specs: ReadonlyMap<string, RunSpec>): ReadonlySet<string> {
  const names = [
    ...listAwaited(specs.values()),
    ...containers.filter((container) => listAwaiting(container).length > 0).map(({ key }) => key),
  ];
  // what the engine starts again for ever never completes
  const isForEver = (name: string): boolean => {
    const policy = specs.get(name)?.values['restart'];
    return policy === 'always' || policy === 'unless-stopped';
  };
  return new Set(names.filter((name) => !isForEver(name)));
}

/**
 * What networks of containers must not overlap: the local networks, also those behind a router, and those
 * that this host is on.
 */
function listLocalSubnets(snapshot: Snapshot): readonly string[] {
  return [
    ...[...listLocalNetworks(snapshot).values()].map(formatNetwork),
    ...listAddresses().map(({ address, prefix }) => `${address}/${prefix}`),
  ];
}

/**
 * Carries a plan out. Host folders that records want made are made first, and those that are missing stop it
 * before anything is touched.
 */
export async function applyContainers(
  snapshot: Snapshot,
  engine: Engine,
  plan: Plan,
  onProgress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<Applied> {
  refuseMissing(snapshot, plan);
  makeHostFolders(snapshot, plan);
  return applyPlan(engine, plan, onProgress, makeHealthWait(engine, healthTimes(snapshot), signal), signal);
}
