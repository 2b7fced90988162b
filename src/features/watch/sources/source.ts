import type { Seen } from '../watch-state.ts';

/** Something that is watched, until it is told to stop. */
export interface Source {
  /** ends when the signal comes, and not before */
  run(listener: SourceListener, signal: AbortSignal): Promise<void>;
}

export interface SourceListener {
  /** called with what is there whenever that was looked at */
  readonly onSeen: (seen: Seen) => void;
  /** called whenever it could not be looked at */
  readonly onUnreachable: (why: string) => void;
}
