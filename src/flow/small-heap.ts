import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { CONTAINERS } from '../model/container.ts';
import { CACHE_DIR, type Paths } from '../paths.ts';

/** Bytes of the containers' db: some thousand of them. */
const LARGE = 2 ** 20;

/**
 * An event that renders thousands of containers tells V8 to look for what is done with before the
 * heap is several times what is in it. One that has a cache of the last one renders few, and is faster without.
 */
export function keepHeapSmall(paths: Paths): void {
  const size = statSync(path.join(paths.dbDir, CONTAINERS), { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGE && !existsSync(paths.file(CACHE_DIR))) setFlagsFromString('--optimize-for-size');
}
