import { reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { getEngine } from '../host-state.ts';
import type { Reporter } from '../reporter.ts';

/** Containers that the engine would not have after its next start, and that would run on unseen. */
export async function stopAll(
  paths: Paths,
  snapshot: Snapshot,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (names.length === 0) return;
  const engine = await getEngine(paths, snapshot);
  for (const name of names) {
    if (signal.aborted) return;
    const seconds = (await engine.findContainer(name))?.Config.StopTimeout ?? undefined;
    await engine.stopContainer(name, seconds === undefined ? {} : { seconds });
  }
}

/** The same, where the engine did not start in the other way. */
export async function startAgain(
  paths: Paths,
  snapshot: Snapshot,
  names: readonly string[],
  reporter: Reporter,
): Promise<void> {
  if (names.length === 0) return;
  const engine = await getEngine(paths, snapshot);
  for (const name of names)
    try {
      await engine.startContainer(name);
    } catch (error) {
      reporter.warning(`${name} does not start again: ${reasonOf(error)}`);
    }
}
