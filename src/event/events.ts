import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../base/errors.ts';
import { compareBytes, layersOf } from '../base/layers.ts';
import type { Paths } from '../base/paths.ts';

/** All events of all layers in byte order: the folders of `events/`, but for `actions`. */
export function listEvents(paths: Paths): readonly string[] {
  const events = new Set(layersOf(paths, 'events').flatMap(listFolders));
  events.delete('actions');
  return [...events].sort(compareBytes);
}

function listFolders(layer: string): readonly string[] {
  try {
    return readdirSync(layer).filter((name) => !name.startsWith('.') && isFolder(path.join(layer, name)));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** A symbolic link to a folder counts: an event may be another name of one. */
function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}
