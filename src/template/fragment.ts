import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../errors.ts';
import { compareBytes, isBackupName, layersOf } from '../layers.ts';
import { type Paths, withoutRoot } from '../paths.ts';
import { refuseNoPath } from './metadata.ts';
import { parseFragment } from './parse-fragment.ts';
import type { Program } from './program.ts';

/** One file of a template. */
export interface Fragment {
  readonly name: string;
  /** without the root */
  readonly file: string;
  readonly program: Program;
}

/** The fragments of a template in the order in which they print, and what was passed over. */
export interface FragmentList {
  /** files, in order; empty ones are left out */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

const BANNER = 'template-begin';

/**
 * Merges the layers of a template as the SME Server's expand-template does: by name, the
 * higher layer wins, sorted by byte, `template-begin` first and `template-end` last, an empty
 * fragment removes the one it overrides. A flat file in the highest layer that has the
 * template stands alone; in a lower one it is hidden by a folder above.
 * @param template the template's path, `/etc/docker/daemon.json`
 * @param banner whether a template without a `template-begin` of its own gets the default one
 * @returns undefined when no layer has the template
 * @throws Failure for a path that is none
 */
export function listFragments(paths: Paths, template: string, banner: boolean): FragmentList | undefined {
  refuseNoPath(template);
  const layers = ['templates-custom', 'templates'].flatMap((kind) => layersOf(paths, path.join(kind, template)));
  const kinds = layers.map((layer) => ({ layer, kind: kindOf(layer) })).filter(({ kind }) => kind !== undefined);
  const [highest, ...lower] = kinds;
  if (highest === undefined) return undefined;
  const isFlat = highest.kind === 'file';
  const files = new Map<string, string>();
  const warnings: string[] = [];
  if (isFlat) files.set('', highest.layer);
  for (const { layer, kind } of isFlat ? [] : kinds) {
    // what a flat file hides below it stays hidden
    if (kind === 'file') break;
    for (const name of readdirSync(layer)) {
      const file = path.join(layer, name);
      if (kindOf(file) === 'folder') continue;
      if (isBackupName(name)) warnings.push(`passed over ${withoutRoot(paths, file)}: its name is that of a backup`);
      else if (!files.has(name)) files.set(name, file);
    }
  }
  // an original's quirk that its users' files rely on: a flat file over a folder gets the banner, a flat file alone does not
  if (banner && !files.has(BANNER) && (!isFlat || lower.some(({ kind }) => kind === 'folder'))) {
    const [found] = layersOf(paths, 'templates-default').map((layer) => path.join(layer, BANNER)).filter((file) => kindOf(file) === 'file');
    if (found !== undefined) files.set(BANNER, found);
  }
  const ordered = [...files].sort(([a], [b]) => rank(a) - rank(b) || compareBytes(a, b));
  return { files: ordered.map(([, file]) => file).filter((file) => statSync(file, { throwIfNoEntry: false })?.size !== 0), warnings };
}

function rank(name: string): number {
  return name === BANNER ? 0 : name === 'template-end' ? 2 : 1;
}

function kindOf(file: string): 'file' | 'folder' | undefined {
  try {
    return statSync(file).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Reads and parses one fragment. @throws Failure with file, line and column of a syntax error */
export function readFragment(paths: Paths, file: string): Fragment {
  const shown = withoutRoot(paths, file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure('cannot read the fragment', { why: reasonOf(error), at: { file: shown }, cause: error });
  }
  return parseFragment(shown, text);
}
