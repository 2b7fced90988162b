import { Failure, reasonOf } from '../../base/errors.ts';
import type { CreateNetwork, Engine } from '../../engine/engine.ts';
import { EngineGone } from '../../engine/engine-gone.ts';
import type { ReplacedNetwork } from '../plan/operation.ts';

/**
 * Makes a network again while its containers run: they leave it, and join the new one. Where that fails, the old one
 * is made again, and they are put back on it.
 */
export async function replaceNetwork(
  engine: Engine,
  create: CreateNetwork,
  { network: before, users }: ReplacedNetwork,
): Promise<void> {
  const { name } = create;
  const what = `cannot change network "${name}"`;
  const off = new Set<string>();
  let there: 'old' | 'none' | 'new' = 'old';
  const leave = async (): Promise<void> => {
    // who cannot leave keeps it from being removed, where that matters
    for (const { id } of users) await engine.disconnectNetwork(name, id).then(() => off.add(id), unlessGone);
  };
  const join = async (which: 'before' | 'after'): Promise<void> => {
    for (const { id, [which]: endpoint } of users) {
      if (endpoint === undefined || !off.has(id)) continue;
      await engine.connectNetwork(name, id, endpoint);
      off.delete(id);
    }
  };
  try {
    await leave();
    await engine.removeNetwork(name);
    there = 'none';
    await engine.createNetwork(create);
    there = 'new';
    await join('after');
  } catch (error) {
    unlessGone(error);
    const why = reasonOf(error);
    try {
      if (there === 'new') {
        await leave();
        await engine.removeNetwork(name);
      }
      if (there !== 'old') await engine.createNetwork(before);
      await join('before');
    } catch (second) {
      unlessGone(second);
      const then = `the old one could not be put back: ${reasonOf(second)}`;
      throw new Failure(what, { why: `${why}; ${then}`, hint: 'the next event tries again', cause: error });
    }
    throw new Failure(what, { why: `${why}; it is as it was before`, cause: error });
  }
}

/** @throws what shows that the engine is gone */
function unlessGone(error: unknown): void {
  if (error instanceof EngineGone) throw error;
}
