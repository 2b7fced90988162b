import { type Docker, statusOf } from './docker-client.ts';
import type { StopRequest } from '../engine.ts';

/** How long a container may take to end when nothing is said, as the engine's own default. */
export const STOP_SECONDS = 10;

/** Stops a container, whatever state it is in. */
export async function stopContainer(container: Docker.Container, { seconds, signal }: StopRequest): Promise<void> {
  if (signal === undefined) {
    await container.stop(seconds === undefined ? {} : { t: seconds });
    return;
  }
  // the engine itself would send the one that the container was made with
  await container.kill({ signal }).catch((error: unknown) => {
    // it does not run
    if (statusOf(error) !== 409) throw error;
  });
  await container
    .wait({ condition: 'not-running', abortSignal: AbortSignal.timeout((seconds ?? STOP_SECONDS) * 1000) })
    .catch(() => undefined);
  // ends it if it still runs, and keeps a policy of restarting from starting it again
  await container.stop({ t: 0 });
}
