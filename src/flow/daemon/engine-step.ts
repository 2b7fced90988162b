import { daemonRestart, willRestartDaemon } from './daemon.ts';
import { checkEngineOptions } from './engine-options.ts';
import type { StepPart } from '../step-part.ts';

/** Of `docksmith restart-daemon`. */
export const restartDaemonStep: StepPart = {
  check: ({ world, expanded }) => checkEngineOptions(world, expanded.changes),
  restartsEngine: ({ world: { paths, snapshot }, intents }) => willRestartDaemon(paths, snapshot, intents),
  plan: async ({ world: { paths, snapshot }, intents }) => ({ engine: await daemonRestart(paths, snapshot, intents) }),
};
