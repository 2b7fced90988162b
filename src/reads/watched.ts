import { type Look, sign } from '../signature.ts';
import type { Source, Sources } from '../template/sources.ts';

/** What stands for the signature of a file that is not there. */
const ABSENT = 'absent';

/** Files and folders with their signatures. */
export type Watched = readonly (readonly [path: string, signature: string])[];

/**
 * The files and folders that sources of a rendering are, with their signatures before they were
 * read: while none has another one, no file was changed, added or taken away. A folder's moves
 * with the names in it.
 * @returns undefined where one was changed just then, so that nothing can be said of it
 */
export function watchSources(sources: Sources, used: readonly Source[]): Watched | undefined {
  const watched = new Map<string, string>();
  for (const { file, state } of used.flatMap((source) => sources.listPlaces(source))) {
    const signature = state === undefined ? ABSENT : sign(state, sources.begun);
    if (signature === '') return undefined;
    watched.set(file, signature);
  }
  return [...watched];
}

/** Whether files still stand as they did. */
export function isSame(watched: Watched, look: Look): boolean {
  return watched.every(([file, signature]) => {
    const stats = look(file);
    return (stats === undefined ? ABSENT : sign(stats)) === signature;
  });
}
