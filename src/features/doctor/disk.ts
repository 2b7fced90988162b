import { statfsSync } from 'node:fs';
import type { DiskShare } from '../../engine/admin-engine.ts';
import { reasonOf } from '../../base/errors.ts';
import { type Finding, makeFinder } from './finding.ts';

/** What of a file system is free. */
export interface Room {
  readonly bytes: number;
  readonly freeBytes: number;
  /** 0 where it has no fixed number of them */
  readonly files: number;
  readonly freeFiles: number;
}

const WARN_BELOW = 0.1;
const BAD_BELOW = 0.03;

/** The disk under the data root, and what the engine has on it. */
export function checkDisk(dataRoot: string, shares: readonly DiskShare[]): readonly Finding[] {
  const finder = makeFinder('disk');
  if (dataRoot === '') return [];
  try {
    const { blocks, bavail, bsize, files, ffree } = statfsSync(dataRoot);
    return [
      describeRoom(dataRoot, { bytes: blocks * bsize, freeBytes: bavail * bsize, files, freeFiles: ffree }),
      ...describeShares(shares),
    ];
  } catch (error) {
    return [finder.warn(`the data root ${dataRoot} cannot be read: ${reasonOf(error)}`), ...describeShares(shares)];
  }
}

/** Pure. */
export function describeRoom(dataRoot: string, { bytes, freeBytes, files, freeFiles }: Room): Finding {
  const finder = makeFinder('disk');
  const words = `${formatGigabytes(freeBytes)} of ${formatGigabytes(bytes)} are free under ${dataRoot}`;
  const [share, fileShare] = [bytes === 0 ? 1 : freeBytes / bytes, files === 0 ? 1 : freeFiles / files];
  const isShort = Math.min(share, fileShare) < WARN_BELOW;
  const all = fileShare < share && isShort ? `${words}, and only ${freeFiles} of ${files} inodes` : words;
  if (!isShort) return finder.ok(all);
  const advice =
    'docker system df lists its contents; docker image prune removes images without a name, also those that an update could go back to';
  return Math.min(share, fileShare) < BAD_BELOW ? finder.bad(all, advice) : finder.warn(all, advice);
}

/** Pure. */
export function describeShares(shares: readonly DiskShare[]): readonly Finding[] {
  const used = shares.filter(({ count }) => count > 0);
  if (used.length === 0) return [];
  const words = used.map(
    ({ what, count, bytes, unused }) =>
      `${what} ${count} with ${formatGigabytes(bytes)}${unused === 0 ? '' : ` (${formatGigabytes(unused)} unused)`}`,
  );
  return [makeFinder('disk').ok(words.join(', '))];
}

function formatGigabytes(bytes: number): string {
  return bytes < 1024 ** 3 ? `${Math.ceil(bytes / 1024 ** 2)}m` : `${(bytes / 1024 ** 3).toFixed(1)}g`;
}
