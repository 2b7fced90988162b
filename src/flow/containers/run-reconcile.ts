import { askAhead, type Inventory, takeInventory } from '../../container/actual/inventory.ts';
import { readAdopted, withoutGone, writeAdopted } from '../../container/actual/adopted.ts';
import type { Engine } from '../../engine/engine.ts';
import { SpecCache } from '../../container/spec/spec-cache.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import { hearSignals, NEVER, unlessInterrupted } from '../../base/interrupt.ts';
import { holdsSecret, type Mask } from '../../base/mask.ts';
import { Container, CONTAINERS, listEnabled } from '../../model/container.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import { clearIntents } from '../../output/commit/intents.ts';
import type { Paths } from '../../base/paths.ts';
import { waitForBoot } from './boot.ts';
import { listLeft, readFailedSpecs, rememberFailed, withoutHealed } from './failed-specs.ts';
import { describeInterruptedPlan, listOwnFailures } from './interrupted-plan.ts';
import { ALL_CONTAINERS, notePending } from '../interrupted-event.ts';
import { listAffectedDependants } from './interruptions.ts';
import { listInvolved } from '../involved.ts';
import { listMissedRuns } from './missed-runs.ts';
import { outputsOf, recordSeenFiles } from './mounted-files.ts';
import { removeLeftRuns } from '../one-offs.ts';
import { readOrderedStarts, rememberStarts } from './ordered-starts.ts';
import { healthTimes } from '../../container/spec/health-request.ts';
import { joinApplied, listOperations, type ProgressOf } from '../../container/plan/told.ts';
import { applyWithServices, rememberFailedServices } from '../swarm/apply-services.ts';
import { applyContainers, planContainers } from './reconcile.ts';
import { readRunSpecs } from './run-specs.ts';
import { runRecorded, recordingOperations } from '../run-recorded.ts';
import type { Reporter } from '../reporter.ts';
import { joinReconciled, type Reconciled, type RunReconcile } from './reconciled.ts';
import { removeOldContents } from '../content/remove-contents.ts';
import { removeOldSecrets, withSecretFiles } from './secret-files.ts';
import { getEngine, readHostSnapshot } from '../host-state.ts';
import { readSecrets } from '../secrets.ts';
import { watchUnsteady } from './unsteady.ts';

/**
 * The whole loop: desired and actual to a plan, and the plan carried out, under the event lock.
 * @throws Failure(s) for what keeps it from beginning; what fails on the way is in the result
 */
export async function reconcile(
  paths: Paths,
  request: RunReconcile,
  reporter: Reporter,
  onProgress: (progress: ProgressOf) => void,
): Promise<Reconciled> {
  if (request.dryRun === true) return plan(paths, request, reporter);
  const args = request.asked?.names ?? request.names ?? [];
  const { result } = await runRecorded(
    paths,
    { command: request.command, args, waitSeconds: request.waitSeconds, signal: request.signal, isStep: true },
    reporter,
    ({ run }) => planInTurn(paths, request, reporter, recordingOperations(paths, run, onProgress)),
    ({ failures }) => ({ failures }),
  );
  return result;
}

/**
 * At boot dom0 runs before all others are looked at: it may have started some of them; and jobs last, whose run
 * was missed.
 */
async function planInTurn(
  paths: Paths,
  request: RunReconcile,
  reporter: Reporter,
  onProgress: (progress: ProgressOf) => void,
): Promise<Reconciled> {
  const isWhole = request.isBoot === true && request.names === undefined;
  const names = isWhole ? listEnabled(readHostSnapshot(paths)).flatMap(({ key, isDom0 }) => (isDom0 ? [key] : [])) : [];
  const first = names.length === 0 ? undefined : await plan(paths, { ...request, names }, reporter, onProgress);
  if (first?.pending !== undefined) return first;
  const rest = await plan(paths, request, reporter, onProgress);
  const all = first === undefined ? rest : joinReconciled(first, rest);
  if (!isWhole || rest.pending !== undefined || request.signal?.aborted === true) return all;
  const snapshot = readHostSnapshot(paths);
  const missed = await listMissedRuns(snapshot, await getEngine(paths, snapshot), new Date());
  if (missed.length === 0) return all;
  const asked = { verb: 'start', names: missed } as const;
  return joinReconciled(all, await plan(paths, { ...request, isBoot: undefined, asked }, reporter, onProgress));
}

