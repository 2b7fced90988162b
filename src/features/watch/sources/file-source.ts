import { lstatSync, statSync } from 'node:fs';
import { pollingSource } from './poll.ts';
import type { Source } from './source.ts';

/**
 * A file or folder by its metadata: one that is replaced, written, made or removed. It is looked at, since the
 * kernel tells of nothing that a container or another host does on a network's file system.
 */
export function fileSource(file: string, milliseconds: number): Source {
  return pollingSource(milliseconds, () => {
    // what a link leads to may change, and so may the link
    const parts = [lstatSync, statSync].map((read) => {
      const stats = read(file, { bigint: true, throwIfNoEntry: false });
      return stats === undefined ? '-' : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
    });
    return Promise.resolve(parts.join(' '));
  });
}
