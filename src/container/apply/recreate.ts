import { Failure, reasonOf } from '../../base/errors.ts';
import { Interrupted, NEVER, refuseInterrupted } from '../../base/interrupt.ts';
import { discard, renameInAnyState } from './any-state.ts';
import { makeCreateBody } from '../spec/create-body.ts';
import { copyData, finishMove, type PreparedMove, prepareMove } from './data-copy.ts';
import type { Engine } from '../../engine/engine.ts';
import { EngineGone } from '../../engine/engine-gone.ts';
import { findOwner } from '../actual/whose.ts';
import type { HealthTracker } from './health-tracker.ts';
import { isCreatedOnly, REPLACED_SUFFIX } from '../spec/names.ts';
import type { RecreateOperation, RemoveOperation, Successor } from '../plan/operation.ts';
import { Unhealthy } from './unhealthy.ts';

/**
 * Puts a new container in the place of an old one, which is stopped and removed only when the
 * new one is healthy, and otherwise comes back as it was. Killed in between, the old one
 * is set aside under its label and another name: the next plan continues from there.
 * @param pass waits until the new one is healthy, and throws when it does not become so
 * @param signal brings the old one back, unless the new one is healthy already
 */
export async function recreate(
  engine: Engine,
  operation: RecreateOperation,
  pass: (id: string) => Promise<void> = () => Promise.resolve(),
  signal: AbortSignal = NEVER,
): Promise<void> {
  const { name, nameNow, id, unfinished, spec, stop, wasRunning } = operation;
  const mayGoOn = (): void => refuseInterrupted(signal, `cannot recreate container "${name}"`);
  const old = await engine.findContainer(id);
  mayGoOn();
  if (old === undefined)
    throw new Failure(`cannot recreate container "${name}"`, { why: 'it was removed in the meantime' });
  if (unfinished !== undefined) await discard(engine, unfinished, name, {});
  if (nameNow === name) await renameInAnyState(engine, id, `${name}${REPLACED_SUFFIX}`, stop);
  let made: string | undefined;
  let move: PreparedMove | undefined;
  let isStarted = false;
  try {
    mayGoOn();
    if (operation.move !== undefined) {
      move = await prepareMove(engine, operation.move, id);
      // nobody writes while it is copied
      await engine.stopContainer(id, stop);
      mayGoOn();
      await copyData(move, id, signal);
    }
    mayGoOn();
    made = await engine.createContainer(name, makeCreateBody(spec, old));
    mayGoOn();
    await engine.stopContainer(id, stop);
    mayGoOn();
    if (!isCreatedOnly(spec.ownLabels)) {
      await engine.startContainer(made);
      isStarted = true;
      await pass(made);
    }
  } catch (error) {
    throw await bringBack(engine, { id, name, wasRunning }, { made, isStarted, error });
  }
  const left = await discard(engine, id, name);
  if (move !== undefined) finishMove(move);
  if (left !== undefined) throw left;
}

/** Ends a recreate whose new container was started already when it was interrupted. */
export async function finishReplacing(
  engine: Engine,
  operation: RemoveOperation,
  { id: made, name }: Successor,
  keeper: HealthTracker,
): Promise<void> {
  const { id, stop } = operation;
  try {
    await keeper.pass(operation, name, made);
  } catch (error) {
    if (!(error instanceof Unhealthy)) throw error;
    throw await bringBack(engine, { id, name, wasRunning: true }, { made, isStarted: true, error });
  }
  const left = await discard(engine, id, name, stop);
  if (left !== undefined) throw left;
}

interface Old {
  readonly id: string;
  readonly name: string;
  readonly wasRunning: boolean;
}

interface Broken {
  readonly made: string | undefined;
  readonly isStarted: boolean;
  readonly error: unknown;
}

/** The one that has the name, where it is ours and not the old one. */
async function findMade(engine: Engine, old: string, name: string): Promise<string | undefined> {
  const holder = (await engine.listContainers()).find((one) => one.name === name && one.id !== old);
  return holder !== undefined && findOwner(holder) === name ? holder.id : undefined;
}

/** @returns what is to be thrown: the error itself, or that the old one did not come back, with both reasons */
async function bringBack(
  engine: Engine,
  { id, name, wasRunning }: Old,
  { made, isStarted, error }: Broken,
): Promise<unknown> {
  // an engine that was restarted may have done the call that it never answered
  const isLost = error instanceof EngineGone;
  try {
    const left = made ?? (isLost ? await findMade(engine, id, name) : undefined);
    if (left !== undefined) await discard(engine, left, name, isStarted || isLost ? {} : undefined);
    // started first: killed in between, it serves under its other name
    if (wasRunning) await engine.startContainer(id);
    await engine.renameContainer(id, name);
  } catch (second) {
    return new Failure(`cannot recreate container "${name}"`, {
      why: `${isLost ? 'the engine does not answer: ' : ''}${reasonOf(error)}; and the old one did not come back: ${reasonOf(second)}`,
      hint: `docker ps --all shows it as ${name}${REPLACED_SUFFIX}; the next docksmith reconcile tries again`,
      cause: error,
    });
  }
  if (error instanceof Interrupted) return error.with(`the old one ${wasRunning ? 'runs' : 'is'} as before`);
  if (!(error instanceof Unhealthy)) return error;
  return new Unhealthy(
    `cannot recreate container "${name}"`,
    `the new one was started, and ${error.reason}; the old one ${wasRunning ? 'runs again' : 'is back'}`,
    error.lines,
  );
}
