import type { Paths } from '../../base/paths.ts';
import type { EventEnded } from './event-queue.ts';
import { readWatchStates, type WatchState, writeWatchStates } from './watch-state.ts';

/** What is remembered of all watches: written down whenever something of it changes. */
export class WatchStates {
  readonly #paths: Paths;
  readonly #onLine: (line: string) => void;
  readonly #states: Map<string, WatchState>;

  constructor(paths: Paths, onLine: (line: string) => void) {
    this.#paths = paths;
    this.#onLine = onLine;
    this.#states = new Map(readWatchStates(paths));
  }

  find(name: string): WatchState | undefined {
    return this.#states.get(name);
  }

  /** With another record nothing holds that was seen. */
  begin(name: string, of: string): void {
    if (this.#states.get(name)?.of !== of) this.#set(name, { of });
  }

  /** Forgets those that have no record any more. */
  keepOnly(names: ReadonlyMap<string, unknown>): void {
    const gone = [...this.#states.keys()].filter((name) => !names.has(name));
    for (const name of gone) this.#states.delete(name);
    if (gone.length > 0) writeWatchStates(this.#paths, this.#states);
  }

  reach(name: string): void {
    const state = this.#states.get(name);
    if (state?.unreachable === undefined) return;
    this.#onLine(`${name}: can be reached again`);
    this.#set(name, { ...state, unreachable: undefined });
  }

  miss(name: string, why: string): void {
    const state = this.#states.get(name);
    if (state === undefined || state.unreachable?.why === why) return;
    this.#onLine(`${name}: cannot be reached: ${why}`);
    const since = state.unreachable?.since ?? new Date().toISOString();
    this.#set(name, { ...state, unreachable: { since, why } });
  }

  end({ watches, failure }: EventEnded): void {
    const ran = new Date().toISOString();
    for (const [name, seen] of watches) {
      const state = this.#states.get(name);
      if (state === undefined) continue;
      if (failure === undefined) this.#set(name, { ...state, seen, ran, failure: undefined });
      else this.#set(name, { ...state, ran, failure });
    }
  }

  #set(name: string, state: WatchState): void {
    this.#states.set(name, state);
    writeWatchStates(this.#paths, this.#states);
  }
}
