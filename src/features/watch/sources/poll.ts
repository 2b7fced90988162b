import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../../base/errors.ts';
import type { Seen } from '../watch-state.ts';
import type { Source } from './source.ts';

/** Something that can only be looked at again and again. @param look throws where it cannot be looked at */
export function pollingSource(milliseconds: number, look: (signal: AbortSignal) => Promise<Seen>): Source {
  return {
    async run({ onSeen, onUnreachable }, signal) {
      while (!signal.aborted) {
        try {
          const seen = await look(signal);
          if (goesOn(signal)) onSeen(seen);
        } catch (error) {
          if (goesOn(signal)) onUnreachable(reasonOf(error));
        }
        await pause(milliseconds, signal);
      }
    },
  };
}

/** Waits, or until the signal comes. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** Asked again after each wait. */
export function goesOn(signal: AbortSignal): boolean {
  return !signal.aborted;
}
