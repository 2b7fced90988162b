import { daemonRestart, willRestartDaemon } from './daemon.ts';
import { checkEngineOptions } from './engine-options.ts';
import type { StepPart } from '../step-part.ts';

/** Of `docksmith restart-daemon`. */
export const restartDaemonStep: StepPart = {
  check: ({ hostState, expanded, move }) => checkEngineOptions(hostState, expanded.changes, move),
  restartsEngine: ({ hostState: { paths, snapshot }, intents }) => willRestartDaemon(paths, snapshot, intents),
  leavesEngine: ({ hostState: { paths, snapshot }, intents }) => !willRestartDaemon(paths, snapshot, intents),
  plan: async ({ hostState: { paths, snapshot }, intents, expanded }) => ({
    engine: await daemonRestart(paths, snapshot, intents, expanded.changes),
  }),
};
