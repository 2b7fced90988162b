import { setMaxListeners } from 'node:events';
import type { Writable } from 'node:stream';
import { exitCodeOf, type InterruptName, INTERRUPTS } from '../base/interrupt.ts';
import { painter } from './format/terminal.ts';

/**
 * From a terminal a signal reaches us and whoever passes it on to us: that is one. So are two quick strokes
 * of one hand.
 */
const SAME_WITHIN_SECONDS = 1;

/** For who has called others that hear the signal too. */
export const LINGER_MILLISECONDS = 500;

let interruptedBy: AbortSignal | undefined;

/**
 * Runs what Ctrl-C, a SIGTERM or the end of the terminal ends in good order; a second one ends it at once.
 * @param inHand what would be left half done now, in words; undefined: nothing
 * @param lingerMilliseconds what it then waits, so that those that it called and that hear the signal too can
 * have their last word
 * @returns the exit code
 */
export async function interruptible(
  stderr: Writable,
  run: (signal: AbortSignal) => Promise<number>,
  inHand: () => string | undefined = () => undefined,
  lingerMilliseconds = 0,
): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  // as many containers as are waited for at once listen to it
  setMaxListeners(0, signal);
  const say = (words: string): void => void stderr.write(`${painter(stderr)('yellow', 'docksmith:')} ${words}\n`);
  // a closed terminal must not end us in the middle
  stderr.on('error', () => undefined);
  let began = 0;
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (name: InterruptName): void => {
    if (!signal.aborted) {
      began = process.uptime();
      timer = setTimeout(() => {
        const words = inHand();
        if (words !== undefined)
          say(`interrupted during ${words}: completing that first; a second interrupt stops at once`);
      }, SAME_WITHIN_SECONDS * 1000).unref();
      interruptedBy = signal;
      controller.abort(name);
    } else if (process.uptime() - began > SAME_WITHIN_SECONDS) {
      const words = inHand();
      if (words !== undefined)
        say(`stopped during ${words}: that is half done, and the next docksmith reconcile completes it`);
      setTimeout(() => process.exit(exitCodeOf(signal)), lingerMilliseconds);
    }
  };
  const names = Object.keys(INTERRUPTS) as InterruptName[];
  for (const name of names) process.on(name, onSignal);
  try {
    const exitCode = await run(signal);
    return signal.aborted ? exitCodeOf(signal) : exitCode;
  } finally {
    clearTimeout(timer);
    for (const name of names) process.off(name, onSignal);
  }
}

/** Ends the program if a signal has ended its work: what was not waited for would keep it. */
export async function leaveIfInterrupted(streams: readonly Writable[]): Promise<void> {
  if (interruptedBy === undefined) return;
  for (const stream of streams) await new Promise((resolve) => void stream.write('', resolve));
  process.exit(exitCodeOf(interruptedBy));
}
