import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, reasonOf } from '../../base/errors.ts';
import type { Engine, StopRequest } from '../../engine/engine.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import { EngineGone } from '../../engine/engine-gone.ts';

/** So long the engine may take to remove what it removes already. */
const REMOVED_WITHIN_MILLISECONDS = 10_000;
const LOOK_EVERY_MILLISECONDS = 100;

/**
 * Gives a container another name, whatever it does. Between two starts the engine cannot rename
 * it (moby has no network of it then): it is stopped first.
 */
export async function renameInAnyState(engine: Engine, id: string, name: string, stop: StopRequest): Promise<void> {
  try {
    await engine.renameContainer(id, name);
  } catch (error) {
    // it may have ended between the question and the call
    if (error instanceof EngineGone || !isStartedAgain(await engine.findContainer(id))) throw error;
    await engine.stopContainer(id, stop);
    try {
      await engine.renameContainer(id, name);
    } catch (second) {
      await engine.startContainer(id);
      throw second;
    }
  }
}

function isStartedAgain(inspect: ContainerInspect | undefined): boolean {
  return inspect !== undefined && (inspect.State.Status === 'restarting' || (inspect.RestartCount ?? 0) > 0);
}

/**
 * Removes a container, but for its volumes. A container that the engine cannot remove is renamed:
 * it gets a name that is not in use, and later plans ignore it.
 * @param stop how it is stopped before; absent: it does not run
 * @returns why it is still there; undefined once it is gone. Throws where its name stays taken
 */
export async function discard(
  engine: Engine,
  id: string,
  name: string,
  stop?: StopRequest,
): Promise<Failure | undefined> {
  try {
    if (stop !== undefined) await engine.stopContainer(id, stop);
    await engine.removeContainer(id);
    return undefined;
  } catch (error) {
    if (error instanceof EngineGone) throw error;
    const inspect = await waitWhileRemoved(engine, id);
    if (inspect === undefined) return undefined;
    // a call that it refused for once leaves it as it was, to be tried again; dead is what the engine itself
    // has given up
    if (inspect.State.Status !== 'dead') throw error;
    const mark = `.dead-${id.slice(0, 12)}`;
    const apart = name.endsWith(mark) ? name : name + mark;
    if (inspect.Name !== `/${apart}`) await engine.renameContainer(id, apart);
    return new Failure(`cannot remove container "${apart}"`, {
      why: reasonOf(error),
      hint: 'docksmith reconcile --remove-orphans tries again once that is fixed',
      cause: error,
    });
  }
}

/** Somebody else may be removing it. @returns what is there then */
async function waitWhileRemoved(engine: Engine, id: string): Promise<ContainerInspect | undefined> {
  const began = performance.now();
  for (;;) {
    const inspect = await engine.findContainer(id);
    if (inspect?.State.Status !== 'removing' || performance.now() - began > REMOVED_WITHIN_MILLISECONDS) return inspect;
    await sleep(LOOK_EVERY_MILLISECONDS);
  }
}
