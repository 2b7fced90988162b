import ini from 'ini';
import { Failure, type Place, reasonOf, throwAll } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { isPlainPath } from '../base/paths.ts';
import { ESCAPES } from './language/escape.ts';
import {
  type ForEach,
  type LineFilter,
  parseFilter,
  parseForEach,
  parseMode,
  parseOwner,
  parseReadable,
  parseServices,
} from './metadata-values.ts';

export type { ForEach, LineFilter };

/** `perl`: every fragment of the template is in Perl; in other templates those are whose names end in `.pl`. */
export type Language = 'handlebars' | 'perl';

export type Format = 'text' | 'json' | 'yaml' | 'ini';

/** What an output file is, besides its text. */
export interface Metadata {
  /** the metadata's file without the root, for messages; undefined when there is none */
  readonly file: string | undefined;
  /** the folder of fragments */
  readonly template: string;
  /** Handlebars; each line it gives is an output of its own, none means that there is no output */
  readonly outputFilename: string;
  /** permission bits */
  readonly mode: number;
  /** PERMS says it; where it does not, what holds a secret is for its owner alone */
  readonly isModeGiven: boolean;
  readonly owner: string;
  readonly group: string;
  /** Handlebars; true when it gives anything but nothing, `0` or `no`: the output is removed instead of expanded */
  readonly delete: string | undefined;
  readonly forEach: ForEach | undefined;
  /** with FOREACH: only the records whose keys are the arguments of the event */
  readonly onlyArguments: boolean;
  readonly language: Language;
  readonly format: Format;
  readonly escape: string;
  /** folders and files of the host that fragments may read, without a slash at their end */
  readonly readable: readonly string[];
  readonly filters: readonly LineFilter[];
  /** Handlebars; a shell command with `%s` for the staged file */
  readonly check: string | undefined;
  readonly services: readonly string[];
  /** an empty one says that no service has to be told */
  readonly areServicesGiven: boolean;
  /** where each key that is given stands */
  readonly places: ReadonlyMap<MetadataKey, Place>;
}

/** All keys of metadata. */
export const KEYS = [
  'PERMS',
  'UID',
  'GID',
  'OUTPUT_FILENAME',
  'TEMPLATE_PATH',
  'FILTER',
  'DELETE',
  'FOREACH',
  'ONLY',
  'LANGUAGE',
  'FORMAT',
  'ESCAPE',
  'CHECK',
  'SERVICES',
  'READS',
] as const;

export type MetadataKey = (typeof KEYS)[number];
const FORMATS: readonly Format[] = ['text', 'json', 'yaml', 'ini'];

/** @throws Failure for what is no template's path */
export function refuseNoPath(template: string): void {
  if (!isPlainPath(template))
    throw new Failure(`cannot find template ${JSON.stringify(template)}`, {
      why: 'a template is an absolute path without ".." and control characters',
    });
}

/** Whether a text of metadata has a command to run. */
export function givesCheck(text: string): boolean {
  return Object.hasOwn(ini.parse(text), 'CHECK');
}

/** Pure part of readMetadata: texts in INI, the later one wins key by key. */
export function parseMetadata(
  output: string,
  files: readonly { readonly file: string; readonly text: string }[],
): Metadata {
  const values = new Map<MetadataKey, Given>();
  const failures: Failure[] = [];
  for (const { file, text } of files) {
    const read = readKeys(file, text);
    failures.push(...read.failures);
    for (const [key, given] of read.values) values.set(key, given);
  }
  const get = <T>(key: MetadataKey, parse: (value: string) => T, fallback: T): T => {
    const found = values.get(key);
    if (found === undefined) return fallback;
    try {
      return parse(found.value);
    } catch (error) {
      failures.push(cannotUse(key, found.value, found.at, reasonOf(error)));
      return fallback;
    }
  };
  const optional = (value: string): string | undefined => value || undefined;
  const format = get<Format>('FORMAT', (value) => oneOf(value, FORMATS), 'text');
  const metadata: Metadata = {
    file: files.at(-1)?.file,
    template: get('TEMPLATE_PATH', (value) => parsePath(value, 'a template'), output),
    outputFilename: get(
      'OUTPUT_FILENAME',
      (value) => (value === '' || value.includes('{{') ? value : parsePath(value, 'an output')),
      output,
    ),
    mode: get('PERMS', parseMode, 0o644),
    isModeGiven: values.has('PERMS'),
    owner: get('UID', parseOwner, 'root'),
    group: get('GID', (value) => (value.includes('{{') ? value : parseOwner(value)), 'root'),
    delete: get('DELETE', (value) => optional(parseDelete(value)), undefined),
    forEach: get<ForEach | undefined>('FOREACH', parseForEach, undefined),
    onlyArguments:
      get<'all' | 'arguments'>('ONLY', (value) => oneOf(value, ['all', 'arguments']), 'all') === 'arguments',
    language: get<Language>('LANGUAGE', (value) => oneOf(value, ['handlebars', 'perl']), 'handlebars'),
    format,
    escape: get('ESCAPE', (value) => oneOf(value, Object.keys(ESCAPES)), format),
    readable: get('READS', parseReadable, []),
    filters: get<readonly LineFilter[]>('FILTER', (value) => [parseFilter(value)], []),
    check: get('CHECK', (value) => optional(value.includes('{{') ? value : parseCheck(value)), undefined),
    services: get('SERVICES', parseServices, []),
    areServicesGiven: values.has('SERVICES'),
    places: new Map([...values].map(([key, { at }]) => [key, at])),
  };
  throwAll(failures);
  return metadata;
}