/** Plans, and where `onProgress` is given carries it out. */
async function plan(
  paths: Paths,
  request: RunReconcile,
  reporter: Reporter,
  onProgress?: (progress: ProgressOf) => void,
): Promise<Reconciled> {
  const { signal = NEVER } = request;
  // at boot it is asked what the engine has started by itself
  const prepared = request.isBoot === true ? undefined : request.prepared;
  const snapshot = prepared?.snapshot ?? readHostSnapshot(paths);
  const names = request.names === undefined ? undefined : listInvolved(paths, snapshot, request.names);
  // it answers while files are read
  const asked: AnsweringEngine | Failure | undefined =
    prepared !== undefined
      ? { engine: prepared.engine }
      : request.isBoot === true
        ? undefined
        : await unlessInterrupted(signal, `cannot complete "${request.command}"`, askEngine(paths, snapshot));
  let mask: Mask | undefined;
  const cache = new SpecCache(paths, (text) => holdsSecret((mask ??= readSecrets(paths).mask), text));
  const only = request.asked?.names ?? names;
  const specs = readRunSpecs(paths, only, cache, prepared?.specs);
  // a dry run writes nothing; and those of some are not all that will be asked for
  if (onProgress !== undefined && only === undefined) cache.write();
  const enabled = new Map([...specs].filter(([name]) => new Container(snapshot, name).isEnabled));
  const answered =
    asked ??
    (await unlessInterrupted(
      signal,
      `cannot complete "${request.command}"`,
      askEngine(paths, snapshot, async () => {
        if (onProgress !== undefined) await waitForBoot(paths, snapshot, enabled, reporter);
      }),
    ));
  if (answered instanceof Failure) {
    if (!request.mayStayPending) throw answered;
    notePending(paths, answered.message);
    return {
      plan: { operations: [], notes: [] },
      applied: undefined,
      leftAlone: [],
      pending: `containers (${answered.message})`,
      failures: [],
    };
  }
  const { engine, inventory } = answered;
  const outputs = outputsOf(paths, readLedger(paths));
  const failed = await withoutHealed(readFailedSpecs(paths), engine, specs, healthTimes(snapshot));
  const boot = request.isBoot === true ? readOrderedStarts(paths) : undefined;
  // who has data moved asks for it
  const isRetry = request.retry === true || request.moveData === true;
  const bare =
    prepared !== undefined && failed.size === 0
      ? prepared.plan
      : await unlessInterrupted(
          signal,
          `cannot complete "${request.command}"`,
          planContainers(paths, snapshot, engine, specs, {
            ...request,
            names,
            outputs,
            boot,
            inventory,
            failed: isRetry ? undefined : failed,
          }),
        );
  const planned =
    request.asked === undefined ? bare : { ...bare, notes: [...bare.notes, ...listAffectedDependants(snapshot, bare)] };
  const touched = new Set(listOperations(planned).map(({ name }) => name));
  const leftAlone = listEnabled(snapshot)
    .map(({ key }) => key)
    .filter((name) => !touched.has(name));
  if (onProgress === undefined) return { plan: planned, applied: undefined, leftAlone, failures: [] };
  const { containers: applied, services } = await applyWithServices(
    { snapshot, engine, onProgress, signal },
    planned,
    () => applyContainers(snapshot, withSecretFiles(paths, snapshot, engine), planned, onProgress, signal),
  );
  const all = joinApplied(applied, services);
  const ended = await watchUnsteady(engine, planned, healthTimes(snapshot), signal);
  await removeLeftRuns(engine, reporter);
  await removeOldSecrets(paths, snapshot, engine);
  await removeOldContents(paths, snapshot, engine);
  await forgetGone(paths, snapshot, engine);
  if (request.asked?.verb !== 'stop') await recordSeenFiles(outputs, specs.values(), engine, applied);
  await hearSignals();
  const interrupted = describeInterruptedPlan(request.command, signal, all);
  const masked = (text: string): string => (mask ??= readSecrets(paths).mask)(text);
  rememberFailed(paths, failed, planned, applied, new Date(), masked);
  rememberFailedServices(paths, services, new Date(), masked);
  await rememberStarts(paths, engine, planned, applied);
  if (
    request.names === undefined &&
    all.failed.length === 0 &&
    planned.refused === undefined &&
    interrupted === undefined
  )
    clearIntents(paths, [ALL_CONTAINERS]);
  if (interrupted !== undefined && request.asked === undefined)
    notePending(paths, `${request.command} was interrupted`);
  return {
    plan: planned,
    applied: all,
    leftAlone,
    failures: [
      ...(planned.refused ?? []),
      ...listOwnFailures(all),
      ...listLeft({ left: new Map([...ended, ...(planned.left ?? [])]) }),
      ...(interrupted ?? []),
    ],
  };
}

interface AnsweringEngine {
  readonly engine: Engine;
  /** absent: nothing of what it said is believed any more */
  readonly inventory?: Inventory;
}

/** @returns why it does not answer, where it does not */
async function askEngine(
  paths: Paths,
  snapshot: Snapshot,
  waitFor?: () => Promise<void>,
): Promise<AnsweringEngine | Failure> {
  try {
    await waitFor?.();
    const engine = await getEngine(paths, snapshot);
    const inventory = takeInventory(engine);
    await askAhead(inventory);
    return { engine, inventory };
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Adopted containers that were replaced or removed leave nothing behind. */
async function forgetGone(paths: Paths, snapshot: Snapshot, engine: Engine): Promise<void> {
  const adopted = readAdopted(paths);
  if (adopted.size === 0) return;
  const left = withoutGone(adopted, await engine.listContainers(), new Set(getDb(snapshot, CONTAINERS).keys()));
  if (left.size < adopted.size) writeAdopted(paths, left);
}
