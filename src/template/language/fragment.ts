import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf } from '../../base/errors.ts';
import { compareBytes, isBackupName, layersOf } from '../../base/layers.ts';
import { type Paths, withoutRoot } from '../../base/paths.ts';
import { type FileState, findStats, type Look, type Place } from '../../files/signature.ts';
import { type Language, refuseNoPath } from '../metadata.ts';
import { readPerl } from '../perl/read-perl.ts';
import { parseFragment } from './parse-fragment.ts';
import type { Fragment } from './program.ts';
import { NotText, readText } from '../../files/read-file.ts';

/** A fragment that was not read yet. */
export interface FragmentFile {
  readonly name: string;
  /** to be opened */
  readonly file: string;
  /** as it stood when it was listed; undefined: a link that leads nowhere */
  readonly state: FileState | undefined;
  /** the default `template-begin` */
  readonly isBanner?: true;
}

/** The fragments of a template in the order in which they print, and those that were ignored. */
export interface FragmentList {
  /** in order; empty ones are left out */
  readonly files: readonly FragmentFile[];
  readonly warnings: readonly string[];
  /** whether the default `template-begin` may stand in front: it has none of its own */
  readonly takesBanner: boolean;
}

const BANNER = 'template-begin';

/**
 * Merges the layers of a template as the SME Server's expand-template does: by name, the
 * higher layer wins, sorted by byte, `template-begin` first and `template-end` last, an empty
 * fragment removes the one it overrides. A flat file in the highest layer that has the
 * template stands alone; in a lower one it is hidden by a folder above.
 * @param template the template's path, `/etc/docker/daemon.json`
 * @returns undefined when no layer has the template
 * @throws Failure for a path that is none
 */
export function listFragments(paths: Paths, template: string): FragmentList | undefined {
  return findFragments(paths, template).list;
}

/**
 * The same, with the places that it is made of: it changes only with one of them.
 * @throws Failure for a path that is none
 */
export function findFragments(
  paths: Paths,
  template: string,
  look: Look = findStats,
): { readonly list: FragmentList | undefined; readonly places: readonly Place[] } {
  refuseNoPath(template);
  const layers = ['templates-custom', 'templates']
    .flatMap((kind) => layersOf(paths, path.join(kind, template)))
    .map((layer) => ({ file: layer, state: look(layer) }));
  const places: Place[] = [...layers];
  const [highest, ...lower] = layers.flatMap(({ file, state }) =>
    state === undefined ? [] : [{ file, state, isFolder: state.isDirectory() }],
  );
  if (highest === undefined) return { list: undefined, places };
  const isFlat = !highest.isFolder;
  const files = new Map<string, FragmentFile>();
  const warnings: string[] = [];
  if (isFlat) files.set('', { name: '', file: highest.file, state: highest.state });
  for (const layer of isFlat ? [] : [highest, ...lower]) {
    // what a flat file hides below it stays hidden
    if (!layer.isFolder) break;
    for (const name of readdirSync(layer.file)) {
      const file = path.join(layer.file, name);
      const state = look(file);
      // also a folder: a link to one may come to lead to a file
      places.push({ file, state });
      if (state?.isDirectory() === true) continue;
      if (isBackupName(name)) warnings.push(`ignored ${withoutRoot(paths, file)}: its name is that of a backup`);
      else if (!files.has(name)) files.set(name, { name, file, state });
    }
  }
  // an original's quirk that its users' files rely on: a flat file over a folder gets the banner, a flat file
  // alone does not
  const takesBanner = !files.has(BANNER) && (!isFlat || lower.some(({ isFolder }) => isFolder));
  const ordered = [...files.values()].sort((a, b) => rank(a.name) - rank(b.name) || compareBytes(a.name, b.name));
  return { list: { files: ordered.filter(isNotEmpty), warnings, takesBanner }, places };
}

function rank(name: string): number {
  return name === BANNER ? 0 : name === 'template-end' ? 2 : 1;
}

function isNotEmpty({ state }: FragmentFile): boolean {
  return state?.size !== 0;
}

/**
 * The `template-begin` of templates without one of their own, with the places that it may be in; none: there
 * is no such file, or it is empty.
 */
export function findBanner(paths: Paths): {
  readonly files: readonly FragmentFile[];
  readonly places: readonly Place[];
} {
  const places = layersOf(paths, 'templates-default')
    .map((layer) => path.join(layer, BANNER))
    .map((file) => ({ file, state: findStats(file) }));
  const found = places.find(({ state }) => state?.isDirectory() === false);
  return {
    files: found === undefined ? [] : [{ name: BANNER, isBanner: true as const, ...found }].filter(isNotEmpty),
    places,
  };
}

/** With the default `template-begin` where the template takes it. */
export function withBanner(
  list: FragmentList | undefined,
  banner: () => readonly FragmentFile[],
): FragmentList | undefined {
  return list?.takesBanner === true ? { ...list, files: [...banner(), ...list.files] } : list;
}

/**
 * Reads and parses one fragment. @param language of the template; a name that ends in `.pl` is Perl in each
 * @throws Failure with file, line and column of a syntax error
 */
export function readFragment(paths: Paths, file: string, language: Language = 'handlebars'): Fragment {
  const [shown, name] = [withoutRoot(paths, file), path.basename(file)];
  if (language === 'perl' || name.endsWith('.pl')) return readPerl(file, shown, name);
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    const at = { ...(error instanceof NotText && error.at), file: shown };
    throw new Failure('cannot read the fragment', { why: reasonOf(error), at, cause: error });
  }
  return parseFragment(shown, text);
}
