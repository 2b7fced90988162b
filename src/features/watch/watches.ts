import type { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { takeLockIfFree } from '../../files/lock.ts';
import { readHostSnapshot } from '../../flow/host-state.ts';
import { listWatched, type Watched } from './watched.ts';
import { WATCH_LOCK } from './watch-lock.ts';
import { readWatchStates, type WatchState } from './watch-state.ts';

/** How things stand with a record of `watches`. */
export interface WatchStatus extends Pick<Watched, 'name' | 'kind' | 'what' | 'toRun' | 'mistakes'> {
  /** undefined: nothing is known of this record yet */
  readonly state: WatchState | undefined;
}

export interface WatchesStatus {
  /** whether the service runs */
  readonly isRunning: boolean;
  readonly watches: readonly WatchStatus[];
}

export function readWatches(paths: Paths): WatchesStatus {
  const states = readWatchStates(paths);
  const watches = listWatched(paths, readHostSnapshot(paths)).map(({ of, ...watched }) => {
    const state = states.get(watched.name);
    return { ...watched, state: state?.of === of ? state : undefined };
  });
  return { isRunning: isHeld(paths), watches };
}

/** Who begins meanwhile waits for a moment. */
function isHeld(paths: Paths): boolean {
  const lock = takeLockIfFree(paths.file(WATCH_LOCK), 'docksmith watches');
  lock?.release();
  return lock === undefined;
}

/** What is wrong with any of them, in words. */
export function listProblems({ isRunning, watches }: WatchesStatus): readonly string[] {
  return [
    ...(isRunning || watches.length === 0 ? [] : ['docksmith watch does not run: nothing is watched']),
    ...watches.flatMap(({ name, mistakes, state }) => [
      ...mistakes.map((mistake: Failure) => mistake.message),
      ...(state?.unreachable === undefined ? [] : [`${name}: cannot be reached: ${state.unreachable.why}`]),
      ...(state?.failure === undefined ? [] : [`${name}: its event failed: ${state.failure}`]),
    ]),
  ];
}
