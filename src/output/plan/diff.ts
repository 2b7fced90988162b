import { diffArrays, structuredPatch } from 'diff';
import { compareBytes } from '../../base/layers.ts';
import { MASK, type Mask } from '../../base/mask.ts';
import type { FileContent } from '../../files/replace-file.ts';
import { showable } from '../../base/showable.ts';
import type { Rendered } from '../../template/rendered.ts';
import type { Read } from '../../db/record.ts';
import type { ChangeSet } from './change-set.ts';

export interface DiffOptions {
  readonly colour?: boolean;
  /** masks the secrets of now, wherever they stand */
  readonly mask?: Mask;
  /**
   * what was read for a line tells whether it holds a secret: so one of before, which nobody knows any more,
   * is masked too
   */
  readonly isSecret?: (read: Read) => boolean;
}

const CONTEXT_LINES = 3;
const PAINT = {
  bold: '\u001b[1m',
  red: '\u001b[31m',
  green: '\u001b[32m',
  cyan: '\u001b[36m',
  plain: '\u001b[0m',
} as const;
type Colour = Exclude<keyof typeof PAINT, 'plain'>;
type Line = readonly [text: string, colour?: Colour];

/**
 * What a change set would do, as a unified diff per file in byte order of the paths: `/dev/null` stands for a file
 * that is not there, and changes of mode and owner have a line of their own. Ends in a newline,
 * or is empty where nothing changes.
 */
export function formatDiff({ install, remove }: ChangeSet, options: DiffOptions = {}): string {
  return formatFileDiffs(
    [
      ...install.map(({ output, old }) => ({
        path: output.path,
        old,
        wanted: output,
        isSecret: output.isSecret,
        text: output.text,
      })),
      ...remove.flatMap(({ owned, old }) =>
        old === undefined ? [] : [{ path: owned.path, old, wanted: undefined, isSecret: owned.isSecret }],
      ),
    ],
    options,
  );
}

/** One file before and after; undefined: it is not there. */
export interface FilePair extends Partial<Pick<Rendered, 'isSecret' | 'text'>> {
  readonly path: string;
  readonly old: FileContent | undefined;
  readonly wanted: FileContent | undefined;
}

/**
 * The same for any files. One for which a secret was read is not shown, unless `text` says which lines of it
 * that was for.
 */
export function formatFileDiffs(
  files: readonly FilePair[],
  { colour = false, mask = (text): string => text, isSecret }: DiffOptions = {},
): string {
  const lines = [...files]
    .sort((a, b) => compareBytes(a.path, b.path))
    .flatMap((file) => diffFile(file, listSecretFrames(file, mask, isSecret)));
  // masked after comparing, line by line: so a secret that changes is still seen to change
  return lines.map(([text, paint]) => `${colourOf(colour ? paint : undefined, showable(mask(text)))}\n`).join('');
}

/** A line that holds a secret, masked, and what such a line looks like whatever the secret is. */
interface Frame {
  readonly masked: string;
  readonly pattern: RegExp;
}
/** `all`: the whole file is not shown */
type Frames = readonly Frame[] | 'all';

function listSecretFrames(
  { wanted, isSecret: holdsSecret = false, text }: FilePair,
  mask: Mask,
  isSecret: DiffOptions['isSecret'],
): Frames {
  if (isSecret === undefined || !holdsSecret) return [];
  if (wanted === undefined || text === undefined) return 'all';
  const origins = text.lineOrigins();
  const secretLines = wanted.content
    .toString()
    .split('\n')
    .filter((_, n) => origins[n]?.some((origin) => origin.reads.some(isSecret)) === true);
  return secretLines
    .map(mask)
    .filter((line) => line.includes(MASK))
    .map((masked) => ({
      masked,
      pattern: new RegExp(
        `^${masked
          .split(MASK)
          .map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
          .join('.+')}$`,
      ),
    }));
}

function diffFile({ path, old, wanted }: FilePair, frames: Frames): readonly Line[] {
  const changes = [...diffAttributes(old, wanted), ...diffContent(old, wanted, frames)];
  if (changes.length === 0) return [];
  return [
    [`--- ${old === undefined ? '/dev/null' : path}`, 'bold'],
    [`+++ ${wanted === undefined ? '/dev/null' : path}`, 'bold'],
    ...changes,
  ];
}

/** For each of some lines the place, from 0, that a diff finds it at among others; undefined for one that it has go. */
export function alignLines(before: readonly string[], after: readonly string[]): readonly (number | undefined)[] {
  const places: (number | undefined)[] = [];
  let at = 0;
  for (const { added, removed, count } of diffArrays([...before], [...after])) {
    if (!added) for (let n = 0; n < count; n++) places.push(removed ? undefined : at + n);
    if (!removed) at += count;
  }
  return places;
}

function diffAttributes(old: FileContent | undefined, wanted: FileContent | undefined): readonly Line[] {
  if (old === undefined || wanted === undefined) return [];
  const lines: Line[] = [];
  if (old.mode !== wanted.mode) lines.push([`mode ${formatMode(old.mode)} -> ${formatMode(wanted.mode)}`, 'cyan']);
  if (old.uid !== wanted.uid || old.gid !== wanted.gid)
    lines.push([`owner ${old.uid}:${old.gid} -> ${wanted.uid}:${wanted.gid}`, 'cyan']);
  return lines;
}

/** Permission bits as chmod takes them. */
export function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function diffContent(old: FileContent | undefined, wanted: FileContent | undefined, frames: Frames): readonly Line[] {
  const [before, after] = [old?.content ?? Buffer.alloc(0), wanted?.content ?? Buffer.alloc(0)];
  if (before.equals(after)) return [];
  if (isBinary(before) || isBinary(after)) return [[`binary file, ${before.length} -> ${after.length} bytes`, 'cyan']];
  if (frames === 'all') return [[`not shown, since it held a secret, ${before.length} bytes`, 'cyan']];
  return structuredPatch('', '', before.toString(), after.toString(), undefined, undefined, {
    context: CONTEXT_LINES,
  }).hunks.flatMap((hunk) => [
    [
      `@@ -${formatRange(hunk.oldStart, hunk.oldLines)} +${formatRange(hunk.newStart, hunk.newLines)} @@`,
      'cyan',
    ] as const,
    ...maskRemoved(hunk.lines, frames).map(
      (line): Line => (line.startsWith('+') ? [line, 'green'] : line.startsWith('-') ? [line, 'red'] : [line]),
    ),
  ]);
}

/** A line that goes may hold the secret of before, if one that comes beside it holds the one of now. */
function maskRemoved(lines: readonly string[], frames: readonly Frame[]): readonly string[] {
  const findFrame = (line: string): Frame | undefined => frames.find(({ pattern }) => pattern.test(line.slice(1)));
  if (!lines.some((line) => line.startsWith('+') && findFrame(line) !== undefined)) return lines;
  return lines.map((line) => (line.startsWith('-') ? `-${findFrame(line)?.masked ?? MASK}` : line));
}

/** A range without lines starts at the line before it, as diff(1) has it. */
function formatRange(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

/** As git tells it: a NUL byte makes a file binary. */
function isBinary(content: Buffer): boolean {
  return content.includes(0);
}

function colourOf(colour: Colour | undefined, text: string): string {
  return colour === undefined ? text : `${PAINT[colour]}${text}${PAINT.plain}`;
}
