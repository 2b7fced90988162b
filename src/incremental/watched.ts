import type { Paths } from '../base/paths.ts';
import { type Look, sign } from '../files/signature.ts';
import type { Source, Sources } from '../template/sources.ts';

/** What stands for the signature of a file that is not there. */
const ABSENT = 'absent';

/** Files and folders with their signatures. */
export type Watched = readonly (readonly [place: string, signature: string])[];

/**
 * The files and folders that sources of a rendering are, with their signatures before they were
 * read: while all are the same, no file was changed, added or removed. A folder's moves
 * with the names in it.
 * @returns undefined where one was changed just then, so that nothing can be said of it
 */
export function watchSources(paths: Paths, sources: Sources, used: readonly Source[]): Watched | undefined {
  const watched = new Map<string, string>();
  for (const { file, state } of used.flatMap((source) => sources.listPlaces(source))) {
    const signature = state === undefined ? ABSENT : sign(state, sources.begun);
    if (signature === '') return undefined;
    watched.set(placeOf(paths, file), signature);
  }
  return [...watched];
}

/** Whether files still stand as they did. */
export function isSame(paths: Paths, watched: Watched, look: Look): boolean {
  return watched.every(([place, signature]) => {
    const stats = look(fileAt(paths, place));
    return (stats === undefined ? ABSENT : sign(stats)) === signature;
  });
}

const IN_ROOT = 'root:';

/**
 * A file as it is called wherever the root is by then: `root:/etc/docksmith/…`. The package's files are
 * called by where it is, and the data of another one are ignored.
 */
function placeOf({ root }: Paths, file: string): string {
  return file.startsWith(`${root}/`) ? IN_ROOT + file.slice(root.length) : file;
}

function fileAt({ root }: Paths, place: string): string {
  return place.startsWith(IN_ROOT) ? root + place.slice(IN_ROOT.length) : place;
}
