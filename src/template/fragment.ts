import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import Handlebars from 'handlebars';
import { errorCode, Failure, type Place, reasonOf } from '../errors.ts';
import { compareBytes, isBackupName, layersOf } from '../layers.ts';
import { type Paths, withoutRoot } from '../paths.ts';
import { refuseNoPath } from './metadata.ts';

/** One file of a template. */
export interface Fragment {
  readonly name: string;
  /** without the root */
  readonly file: string;
  readonly text: string;
  readonly program: hbs.AST.Program;
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

/** Parses Handlebars text; `file` is what messages and origins call it. */
export function parseFragment(file: string, text: string): Fragment {
  try {
    return { name: path.basename(file), file, text, program: Handlebars.parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, why = message] = /^(?:Parse error on line \d+:\n.*\n-*\^\n|Lexical error on line \d+\. )?(.*?)(?: - \d+:\d+)?$/s.exec(message) ?? [];
    throw new Failure('cannot read the fragment', { why: explain(why), at: findPlace(file, text, message), cause: error });
  }
}

/** The parser's token names in an author's words. */
function explain(why: string): string {
  const got = /got '(\w+)'/.exec(why)?.[1];
  if (got === undefined) return why;
  if (got === 'EOF') return why.includes('OPEN_ENDBLOCK') ? 'this block is not closed' : 'this mustache is not closed';
  if (got === 'OPEN_ENDBLOCK') return 'a block is closed here that was not opened';
  if (got === 'INVALID') return 'a character that means nothing here';
  return `syntax error, ${got === 'CLOSE' ? 'nothing' : got.toLowerCase()} not expected here`;
}

/** The parser says a line, and shows up to 20 characters before the spot: that gives the column. */
function findPlace(file: string, text: string, message: string): Place {
  const exact = / - (\d+):(\d+)$/.exec(message);
  if (exact !== null) return { file, line: Number(exact[1]), column: Number(exact[2]) + 1 };
  const shown = /on line (\d+)[^\n]*\n(.*)\n(-*)\^/s.exec(message);
  const line = Number(/on line (\d+)/.exec(message)?.[1] ?? 1);
  if (shown === null) return { file, line };
  // the end of the file helps nobody: what is open there does
  if (message.includes("got 'EOF'")) return placeAt(file, text, findUnclosed(text, message.includes('OPEN_ENDBLOCK')));
  const before = (shown[2] ?? '').slice(0, (shown[3] ?? '').length).replace(/^\.\.\./, '');
  // its excerpt has no newlines: look it up in the text without them, and go back
  const positions = text.split('').flatMap((char, index) => (char === '\n' ? [] : [index]));
  const flat = text.replaceAll('\n', '');
  const lineStart = text.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
  const from = Math.max(0, positions.findIndex((position) => position >= lineStart) - 20);
  const found = flat.indexOf(before, from);
  const spot = positions[found + before.length] ?? text.length;
  return placeAt(file, text, spot);
}

/** Index of the block, or else of the mustache, that is still open at the end. */
function findUnclosed(text: string, isBlock: boolean): number {
  if (!isBlock) return Math.max(0, text.lastIndexOf('{{'));
  const open: number[] = [];
  for (const { 0: tag, index } of text.matchAll(/\{\{!--[\s\S]*?--~?\}\}|\{\{![\s\S]*?\}\}|\\?\{\{~?(#|\^(?!\s*~?\}\})|\/)/g)) {
    if (/^\{\{~?\//.test(tag)) open.pop();
    else if (/^\{\{~?[#^]/.test(tag)) open.push(index);
  }
  return open.at(-1) ?? text.length;
}

function placeAt(file: string, text: string, index: number): Place {
  const upTo = text.slice(0, index).split('\n');
  return { file, line: upTo.length, column: (upTo.at(-1)?.length ?? 0) + 1 };
}
