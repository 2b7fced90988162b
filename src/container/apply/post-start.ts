import type { Engine } from '../../engine/engine.ts';
import { listHooks } from '../spec/keys/hooks.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { Unhealthy } from './unhealthy.ts';

/**
 * Runs what a run spec wants to be run in its container once it has been started.
 * @throws Unhealthy for the first command that fails
 */
export async function runPostStart(engine: Engine, { name, values }: RunSpec, id: string): Promise<void> {
  for (const hook of listHooks(values['post_start'])) {
    const { exitCode, lines } = await engine.runCommand(id, hook);
    if (exitCode !== 0)
      throw new Unhealthy(
        `cannot run container "${name}"`,
        `its post_start command "${hook.command.join(' ')}" ended with exit code ${exitCode}`,
        lines,
      );
  }
}
