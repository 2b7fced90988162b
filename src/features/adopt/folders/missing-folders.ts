import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf } from '../../../base/errors.ts';
import type { Input } from '../../../container/spec/input.ts';
import { parseMounted } from '../../../container/spec/mounted.ts';
import { isList } from '../../../container/spec/value.ts';
import { findEntry, showInput } from '../../../compose/inputs.ts';
import type { Candidate } from '../candidate.ts';

const MODE = 0o755;

/**
 * The folders of this machine that containers of a file mount and that are not there, with the missing ones above
 * them, in the order in which they can be made: the engine makes them for Compose.
 */
export function listMissingFolders(candidates: readonly Candidate[]): readonly string[] {
  const missing = candidates
    .filter(({ there, enabled }) => there === undefined && enabled)
    .flatMap(({ values: { volumes = [] } }) => (isList(volumes) ? volumes : []))
    .map((text) => parseMounted(text).source)
    .filter((source) => source.startsWith('/'))
    .flatMap(listMissingAbove);
  return [...new Set(missing)].sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
}

function listMissingAbove(folder: string): readonly string[] {
  return existsSync(folder) ? [] : [...listMissingAbove(path.dirname(folder)), folder];
}

/** As root's, for all to read. @throws Failure for one that cannot be made */
export function makeFolders(folders: readonly string[]): void {
  for (const folder of folders)
    try {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, MODE);
    } catch (error) {
      throw new Failure(`cannot make folder "${folder}"`, { why: reasonOf(error), cause: error });
    }
}

/** @throws Failure for what says `create_host_path: false` and is not there */
export function refuseUnmade(service: Input): void {
  for (const volume of findEntry(service, 'volumes')?.items ?? []) {
    const bind = findEntry(volume, 'bind');
    const made = bind === undefined ? undefined : findEntry(bind, 'create_host_path');
    const source = findEntry(volume, 'source');
    if (made === undefined || source === undefined || !['false', false].includes(made.scalar as string | false))
      continue;
    if (!existsSync(showInput(source)))
      source.refuse(`"${showInput(source)}" is not there, and create_host_path says that nobody makes it`, 'mkdir it');
  }
}
