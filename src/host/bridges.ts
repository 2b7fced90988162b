import { readdirSync } from 'node:fs';
import { errorCode } from '../base/errors.ts';

/**
 * The bridges of this machine that are named as an engine names those of networks without a name for them,
 * by that name.
 */
export function listEngineBridges(): ReadonlyMap<string, string> {
  try {
    return new Map(
      readdirSync('/sys/class/net')
        .filter((name) => /^br-[0-9a-f]{12}$/.test(name))
        .sort()
        .map((name) => [name, name]),
    );
  } catch (error) {
    if (errorCode(error) !== undefined) return new Map();
    throw error;
  }
}
