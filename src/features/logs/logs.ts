import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerSummary } from '../../engine/engine.ts';
import { findEventHolder } from '../../event/event-holder.ts';
import type { Paths } from '../../base/paths.ts';
import { type EngineAccess, findOurs, getOurs, openEngineAccess } from '../../flow/engine-access.ts';
import { interleave, mergeByTime } from './merge.ts';
import type { LogsRequest, NamedLine } from './request.ts';
import { findServices, ServiceFollower } from './service-logs.ts';

/**
 * A stopped container that nobody starts again in this time has ended: `docker restart` takes a moment
 * between its two halves.
 */
const ENDED_AFTER_MILLISECONDS = 3000;
const LOOK_EVERY_MILLISECONDS = 200;

/**
 * The logs of containers, merged by time. Followed, lines come as they are written, over
 * restarts and over a new container that takes the name, until all have ended for good.
 * @throws Failure(s) for names that are not there, and when the engine goes
 */
export async function* readLogs(paths: Paths, request: LogsRequest): AsyncGenerator<NamedLine> {
  const adminEngine = await openEngineAccess(paths);
  const services = await findServices(adminEngine.snapshot, request.names);
  const ofHost = request.names.filter((name) => !services.has(name));
  const containers = await getOurs(adminEngine.engine, adminEngine.snapshot, ofHost);
  const followers = [
    ...containers.map((container) => new Follower(paths, adminEngine, container, request)),
    ...[...services.values()].map((view) => new ServiceFollower(adminEngine.adminEngine, view, request)),
  ];
  yield* mergeByTime(followers.map((follower) => follower.readPast()));
  if (request.follow) yield* interleave(followers.map((follower) => follower.follow()));
}

class Follower {
  readonly #paths: Paths;
  readonly #adminEngine: EngineAccess;
  readonly #name: string;
  readonly #request: LogsRequest;
  #id: string;
  /** where we are in the log: the time of the last line, and how many lines had it */
  #time: string | undefined;
  #count = 0;

  constructor(paths: Paths, adminEngine: EngineAccess, { id, name }: ContainerSummary, request: LogsRequest) {
    this.#paths = paths;
    this.#adminEngine = adminEngine;
    this.#name = name;
    this.#id = id;
    this.#request = request;
    this.#time = request.since;
  }

  async *readPast(): AsyncGenerator<NamedLine> {
    const { tail, signal } = this.#request;
    // where nothing is to be shown, it is still to be known from where on
    for await (const line of this.#read({ tail: tail === 0 ? 1 : tail, signal })) if (tail !== 0) yield line;
  }

  async *follow(): AsyncGenerator<NamedLine> {
    const { signal } = this.#request;
    let mark = '';
    let waited = 0;
    while (signal?.aborted !== true) {
      const { id, now, mayComeBack } = await this.#look();
      if (now !== mark) {
        if (id !== undefined && id !== this.#id) this.#begin(id);
        // what does not run has its lines read all the same: it may have run between two looks
        if (id !== undefined) yield* this.#read({ follow: true, signal });
        mark = now;
        waited = 0;
        continue;
      }
      if (!mayComeBack && waited >= ENDED_AFTER_MILLISECONDS) return;
      waited += LOOK_EVERY_MILLISECONDS;
      await sleep(LOOK_EVERY_MILLISECONDS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }

  /** @returns `now`: differs after every start and end */
  async #look(): Promise<{ readonly id: string | undefined; readonly now: string; readonly mayComeBack: boolean }> {
    const { engine } = this.#adminEngine;
    const found = await findOurs(engine, this.#name);
    const inspect = found === undefined ? undefined : await engine.findContainer(found.id);
    const { Status = '', StartedAt = '', FinishedAt = '' } = inspect?.State ?? {};
    return {
      id: inspect?.Id,
      now: [inspect?.Id, Status, StartedAt, FinishedAt].join(' '),
      // docksmith itself may be about to replace it
      mayComeBack:
        Status === 'restarting' ||
        Status === 'running' ||
        Status === 'paused' ||
        findEventHolder(this.#paths) !== undefined,
    };
  }

  /** A new container has a log of its own. */
  #begin(id: string): void {
    this.#id = id;
    this.#time = undefined;
    this.#count = 0;
  }

  async *#read(options: {
    readonly tail?: number | undefined;
    readonly follow?: boolean;
    readonly signal?: AbortSignal | undefined;
  }): AsyncGenerator<NamedLine> {
    const since = this.#time;
    let known = this.#count;
    for await (const line of this.#adminEngine.adminEngine.readLogs(this.#id, { ...options, since })) {
      // the engine takes the time itself along
      if (line.time === since && known-- > 0) continue;
      this.#count = line.time === this.#time ? this.#count + 1 : 1;
      this.#time = line.time;
      yield { ...line, name: this.#name };
    }
  }
}
