import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerInspect, Engine } from './engine.ts';
import { checkHealth, type Health, ownCheckTime } from './health.ts';
import { type HealthRequest, type HealthTimes, readHealthRequest } from './health-request.ts';
import { Unhealthy } from './unhealthy.ts';
import type { TextMap } from './value.ts';

/** Which container, and what its run spec says of its health. */
export interface Watched {
  readonly id: string;
  readonly name: string;
  /** of the run spec */
  readonly labels: TextMap;
}

/**
 * Waits until a container is healthy.
 * @param onWords gets what is waited for, as often as it is looked at
 * @throws Unhealthy
 */
export type Gate = (watched: Watched, onWords: (words: string) => void) => Promise<void>;

const WAIT_MILLISECONDS = 60_000;
const LOOK_EVERY_MILLISECONDS = 150;
const LOG_LINES = 10;

/** @param times for containers that do not say it themselves */
export function makeGate(engine: Engine, times: HealthTimes): Gate {
  return async ({ id, name, labels }, onWords) => {
    const request = readHealthRequest(labels, times);
    if (request.wait === 0) return;
    const watch = new Watch(engine, id, request);
    for (;;) {
      const health = await watch.look();
      if (health.state === 'healthy') return;
      if (health.state === 'failed') throw new Unhealthy(`cannot run container "${name}"`, health.words, await engine.readLastLines(id, LOG_LINES));
      onWords(health.words);
      await sleep(LOOK_EVERY_MILLISECONDS);
    }
  };
}

/** Whether a container is healthy right now. */
export async function isHealthy(engine: Engine, { id, labels }: Pick<Watched, 'id' | 'labels'>, times: HealthTimes): Promise<boolean> {
  return (await new Watch(engine, id, readHealthRequest(labels, times)).look()).state === 'healthy';
}

/** One container over a time. */
class Watch {
  readonly #engine: Engine;
  readonly #id: string;
  readonly #request: HealthRequest;
  readonly #began = Date.now();
  #restartsBefore: number | undefined;

  constructor(engine: Engine, id: string, request: HealthRequest) {
    this.#engine = engine;
    this.#id = id;
    this.#request = request;
  }

  async look(): Promise<Health> {
    const inspect = await this.#engine.findContainer(this.#id);
    if (inspect === undefined) return { state: 'failed', words: 'it went away' };
    const { RestartCount: restarts = 0 } = inspect;
    this.#restartsBefore ??= restarts;
    const health = await checkHealth(this.#engine, inspect, this.#request, { ranFor: runsFor(inspect), restarts: restarts - this.#restartsBefore });
    if (health.state !== 'waiting') return health;
    const limit = this.#request.wait ?? Math.max(WAIT_MILLISECONDS, ownCheckTime(inspect));
    return Date.now() - this.#began < limit ? health : { state: 'failed', words: `it did not become healthy within ${limit / 1000}s: ${health.words}` };
  }
}

/** Since its last start, in milliseconds. An engine that does not tell the time is believed that it runs. */
function runsFor({ State: { StartedAt } }: ContainerInspect): number {
  const started = Date.parse(StartedAt);
  return Number.isNaN(started) ? Infinity : Date.now() - started;
}
