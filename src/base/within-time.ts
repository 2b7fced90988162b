import { NEVER } from './interrupt.ts';

/**
 * Calls with a signal that is aborted after that time, or with the caller's.
 *
 * `AbortSignal.any([signal, AbortSignal.timeout(n)])` does not: nothing but the combined signal refers to the
 * timeout then, and only weakly, so that it is collected as garbage and never fires (Node 20).
 */
export async function withinTime<T>(
  milliseconds: number,
  act: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal = NEVER,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(), milliseconds);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await act(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
