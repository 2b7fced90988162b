import { readActual } from '../../container/actual/actual.ts';
import type { Inventory } from '../../container/actual/inventory.ts';
import { type Applied, applyPlan, type Progress } from '../../container/apply/apply.ts';
import { withBootOrder } from '../../container/plan/boot-order.ts';
import { type Desired, makeDesired } from '../../container/plan/desired.ts';
import type { Engine } from '../../engine/engine.ts';
import { makeHealthWait } from '../../container/apply/health-wait.ts';
import type { HealthTimes } from '../../container/spec/health-request.ts';
import { parseMilliseconds } from '../../base/quantity.ts';
import { type Plan, planReconcile } from '../../container/plan/plan.ts';
import { type Asked, planAsked } from '../../container/plan/asked/plan-asked.ts';
import { listAwaited } from '../../container/spec/needs.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { isService } from '../../container/spec/service-spec.ts';
import type { FailedSpecs } from '../../container/plan/skip-failed-specs.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import type { Paths } from '../../base/paths.ts';
import { listAddresses } from '../../host/addresses.ts';
import { listAwaiting } from '../../model/links/links.ts';
import { formatNetwork, listLocalNetworks } from '../../model/network/network.ts';
import { type Container, listContainers } from '../../model/container.ts';
import { readImageSources } from './images.ts';
import { makeHostFolders, refuseMissing } from './missing.ts';
import { findChangedFiles, type Outputs } from './mounted-files.ts';
import { listRenamedSecrets } from './secret-files.ts';

export interface ReconcileRequest {
  /** only these containers; absent: all */
  readonly names?: readonly string[] | undefined;
  readonly removeOrphans?: boolean | undefined;
  /** start, stop or restart these instead of bringing all to what the records say */
  readonly asked?: Asked | undefined;
  /** copy data to where the records want it */
  readonly moveData?: boolean | undefined;
  /** what docksmith wrote: containers that mount some of it follow when it changes */
  readonly outputs?: Outputs | undefined;
  /** run specs that are not tried again; absent: everything is tried */
  readonly failed?: FailedSpecs | undefined;
  /** what the engine was asked before; absent: it is asked now */
  readonly inventory?: Inventory | undefined;
  /** the engine has just come up: by container, the start that was in order */
  readonly boot?: ReadonlyMap<string, string> | undefined;
}

/**
 * What brings the engine to what the records and run specs say.
 * @param specs by name; the installed ones, or those that a dry run has rendered
 */
export async function planContainers(
  paths: Paths,
  snapshot: Snapshot,
  engine: Engine,
  specs: ReadonlyMap<string, RunSpec>,
  { names, removeOrphans, asked, moveData, outputs, failed, boot, inventory }: ReconcileRequest,
): Promise<Plan> {
  const only = asked?.names ?? names;
  const containers = listContainers(snapshot)
    .filter(({ key }) => only?.includes(key) ?? true)
    .filter((container) => !isServiceOf(container, specs));
  const renamed = outputs === undefined ? undefined : listRenamedSecrets(outputs.paths, snapshot);
  const desired: Desired = {
    ...makeDesired(containers, specs, readImageSources(paths, snapshot)),
    ...(renamed !== undefined && { renamed }),
    awaited: findAwaited(containers, specs),
  };
  const read = await readActual(engine, desired, inventory);
  const actual =
    outputs === undefined ? read : { ...read, changedFiles: findChangedFiles(outputs, specs.values(), read) };
  if (asked !== undefined) return planAsked(desired, actual, asked, failed);
  const plan = planReconcile(desired, actual, {
    names,
    removeOrphans,
    moveData,
    failed,
    avoid: listLocalSubnets(snapshot),
  });
  return boot === undefined ? plan : withBootOrder(plan, desired, actual, boot);
}

/** Whether a swarm runs it, by its run spec, else by its record. */
export function isServiceOf(container: Container, specs: ReadonlyMap<string, RunSpec>): boolean {
  const spec = specs.get(container.key);
  return spec === undefined ? container.isSwarmService : isService(spec);
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

/** What the record `docksmith` says for containers that say nothing of their health. */
export function healthTimes(snapshot: Snapshot): HealthTimes {
  const { healthWait, healthUptime } = new DocksmithRecord(snapshot);
  return { wait: parseMilliseconds(healthWait), uptime: parseMilliseconds(healthUptime) ?? 0 };
}
