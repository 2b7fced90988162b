import { withinTime } from '../../base/within-time.ts';
import { type DockerClient, statusOf, toPath } from './docker-client.ts';
import type { StopRequest } from '../engine.ts';

/** How long a container may take to end when nothing is said, as the engine's own default. */
export const STOP_SECONDS = 10;

/** Stops a container, whatever state it is in. */
export async function stopContainer(client: DockerClient, id: string, { seconds, signal }: StopRequest): Promise<void> {
  const path = `/containers/${toPath(id)}`;
  const stop = (t: number): Promise<unknown> => client.call(`${path}/stop?t=${t}`, { method: 'POST', seconds: t });
  if (signal === undefined) {
    await stop(seconds ?? STOP_SECONDS);
    return;
  }
  // the engine itself would send the one that the container was made with
  await client.call(`${path}/kill?signal=${encodeURIComponent(signal)}`, { method: 'POST' }).catch((error: unknown) => {
    // it does not run
    if (statusOf(error) !== 409) throw error;
  });
  await withinTime((seconds ?? STOP_SECONDS) * 1000, async (limit) =>
    client.call(`${path}/wait?condition=not-running`, { method: 'POST', signal: limit }),
  ).catch(() => undefined);
  // ends it if it still runs, and keeps a policy of restarting from starting it again
  await stop(0);
}
