import { Field } from '../../files/state-file.ts';
import { readCacheFile, writeCacheFile } from '../../files/cache-file.ts';
import type { Paths } from '../../base/paths.ts';

const [FILE, VERSION] = ['hosts', 'docksmith hosts 1'];

/** When a host was reached last, and since when it is not. */
export interface Seen {
  readonly last?: string | undefined;
  readonly awaySince?: string | undefined;
}

export function readSeen(paths: Paths): ReadonlyMap<string, Seen> {
  const body = readCacheFile(paths, FILE, VERSION);
  if (body === undefined) return new Map();
  try {
    const text = (field: Field): string => field.text();
    return new Field(JSON.parse(body.toString()), '').map((host) => ({
      last: host.get('last').optional(text),
      awaySince: host.get('awaySince').optional(text),
    }));
  } catch {
    return new Map();
  }
}

/** @param reached host -> whether it was reached just now */
export function rememberSeen(paths: Paths, reached: ReadonlyMap<string, boolean>): ReadonlyMap<string, Seen> {
  const now = new Date().toISOString();
  const seen = new Map(readSeen(paths));
  for (const [host, isReached] of reached)
    seen.set(host, isReached ? { last: now } : { ...seen.get(host), awaySince: seen.get(host)?.awaySince ?? now });
  writeCacheFile(paths, FILE, VERSION, Buffer.from(JSON.stringify(Object.fromEntries(seen))));
  return seen;
}
