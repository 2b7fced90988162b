import type { Read } from '../db/record.ts';

/*
 * The lines of what is remembered, with tabs between their parts. A part that is absent is empty.
 *
 *     DB  KEY  PROP  FILTER  INDEX            a read
 *     READ READ …                             a list of reads, by their places
 *     KEY  LIST  PATH  SIGNATURE  PATH …      a unit of a template: its list of reads, its outputs
 *     VALUE  KEY  KEY …                       what an index has under a value
 */

/** One unit of a template as it was rendered last. */
export interface CachedInstance {
  /** of the record; empty for a template without FOREACH */
  readonly key: string;
  /** the place of the list of what was read; empty: it has to be rendered again */
  readonly list: string;
  /** paths of its outputs, each with the signature of the installed file; an empty one is not to be trusted */
  readonly outputs: readonly (readonly [path: string, signature: string])[];
}

export function listLines(text: Buffer): readonly string[] {
  return text.toString().split('\n').slice(0, -1);
}

export function formatLines(lines: readonly string[]): Buffer {
  return Buffer.from([...lines, ''].join('\n'));
}

export function formatRead({ db, key, prop, filter, index }: Read): string {
  return [db, key, prop, filter, index].map(escapePart).join('\t');
}

export function parseRead(line: string): Read {
  const [db = '', key, prop, filter, index] = line.split('\t').map(unescapePart);
  return {
    db,
    ...(key === undefined ? {} : { key }),
    ...(prop === undefined ? {} : { prop }),
    ...(filter === undefined ? {} : { filter }),
    ...(index === undefined ? {} : { index }),
  };
}

/** The db of a read, which has no characters that are escaped. */
export function dbOfRead(line: string): string {
  return line.slice(0, line.indexOf('\t'));
}

export function formatInstance({ key, list, outputs }: CachedInstance): string {
  return [escapePart(key), list, ...outputs.flat()].join('\t');
}

export function parseInstance(line: string): CachedInstance {
  const [key = '', list = '', ...rest] = line.split('\t');
  const outputs: (readonly [string, string])[] = [];
  for (let n = 0; n < rest.length; n += 2) outputs.push([rest[n] ?? '', rest[n + 1] ?? '']);
  return { key: unescapePart(key) ?? '', list, outputs };
}

/** Empty where it is absent; an empty one is `\e`. */
export function escapePart(part: string | undefined): string {
  if (part === undefined) return '';
  if (part === '') return '\\e';
  return /[\\\t\n]/.test(part) ? part.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n') : part;
}

const ESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', e: '' };

export function unescapePart(text: string): string | undefined {
  if (text === '') return undefined;
  return text.includes('\\') ? text.replaceAll(/\\(.)/g, (_, char: string) => ESCAPED[char] ?? char) : text;
}
