import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { distrust, findWriters } from './trust.ts';

/**
 * Refuses to make an image of files that others can write: they decide what runs.
 * @param source a folder with all that is in it, or a file; a missing one is left to its reader
 * @throws Failure
 */
export function refuseOpenTree(source: string, shown: string): void {
  const [writer] = findWriters(listTree(source));
  if (writer !== undefined) throw distrust(writer, shown);
}

function* listTree(source: string): Generator<string> {
  yield source;
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const file = path.join(source, entry.name);
    if (entry.isDirectory()) yield* listTree(file);
    else yield file;
  }
}