/** A mistake that a key of metadata made, where it stands. */
export function failureAt(
  { file, places }: Metadata,
  key: MetadataKey,
  what: string,
  why: string,
  hint?: string,
): Failure {
  const at = places.get(key) ?? (file === undefined ? undefined : { file });
  return new Failure(what, { why, ...(at !== undefined && { at }), ...(hint !== undefined && { hint }) });
}

/** What a CHECK has to have, also when it is expanded. @throws Error */
export function parseCheck(value: string): string {
  if (value === '' || value.includes('%s')) return value;
  throw new Error(
    'it has no %s, which stands for the new file before it is installed; what looks at installed files belongs into checks/ of an event',
  );
}

interface Given {
  readonly value: string;
  readonly at: Place;
}

/** The keys of one file, and what is wrong with its lines. */
function readKeys(
  file: string,
  text: string,
): { readonly values: ReadonlyMap<MetadataKey, Given>; readonly failures: readonly Failure[] } {
  const values = new Map<MetadataKey, Given>();
  const failures: Failure[] = [];
  for (const [key, value] of Object.entries<unknown>(ini.parse(text))) {
    const [line, ...more] = linesOf(text, key);
    const at: Place = line === undefined ? { file } : { file, line: line.number };
    if (!isKey(key)) {
      failures.push(
        new Failure(`cannot use metadata key "${key}"`, {
          why: `the keys are ${KEYS.join(', ')}`,
          at,
          ...didYouMean(key, KEYS),
        }),
      );
      continue;
    }
    const wrong = more.length > 0 ? `${key} stands in ${more.length + 1} lines` : findMistake(line?.value, value);
    if (wrong === undefined) values.set(key, { value: String(value), at });
    else failures.push(cannotUse(key, line?.value ?? '', at, wrong));
  }
  return { values, failures };
}

function isKey(key: string): key is MetadataKey {
  return KEYS.some((known) => known === key);
}

function cannotUse(key: string, value: string, at: Place, why: string): Failure {
  return new Failure(`cannot use metadata ${key} = ${value}`.trimEnd(), { why, at });
}

/** Where a key stands, with what is written behind its `=`. */
function linesOf(
  text: string,
  key: string,
): readonly { readonly number: number; readonly value: string | undefined }[] {
  return text.split('\n').flatMap((line, n) => {
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(line.trim()) ?? [];
    return name.trim() === key ? [{ number: n + 1, value: value?.trim() }] : [];
  });
}

/** What is wrong with how a value is written. */
function findMistake(written: string | undefined, value: unknown): string | undefined {
  if (written === undefined) return typeof value === 'object' ? 'it is one value: KEY = VALUE' : 'it has no value';
  const isCut = !/^["']/.test(written) && /(?<!\\)[;#]/.test(written.replace(/\s[;#]\s.*$/, ''));
  return isCut ? 'what follows a ; or # is a comment: put the value in quotes' : undefined;
}

function oneOf<T extends string>(value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found !== undefined) return found;
  throw new Error(`it is one of ${allowed.join(', ')}`);
}

function parsePath(value: string, what: string): string {
  if (isPlainPath(value) && !value.endsWith('/')) return value;
  throw new Error(`${what} is an absolute path without ".." and control characters`);
}

/** Handlebars that gives something where the output is to go: a word that says no is a mistake. */
function parseDelete(value: string): string {
  if (/^(false|off|none|never)$/i.test(value))
    throw new Error('0, no or nothing keep the output, and all else removes it');
  return value;
}
