import { findProp, type Snapshot } from '../db/snapshot.ts';
import { parseMilliseconds } from '../base/quantity.ts';

/** How long the engine is waited for, in milliseconds. */
export interface EngineLimits {
  /** for a connection */
  readonly connect: number;
  /** for the answer to a question that changes nothing */
  readonly read: number;
  /** for the answer to a call that changes something, beyond what the call itself says that it takes */
  readonly write: number;
  /** for the next bytes of a stream */
  readonly idle: number;
}

/** The prop of the record `docker` that each is set by. */
export const LIMIT_PROPS: Readonly<Record<keyof EngineLimits, string>> = {
  connect: 'ConnectTimeout',
  read: 'ReadTimeout',
  write: 'WriteTimeout',
  idle: 'IdleTimeout',
};

/** The defaults, as the schema has them. */
export const USUAL_LIMITS: EngineLimits = { connect: 5_000, read: 10_000, write: 30_000, idle: 60_000 };

export function readLimits(snapshot: Snapshot): EngineLimits {
  const limit = (name: keyof EngineLimits): number =>
    parseMilliseconds(findProp(snapshot, 'configuration', 'docker', LIMIT_PROPS[name])) || USUAL_LIMITS[name];
  return { connect: limit('connect'), read: limit('read'), write: limit('write'), idle: limit('idle') };
}
