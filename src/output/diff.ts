import { structuredPatch } from 'diff';
import { compareBytes } from '../layers.ts';
import type { FileContent } from '../replace-file.ts';
import type { ChangeSet } from './change-set.ts';

export interface DiffOptions {
  readonly colour?: boolean;
  /** values that are shown as `********` wherever they stand */
  readonly secrets?: readonly string[];
}

const CONTEXT_LINES = 3;
const MASK = '********';
const PAINT = { bold: '\u001b[1m', red: '\u001b[31m', green: '\u001b[32m', cyan: '\u001b[36m', plain: '\u001b[0m' } as const;
type Colour = Exclude<keyof typeof PAINT, 'plain'>;
type Line = readonly [text: string, colour?: Colour];

/**
 * What a change set would do, as a unified diff per file in byte order of the paths: `/dev/null` stands for a file
 * that is not there, and changes of mode and owner have a line of their own. Ends in a newline,
 * or is empty where nothing changes.
 */
export function formatDiff({ install, remove }: ChangeSet, options: DiffOptions = {}): string {
  return formatFileDiffs([
    ...install.map(({ output, old }) => ({ path: output.path, old, wanted: output })),
    ...remove.flatMap(({ owned, old }) => (old === undefined ? [] : [{ path: owned.path, old, wanted: undefined }])),
  ], options);
}

/** One file before and after; undefined: it is not there. */
export interface FilePair {
  readonly path: string;
  readonly old: FileContent | undefined;
  readonly wanted: FileContent | undefined;
}

/** The same for any files. */
export function formatFileDiffs(files: readonly FilePair[], { colour = false, secrets = [] }: DiffOptions = {}): string {
  const lines = [...files].sort((a, b) => compareBytes(a.path, b.path)).flatMap(({ path, old, wanted }) => diffFile(path, old, wanted));
  const mask = maskerOf(secrets);
  return lines.map(([text, paint]) => `${colourOf(colour ? paint : undefined, mask(text))}\n`).join('');
}

function diffFile(path: string, old: FileContent | undefined, wanted: FileContent | undefined): readonly Line[] {
  const changes = [...diffAttributes(old, wanted), ...diffContent(old, wanted)];
  if (changes.length === 0) return [];
  return [[`--- ${old === undefined ? '/dev/null' : path}`, 'bold'], [`+++ ${wanted === undefined ? '/dev/null' : path}`, 'bold'], ...changes];
}

function diffAttributes(old: FileContent | undefined, wanted: FileContent | undefined): readonly Line[] {
  if (old === undefined || wanted === undefined) return [];
  const lines: Line[] = [];
  if (old.mode !== wanted.mode) lines.push([`mode ${formatMode(old.mode)} -> ${formatMode(wanted.mode)}`, 'cyan']);
  if (old.uid !== wanted.uid || old.gid !== wanted.gid) lines.push([`owner ${old.uid}:${old.gid} -> ${wanted.uid}:${wanted.gid}`, 'cyan']);
  return lines;
}

/** Permission bits as chmod takes them. */
export function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function diffContent(old: FileContent | undefined, wanted: FileContent | undefined): readonly Line[] {
  const [before, after] = [old?.content ?? Buffer.alloc(0), wanted?.content ?? Buffer.alloc(0)];
  if (before.equals(after)) return [];
  if (isBinary(before) || isBinary(after)) return [[`binary file, ${before.length} -> ${after.length} bytes`, 'cyan']];
  return structuredPatch('', '', before.toString(), after.toString(), undefined, undefined, { context: CONTEXT_LINES }).hunks.flatMap((hunk) => [
    [`@@ -${formatRange(hunk.oldStart, hunk.oldLines)} +${formatRange(hunk.newStart, hunk.newLines)} @@`, 'cyan'] as const,
    ...hunk.lines.map((line): Line => line.startsWith('+') ? [line, 'green'] : line.startsWith('-') ? [line, 'red'] : [line]),
  ]);
}

/** A range without lines starts at the line before it, as diff(1) has it. */
function formatRange(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

/** As git tells it: a NUL byte makes a file binary. */
function isBinary(content: Buffer): boolean {
  return content.includes(0);
}

/** Masked after comparing, line by line: so a secret that changes is still seen to change. */
function maskerOf(secrets: readonly string[]): (line: string) => string {
  const parts = [...new Set(secrets.flatMap((secret) => secret.split('\n')).filter((part) => part.trim() !== ''))].sort((a, b) => b.length - a.length);
  return (line) => parts.reduce((masked, part) => masked.replaceAll(part, MASK), line);
}

function colourOf(colour: Colour | undefined, text: string): string {
  return colour === undefined ? text : `${PAINT[colour]}${text}${PAINT.plain}`;
}
