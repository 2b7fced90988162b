import { Failure } from './errors.ts';

/** Signals that ask a command to end in good order, with their numbers: the exit code is 128 more. */
export const INTERRUPTS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
export type InterruptName = keyof typeof INTERRUPTS;

/** Of who cannot be interrupted. */
export const NEVER: AbortSignal = new AbortController().signal;

/** A signal has ended the work; what it was doing is put back, or said. */
export class Interrupted extends Failure {
  /** how things stand now, in words; empty: nothing was begun */
  readonly rest: string;
  readonly #what: string;
  readonly #signal: AbortSignal;

  constructor(what: string, signal: AbortSignal, rest = '') {
    super(what, { why: `interrupted by ${nameOf(signal)}${rest === '' ? '' : `; ${rest}`}` });
    this.rest = rest;
    this.exitCode = exitCodeOf(signal);
    this.#what = what;
    this.#signal = signal;
  }

  /** The same, with what has become true since. */
  with(rest: string): Interrupted {
    return new Interrupted(this.#what, this.#signal, rest);
  }
}

/** Of a signal that has come. */
function nameOf(signal: AbortSignal): InterruptName {
  const name: unknown = signal.reason;
  return name === 'SIGHUP' || name === 'SIGTERM' ? name : 'SIGINT';
}

/** 130 for a Ctrl-C, as every program that it ends. */
export function exitCodeOf(signal: AbortSignal): number {
  return 128 + INTERRUPTS[nameOf(signal)];
}

/** Whether a command that ended so was interrupted. */
export function isInterruption(exitCode: number | undefined): boolean {
  return exitCode !== undefined && Object.values(INTERRUPTS).some((number) => exitCode === 128 + number);
}

/** @throws Interrupted once a signal has come */
export function refuseInterrupted(signal: AbortSignal, what: string, rest?: string): void {
  if (signal.aborted) throw new Interrupted(what, signal, rest);
}

/**
 * Lets a signal that has come already be heard: what came together with an answer of the engine may still
 * stand in line behind it.
 */
export async function hearSignals(): Promise<void> {
  await new Promise((resolve) => void setImmediate(resolve));
}

/** The same, for who does not go on then. @throws Interrupted */
export async function listenForInterrupt(signal: AbortSignal, what: string, rest?: string): Promise<void> {
  await hearSignals();
  refuseInterrupted(signal, what, rest);
}

/**
 * Waits for what can be left to itself: it is not waited for any more when a signal comes.
 * @throws Interrupted, and what it throws
 */
export async function unlessInterrupted<T>(
  signal: AbortSignal,
  what: string,
  work: Promise<T>,
  rest?: string,
): Promise<T> {
  if (signal === NEVER) return work;
  let stop = (): void => undefined;
  const interrupted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new Interrupted(what, signal, rest));
    signal.addEventListener('abort', stop, { once: true });
  });
  // it may fail when nobody waits for it any more
  work.catch(() => undefined);
  try {
    refuseInterrupted(signal, what, rest);
    return await Promise.race([work, interrupted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
