import { type EngineLimits, LIMIT_PROPS } from './engine-limits.ts';

/** An engine that did not answer within a limit. */
export class Silence extends Error {
  readonly code = 'ETIMEDOUT';
  /** the prop of the limit */
  readonly prop: string;

  constructor(limit: keyof EngineLimits, milliseconds: number) {
    super(`${limit === 'connect' ? 'no connection was made' : 'nothing came'} within ${secondsOf(milliseconds)}`);
    this.prop = LIMIT_PROPS[limit];
  }
}

/** One call that did not end or move within its limit, of an engine that answers others. */
export class Stalled extends Error {
  readonly prop: string;

  constructor(what: string, limit: keyof EngineLimits, milliseconds: number) {
    super(`${what} within ${secondsOf(milliseconds)}`);
    this.prop = LIMIT_PROPS[limit];
  }
}

function secondsOf(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`;
}

/**
 * Engines that did not answer in time, by their sockets: a command waits once, and not again at
 * each of its questions.
 */
const silent = new Map<string, Silence>();

export function findSilence(socket: string): Silence | undefined {
  return silent.get(socket);
}

export function noteSilence(socket: string, silence: Silence): Silence {
  silent.set(socket, silence);
  return silence;
}

/** For who waits until an engine answers. */
export function forgetSilences(): void {
  silent.clear();
}
