import { Failure, reasonOf } from '../../base/errors.ts';
import { NEVER, refuseInterrupted, unlessInterrupted } from '../../base/interrupt.ts';
import { discard } from './any-state.ts';
import { applyImage } from './image-operations.ts';
import { makeCreateBody } from '../spec/create-body.ts';
import type { Engine } from '../../engine/engine.ts';
import { EngineGone } from '../../engine/engine-gone.ts';
import type { HealthWait } from './health-wait.ts';
import { HealthTracker } from './health-tracker.ts';
import { isStarting, type Operation, type RemoveOperation } from '../plan/operation.ts';
import { type Ordered, orderOperations } from '../plan/order.ts';
import type { Plan } from '../plan/plan.ts';
import type { ProgressOf } from '../plan/told.ts';
import { finishReplacing, recreate } from './recreate.ts';
import { replaceNetwork } from './replace-network.ts';
import { isCreatedOnly } from '../spec/names.ts';

export type Progress = ProgressOf<Operation>;

/** What became of a plan. */
export interface Applied {
  readonly done: readonly Operation[];
  readonly failed: readonly { readonly operation: Operation; readonly failure: Failure }[];
  /** not begun, since something before them failed */
  readonly skipped: readonly Operation[];
}

/** So much is done at a time: an engine has its own locks, and more than that only wait for each other. */
const MOST_AT_ONCE = 4;

/**
 * Carries out a plan, and tells of it in its order. A failure ends what is done to that container,
 * and others go on, but for those that need it; when the engine does not answer any more, nothing
 * else is begun. Never throws for what the engine refuses.
 * @param gate waits until a container is healthy; absent: a started container counts as healthy
 * @param signal nothing is begun any more when it comes, and what is begun is put back or completed
 */
export async function applyPlan(
  engine: Engine,
  plan: Plan,
  onProgress: (progress: Progress) => void = () => undefined,
  healthWait?: HealthWait,
  signal: AbortSignal = NEVER,
): Promise<Applied> {
  const done: Operation[] = [];
  const failed: { operation: Operation; failure: Failure }[] = [];
  const skipped: Operation[] = [];
  const keeper = new HealthTracker(engine, healthWait, plan, (operation, words) =>
    onProgress({ operation, state: 'going on', words }),
  );
  const fail = (operation: Operation, failure: Failure): void => {
    failed.push({ operation, failure });
    onProgress({ operation, state: 'failed', words: failure.message });
  };
  const undone = new Set<Operation>();
  let isGone = false as boolean;
  const places = new Places(MOST_AT_ONCE);
  /** @returns why it failed */
  const run = async (operation: Operation): Promise<Failure | undefined> => {
    try {
      // who waits for others keeps nobody from being started meanwhile
      if (keeper.hasToWait(operation)) {
        onProgress({ operation, state: 'begun' });
        await keeper.admit(operation);
      }
      await places.use(async () => {
        if (!keeper.hasToWait(operation)) onProgress({ operation, state: 'begun' });
        refuseInterrupted(signal, `cannot ${operation.verb} "${operation.name}"`);
        await applyOperation(engine, operation, keeper, signal, (words) =>
          onProgress({ operation, state: 'going on', words }),
        );
      });
      return undefined;
    } catch (error) {
      isGone ||= error instanceof EngineGone;
      const failure =
        error instanceof Failure
          ? error
          : new Failure(`cannot ${operation.verb} "${operation.name}"`, { why: reasonOf(error), cause: error });
      undone.add(operation);
      keeper.note(operation, failure);
      return failure;
    }
  };
  const ends = new Map<Operation, Promise<Failure | 'skipped' | undefined>>();
  const begin = async ({ operation, after, needs }: Ordered): Promise<Failure | 'skipped' | undefined> => {
    await Promise.all(after.flatMap((other) => ends.get(other) ?? []));
    if (!isGone && !signal.aborted && !needs.some((other) => undone.has(other))) return run(operation);
    undone.add(operation);
    return 'skipped';
  };
  let told: Promise<unknown> = Promise.resolve();
  for (const ordered of orderOperations(plan.operations, plan.specs)) {
    const { operation } = ordered;
    const work = begin(ordered);
    ends.set(operation, work);
    told = Promise.all([work, told]).then(([end]) => {
      if (end === 'skipped') skipped.push(operation);
      else if (end !== undefined) fail(operation, end);
      else {
        done.push(operation);
        onProgress({ operation, state: 'done' });
      }
    });
  }
  await told;
  // what was started last is not healthy yet; with an engine that is gone there is nothing to wait for
  const sick = failed.some(({ failure }) => failure instanceof EngineGone) ? [] : await keeper.settle();
  for (const { operation, failure } of sick) fail(operation, failure);
  return { done: done.filter((operation) => !sick.some((kept) => kept.operation === operation)), failed, skipped };
}

