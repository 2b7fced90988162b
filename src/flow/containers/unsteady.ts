import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import { type HealthTimes, readHealthRequest } from '../../container/spec/health-request.ts';
import type { Plan } from '../../container/plan/plan.ts';
import { ENDS_AGAIN, steadyTime } from '../../container/actual/steady.ts';
import { NEVER } from '../../base/interrupt.ts';

/**
 * Waits, once and for all of them together, until it is known of the containers that have ended a
 * moment ago whether they end again. Who is told not to wait for a container believes that it runs.
 * @returns who is left otherwise than its record says, by name, with why in a few words
 */
export async function watchUnsteady(
  engine: Engine,
  { unsteady = [], specs = new Map() }: Plan,
  times: HealthTimes,
  signal: AbortSignal = NEVER,
): Promise<ReadonlyMap<string, string>> {
  const waited = unsteady.filter(({ name }) => readHealthRequest(specs.get(name)?.ownLabels ?? {}, times).wait !== 0);
  const ended = await Promise.all(
    waited.map(async ({ name, id, restarts }) => {
      const hasEnded = (inspect: ContainerInspect | undefined): boolean =>
        inspect !== undefined &&
        (inspect.State.Status === 'restarting' || !inspect.State.Running || (inspect.RestartCount ?? 0) > restarts);
      const inspect = await engine.findContainer(id);
      if (inspect === undefined) return [];
      if (hasEnded(inspect)) return [name];
      // who is interrupted looks at once
      await sleep(
        Math.max(0, steadyTime(restarts) - ((engine.getTime() ?? Infinity) - Date.parse(inspect.State.StartedAt))),
        undefined,
        { signal },
      ).catch(() => undefined);
      return hasEnded(await engine.findContainer(id)) ? [name] : [];
    }),
  );
  return new Map(ended.flat().map((name) => [name, ENDS_AGAIN]));
}
