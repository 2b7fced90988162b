import path from 'node:path';
import { compareBytes } from '../../base/layers.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { type Field, readState, writeState } from '../../files/state-file.ts';

export interface EventToRun {
  readonly event: string;
  readonly args: readonly string[];
}

/** What a watch looks at, as it is: another text means that it has changed. */
export type Seen = string;

/** What is remembered of a watch. Times are ISO 8601. */
export interface WatchState {
  /** what its record says: with another one, nothing of it holds any more */
  readonly of: string;
  /** what its event was last run for with success; undefined: it was not yet */
  readonly seen?: Seen | undefined;
  /** when its event last ended */
  readonly ran?: string | undefined;
  /** why that failed */
  readonly failure?: string | undefined;
  /** since when it cannot be looked at, and why */
  readonly unreachable?: { readonly since: string; readonly why: string } | undefined;
}

const WHAT = 'the state of watches';
const stateFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'watches.json'));

export function readWatchStates(paths: Paths): ReadonlyMap<string, WatchState> {
  return readState(stateFile(paths), WHAT, (state) => state.get('watches').map(parseWatch)) ?? new Map();
}

function parseWatch(field: Field): WatchState {
  const text = (name: string): string | undefined => field.get(name).optional((value) => value.text());
  return {
    of: field.get('of').text(),
    seen: text('seen'),
    ran: text('ran'),
    failure: text('failure'),
    unreachable: field
      .get('unreachable')
      .optional((value) => ({ since: value.get('since').text(), why: value.get('why').text() })),
  };
}

export function writeWatchStates(paths: Paths, states: ReadonlyMap<string, WatchState>): void {
  const sorted = [...states].sort(([a], [b]) => compareBytes(a, b));
  writeState(stateFile(paths), WHAT, { watches: Object.fromEntries(sorted) });
}
