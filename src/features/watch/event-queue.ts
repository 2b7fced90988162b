import type { EventToRun, Seen } from './watch-state.ts';

/** What is told when an event has ended. */
export interface EventEnded {
  readonly event: EventToRun;
  /** the watches that asked for it, each with what it had seen when the event began */
  readonly watches: ReadonlyMap<string, Seen>;
  /** in words; undefined: it has succeeded */
  readonly failure: string | undefined;
}

export interface QueueOptions {
  /** @returns why it failed, in words */
  readonly run: (event: EventToRun) => Promise<string | undefined>;
  readonly onEnd: (ended: EventEnded) => void;
  /** what follows so soon is part of the same change */
  readonly settleMilliseconds: number;
  /** the first wait after a failure; it doubles up to sixteen times that */
  readonly retryMilliseconds: number;
}

interface Job {
  readonly event: EventToRun;
  watches: Map<string, Seen>;
  failures: number;
  timer: NodeJS.Timeout | undefined;
  /** the timer is that after a failure */
  isLater: boolean;
  isDue: boolean;
}

const MOST_DOUBLINGS = 4;

/**
 * Runs events one after the other: what changes while an event runs has it run once more, however often it
 * changes. One that has failed is tried again, later each time, and at once when something changes.
 */
export class EventQueue {
  readonly #options: QueueOptions;
  readonly #jobs = new Map<string, Job>();
  #working: Promise<void> | undefined;
  /** the watches whose event runs */
  #running = new Map<string, Seen>();
  #isClosed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** @param seen what the watch sees now: it is handled when the event has succeeded */
  ask(event: EventToRun, watch: string, seen: Seen): void {
    if (this.#isClosed) return;
    const key = JSON.stringify([event.event, event.args]);
    let job = this.#jobs.get(key);
    if (job === undefined)
      this.#jobs.set(
        key,
        (job = { event, watches: new Map(), failures: 0, timer: undefined, isLater: false, isDue: false }),
      );
    job.watches.set(watch, seen);
    // a wait after a failure is over, one for a burst goes on
    if (job.isDue || (job.timer !== undefined && !job.isLater)) return;
    this.#wait(job, this.#options.settleMilliseconds);
  }

  /** What a watch asked for last, and is not done yet. */
  find(watch: string): Seen | undefined {
    for (const { watches } of this.#jobs.values()) {
      const seen = watches.get(watch);
      if (seen !== undefined) return seen;
    }
    return this.#running.get(watch);
  }

  /** Its record has changed or gone. */
  forget(watch: string): void {
    this.#running.delete(watch);
    for (const job of this.#jobs.values())
      if (job.watches.delete(watch) && job.watches.size === 0) {
        clearTimeout(job.timer);
        [job.timer, job.isDue] = [undefined, false];
      }
  }

  /** Begins nothing any more, and waits for what runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#jobs.values()) clearTimeout(timer);
    await this.#working;
  }

  #wait(job: Job, milliseconds: number, isLater = false): void {
    clearTimeout(job.timer);
    job.isLater = isLater;
    job.timer = setTimeout(() => {
      [job.timer, job.isDue] = [undefined, true];
      this.#working ??= this.#work().finally(() => (this.#working = undefined));
    }, milliseconds);
  }

  async #work(): Promise<void> {
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      const watches = job.watches;
      [job.watches, job.isDue] = [new Map<string, Seen>(), false];
      this.#running = watches;
      const failure = await this.#options.run(job.event);
      this.#running = new Map();
      this.#options.onEnd({ event: job.event, watches, failure });
      if (failure === undefined) job.failures = 0;
      else this.#tryAgain(job, watches);
    }
  }

  #next(): Job | undefined {
    return this.#isClosed ? undefined : [...this.#jobs.values()].find(({ isDue }) => isDue);
  }

  #tryAgain(job: Job, watches: ReadonlyMap<string, Seen>): void {
    // what was seen meanwhile counts
    job.watches = new Map([...watches, ...job.watches]);
    if (job.watches.size === 0) return;
    const wait = this.#options.retryMilliseconds * 2 ** Math.min(job.failures, MOST_DOUBLINGS);
    job.failures++;
    if (!this.#isClosed && job.timer === undefined) this.#wait(job, wait, true);
  }
}
