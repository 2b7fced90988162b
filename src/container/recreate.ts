import { Failure, reasonOf } from '../errors.ts';
import { makeCreateBody } from './create-body.ts';
import { copyData, finishMove, type PreparedMove, prepareMove } from './data-copy.ts';
import type { Engine } from './engine.ts';
import { REPLACED_SUFFIX } from './names.ts';
import type { RecreateOperation } from './operation.ts';

/**
 * Puts a new container in the place of an old one, which is removed only when the new one
 * has started, and otherwise comes back as it was. Killed in between, the old one stands
 * aside under its label and another name: the next plan takes it up from there.
 */
export async function recreate(engine: Engine, operation: RecreateOperation): Promise<void> {
  const { name, nameNow, id, unfinished, spec, stop } = operation;
  const old = await engine.findContainer(id);
  if (old === undefined) throw new Failure(`cannot recreate container "${name}"`, { why: 'it went away in the meantime' });
  if (unfinished !== undefined) {
    await engine.stopContainer(unfinished, {});
    await engine.removeContainer(unfinished);
  }
  if (nameNow === name) await engine.renameContainer(id, `${name}${REPLACED_SUFFIX}`);
  let made: string | undefined;
  let move: PreparedMove | undefined;
  try {
    if (operation.move !== undefined) {
      move = await prepareMove(engine, operation.move, id);
      // nobody writes while it is copied
      await engine.stopContainer(id, stop);
      await copyData(move, id);
    }
    made = await engine.createContainer(name, makeCreateBody(spec, old));
    await engine.stopContainer(id, stop);
    await engine.startContainer(made);
  } catch (error) {
    await bringBack(engine, operation, { made, error });
    throw error;
  }
  await engine.removeContainer(id);
  if (move !== undefined) finishMove(move);
}

interface Broken { readonly made: string | undefined; readonly error: unknown }

/** Throws only when that fails too, with both reasons. */
async function bringBack(engine: Engine, { id, name, wasRunning }: RecreateOperation, { made, error }: Broken): Promise<void> {
  try {
    if (made !== undefined) await engine.removeContainer(made);
    await engine.renameContainer(id, name);
    if (wasRunning) await engine.startContainer(id);
  } catch (second) {
    throw new Failure(`cannot recreate container "${name}"`, {
      why: `${reasonOf(error)}; and the old one did not come back: ${reasonOf(second)}`,
      hint: `docker ps --all shows it as ${name}${REPLACED_SUFFIX}; the next docksmith reconcile tries again`,
      cause: error,
    });
  }
}
