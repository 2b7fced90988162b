import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../base/errors.ts';
import { NEVER, unlessInterrupted } from '../../base/interrupt.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import { EngineGone } from '../../engine/engine-gone.ts';
import { checkHealth, findLastCheck, type Health, ownCheckTime } from './health.ts';
import { type HealthRequest, type HealthTimes, readHealthRequest } from '../spec/health-request.ts';
import { Unhealthy } from './unhealthy.ts';
import type { TextMap } from '../spec/value.ts';

/** Which container, and what its run spec says of its health. */
export interface Watched {
  readonly id: string;
  readonly name: string;
  /** of the run spec */
  readonly labels: TextMap;
  readonly since: Since;
  /** whether others wait until it has ended with exit code 0; otherwise until it is healthy */
  readonly isAwaited?: boolean;
  /** when it was started, by a monotonic clock; only for `settling` */
  readonly began?: number;
}

/**
 * What was done to it, and so how long it may take: `started` and `unpaused` just now; `earlier`,
 * when its time began with its own start; `failed` already, when it is looked at and not waited for;
 * `settling`, when it was healthy already, and is looked at once more.
 */
export type Since = 'started' | 'unpaused' | 'earlier' | 'failed' | 'settling';

/**
 * Waits until a container is healthy.
 * @param onWords gets what is waited for, as often as it is looked at
 * @throws Unhealthy; another Failure for what says nothing of how the container does
 */
export type HealthWait = (watched: Watched, onWords: (words: string) => void) => Promise<void>;

const WAIT_MILLISECONDS = 60_000;
/** One that was healthy may be busy for a moment. */
const LEAST_WAIT_MILLISECONDS = 2000;
const LOOK_EVERY_MILLISECONDS = 150;
/** So long a container has run at least before an event ends well that has started it. */
const SETTLE_MILLISECONDS = 1000;
const LOG_LINES = 10;

/**
 * @param times for containers that do not say it themselves
 * @param signal ends every wait
 */
export function makeHealthWait(engine: Engine, times: HealthTimes, signal: AbortSignal = NEVER): HealthWait {
  return async ({ id, name, labels, since, isAwaited = false, began = 0 }, onWords) => {
    const request = readHealthRequest(labels, times);
    // whether it completes is no question of its health: who needs that has nothing to begin with before
    if (request.wait === 0 && !isAwaited) return;
    const watch = new Watch(engine, id, request, since, isAwaited);
    const wait = <T>(work: Promise<T>): Promise<T> =>
      unlessInterrupted(signal, `cannot wait for container "${name}"`, work, 'it was started, and was not waited for');
    if (since === 'settling' && isAwaited) return;
    if (since === 'settling') {
      await wait(sleep(Math.max(0, Math.min(SETTLE_MILLISECONDS, request.uptime) - (performance.now() - began))));
      const inspect = await wait(engine.findContainer(id));
      if (inspect?.State.Running === true && (inspect.RestartCount ?? 0) === 0) return;
    }
    for (;;) {
      const health = await wait(watch.look());
      if (health.state === 'healthy') return;
      if (health.state === 'disturbed') throw new Failure(`cannot run container "${name}"`, { why: health.words });
      if (health.state === 'failed')
        throw new Unhealthy(`cannot run container "${name}"`, health.words, await engine.readLastLines(id, LOG_LINES));
      onWords(health.words);
      await wait(sleep(LOOK_EVERY_MILLISECONDS));
    }
  };
}

/** Whether a container is healthy right now. */
export async function isHealthy(
  engine: Engine,
  { id, labels }: Pick<Watched, 'id' | 'labels'>,
  times: HealthTimes,
): Promise<boolean> {
  return (await new Watch(engine, id, readHealthRequest(labels, times), 'failed').look()).state === 'healthy';
}

/** One container over a time, by a monotonic clock. */
class Watch {
  readonly #engine: Engine;
  readonly #id: string;
  readonly #request: HealthRequest;
  readonly #since: Since;
  readonly #isAwaited: boolean;
  readonly #began = performance.now();
  #first: { readonly restarts: number; readonly check: string | undefined; readonly ranFor: number } | undefined;
  #start: { readonly at: string; readonly ranFor: number; readonly seen: number } | undefined;

  constructor(engine: Engine, id: string, request: HealthRequest, since: Since, isAwaited = false) {
    this.#engine = engine;
    this.#id = id;
    this.#request = request;
    this.#since = since;
    this.#isAwaited = isAwaited;
  }

  async look(): Promise<Health> {
    let limit = this.#request.wait || WAIT_MILLISECONDS;
    const judge = (health: Health): Health => {
      if (health.state !== 'waiting' || performance.now() - this.#began < limit) return health;
      if (this.#since === 'failed' || this.#since === 'earlier') return { state: 'failed', words: health.words };
      return {
        state: health.isEngine === true ? 'disturbed' : 'failed',
        words: `it did not ${this.#isAwaited ? 'complete' : 'become healthy'} within ${limit / 1000}s: ${health.words}`,
      };
    };
    let inspect: ContainerInspect | undefined;
    try {
      inspect = await this.#engine.findContainer(this.#id);
    } catch (error) {
      if (error instanceof EngineGone || !(error instanceof Failure)) throw error;
      return judge({ state: 'waiting', words: error.why, isEngine: true });
    }
    if (inspect === undefined) return { state: 'disturbed', words: 'it was removed' };
    const { RestartCount: restarts = 0 } = inspect;
    const ranFor = this.#ranFor(inspect);
    // those of an earlier time count for one that is started again and again right now
    const before =
      (this.#since !== 'earlier' && this.#since !== 'failed') || inspect.State.Status !== 'restarting' ? restarts : 0;
    this.#first ??= { restarts: before, check: findLastCheck(inspect), ranFor };
    if (this.#request.wait === undefined) limit = Math.max(limit, ownCheckTime(inspect));
    if (this.#since === 'failed') limit = 0;
    if (this.#since === 'earlier') limit = Math.max(LEAST_WAIT_MILLISECONDS, limit - this.#first.ranFor);
    // how it does meanwhile counts for nothing: it is there for its end
    if (this.#isAwaited && inspect.State.Status === 'running')
      return judge({ state: 'waiting', words: 'it has not completed yet' });
    const isStale = this.#since === 'unpaused' && findLastCheck(inspect) === this.#first.check;
    return judge(
      await checkHealth(this.#engine, inspect, this.#request, {
        ranFor,
        restarts: restarts - this.#first.restarts,
        isStale,
      }),
    );
  }

  /**
   * Since its last start, in milliseconds. Only once the engine's clock is asked how long it has run: clocks
   * may be set meanwhile.
   */
  #ranFor({ State: { StartedAt } }: ContainerInspect): number {
    if (this.#start?.at !== StartedAt) {
      const [started, now] = [Date.parse(StartedAt), this.#engine.getTime()];
      // an engine that does not say when it was started is believed that it runs
      const ranFor = Number.isNaN(started) ? Infinity : Math.max(0, (now ?? started) - started);
      this.#start = { at: StartedAt, ranFor, seen: performance.now() };
    }
    return this.#start.ranFor + performance.now() - this.#start.seen;
  }
}
