import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure } from '../base/errors.ts';
import { compareBytes, isBackupName, layersOf } from '../base/layers.ts';
import { findNearest } from '../base/nearest.ts';
import type { Paths } from '../base/paths.ts';

/** All events of all layers in byte order: the folders of `events/`, but for `actions` and backups. */
export function listEvents(paths: Paths): readonly string[] {
  const events = new Set(layersOf(paths, 'events').flatMap(listFolders));
  return [...events].sort(compareBytes);
}

/** @throws Failure naming the nearest event, and all */
export function refuseUnknownEvent(paths: Paths, event: string): void {
  if (isEvent(paths, event)) return;
  const events = listEvents(paths);
  const nearest = findNearest(event, events);
  throw new Failure(`cannot signal event "${event}"`, {
    why: events.length === 0 ? 'there are no events' : `there is no such event; there are: ${events.join(', ')}`,
    ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }),
  });
}

function isEvent(paths: Paths, name: string): boolean {
  return isEventName(name) && layersOf(paths, 'events').some((layer) => isFolder(path.join(layer, name)));
}

function isEventName(name: string): boolean {
  return name !== '' && name !== 'actions' && !name.startsWith('.') && !name.includes('/') && !isBackupName(name);
}

function listFolders(layer: string): readonly string[] {
  try {
    return readdirSync(layer).filter((name) => isEventName(name) && isFolder(path.join(layer, name)));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** A symbolic link to a folder counts: an event may be another name of one. */
function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}