/** So many things are done at a time; the others wait in turn. */
class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async use(work: () => Promise<void>): Promise<void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

async function applyOperation(
  engine: Engine,
  operation: Operation,
  keeper: HealthTracker,
  signal: AbortSignal,
  onWords: (words: string) => void,
): Promise<void> {
  switch (operation.verb) {
    case 'pull':
    case 'build':
      return unlessInterrupted(
        signal,
        `cannot ${operation.verb} image "${operation.name}"`,
        applyImage(engine, operation, onWords),
      );
    case 'volume':
      return engine.createVolume(operation.create);
    case 'network':
      return operation.replaced === undefined
        ? engine.createNetwork(operation.create)
        : replaceNetwork(engine, operation.create, operation.replaced);
    case 'connect':
      return connect(engine, operation);
    case 'disconnect':
      return engine.disconnectNetwork(operation.network, operation.id);
    case 'create': {
      const id = await create(engine, operation, signal);
      if (isStarting(operation)) keeper.watch(operation, id);
      return;
    }
    case 'recreate':
      return recreate(engine, operation, (id) => keeper.pass(operation, operation.name, id), signal);
    case 'update':
      return 'signal' in operation
        ? engine.signalContainer(operation.id, operation.signal)
        : engine.updateContainer(operation.id, operation.limits);
    case 'start':
      await (operation.paused ? unpause(engine, operation.id) : engine.startContainer(operation.id));
      keeper.watch(operation, operation.id, operation.paused ? 'unpaused' : 'started');
      return;
    case 'restart':
      await engine.restartContainer(operation.id, operation.stop);
      keeper.watch(operation, operation.id);
      return;
    case 'remove':
      if ('network' in operation) return engine.removeNetwork(operation.network);
      if (operation.successor !== undefined) return finishReplacing(engine, operation, operation.successor, keeper);
      return remove(engine, operation);
    case 'rename':
      return engine.renameContainer(operation.id, operation.to);
    case 'stop':
      await engine.stopContainer(operation.id, operation.stop);
      if (operation.nameNow !== operation.name) await engine.renameContainer(operation.id, operation.name);
  }
}

/** Somebody else may have been faster. */
async function unpause(engine: Engine, id: string): Promise<void> {
  try {
    await engine.unpauseContainer(id);
  } catch (error) {
    if (error instanceof EngineGone || (await engine.findContainer(id))?.State.Status !== 'running') throw error;
  }
}

async function connect(
  engine: Engine,
  { network, id, endpoint, leaveFirst }: Extract<Operation, { verb: 'connect' }>,
): Promise<void> {
  // what keeps it from leaving (a network of that name that was removed and made again) shows at the connect
  if (leaveFirst)
    await engine.disconnectNetwork(network, id).catch((error: unknown) => {
      if (error instanceof EngineGone) throw error;
    });
  await engine.connectNetwork(network, id, endpoint);
}

/** A port that is taken shows only at the start, and the container would stay behind. */
async function create(
  engine: Engine,
  { name, spec }: Extract<Operation, { verb: 'create' }>,
  signal: AbortSignal,
): Promise<string> {
  const id = await engine.createContainer(name, makeCreateBody(spec));
  if (isCreatedOnly(spec.ownLabels)) return id;
  try {
    refuseInterrupted(signal, `cannot create container "${name}"`, 'it is not there');
    await engine.startContainer(id);
    return id;
  } catch (error) {
    // why it did not start counts, and not what then keeps it from being removed
    if (!(error instanceof EngineGone)) await discard(engine, id, name).catch(() => undefined);
    throw error;
  }
}

async function remove(engine: Engine, { id, nameNow, stop }: RemoveOperation): Promise<void> {
  const failure = await discard(engine, id, nameNow, stop);
  if (failure !== undefined) throw failure;
}
