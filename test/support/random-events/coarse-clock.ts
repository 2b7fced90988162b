import fs, { type BigIntStats, type Stats } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Milliseconds: within what `src/files/signature.ts` allows for. */
const STEP = 16;

/**
 * Files get their times from a clock that moves in steps, as on many kernels and file systems:
 * two changes within one step bear the same time. @returns what puts the real one back
 */
export function useCoarseClock(): () => void {
  const { statSync, lstatSync, fstatSync } = fs;
  Object.assign(fs, { statSync: coarse(statSync), lstatSync: coarse(lstatSync), fstatSync: coarse(fstatSync) });
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { statSync, lstatSync, fstatSync });
    syncBuiltinESMExports();
  };
}

function coarse<T>(look: T): T {
  const call = look as (...args: readonly unknown[]) => Stats | BigIntStats | undefined;
  return ((...args: readonly unknown[]) => {
    const stats = call(...args);
    if (stats !== undefined) for (const name of ['mtime', 'ctime'] as const) flatten(stats, name);
    return stats;
  }) as T;
}

function flatten(stats: Stats | BigIntStats, name: 'mtime' | 'ctime'): void {
  const milliseconds = Math.floor(Number(stats[`${name}Ms`]) / STEP) * STEP;
  if (typeof stats.size === 'bigint')
    Object.assign(stats, { [`${name}Ms`]: BigInt(milliseconds), [`${name}Ns`]: BigInt(milliseconds) * 1_000_000n });
  else Object.assign(stats, { [`${name}Ms`]: milliseconds });
}
