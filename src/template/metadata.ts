import path from 'node:path';
import ini from 'ini';
import { errorCode, Failure, reasonOf, throwAll } from '../base/errors.ts';
import { layersOf } from '../base/layers.ts';
import { isPlainPath, type Paths, withoutRoot } from '../base/paths.ts';
import { findStats, type Look, type Place } from '../files/signature.ts';
import { refuseUntrusted } from '../files/trust.ts';
import { ESCAPES } from './language/escape.ts';
import { NotText, readText } from '../files/read-file.ts';

export type Format = 'text' | 'json' | 'yaml' | 'ini';

/** `FOREACH = docker_containers type=service status=enabled` */
export interface ForEach {
  readonly db: string;
  /** prop (or `type`, `key`) -> wanted value; all must hold */
  readonly filter: ReadonlyMap<string, string>;
}

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
  readonly format: Format;
  readonly escape: string;
  readonly filters: readonly LineFilter[];
  /** Handlebars; a shell command with `%s` for the staged file */
  readonly check: string | undefined;
  readonly services: readonly string[];
  /** an empty one says that no service has to be told */
  readonly areServicesGiven: boolean;
}

/** `s/pattern/replacement/flags`, for every line with its newline; a line that becomes empty goes. */
export interface LineFilter {
  readonly pattern: RegExp;
  readonly replacement: string;
}

const KEYS = [
  'PERMS',
  'UID',
  'GID',
  'OUTPUT_FILENAME',
  'TEMPLATE_PATH',
  'FILTER',
  'DELETE',
  'FOREACH',
  'ONLY',
  'FORMAT',
  'ESCAPE',
  'CHECK',
  'SERVICES',
];
const FORMATS: readonly Format[] = ['text', 'json', 'yaml', 'ini'];

/** What can say something of a template, the file that wins first. */
export function listMetadataFiles(paths: Paths, output: string, look: Look = findStats): readonly Place[] {
  refuseNoPath(output);
  return layersOf(paths, path.join('templates.metadata', output)).map((file) => ({ file, state: look(file) }));
}

/**
 * The metadata of one template: `templates.metadata/PATH` of the package, over it the admin's,
 * over it `extra` (the content of an event's templates2expand file), key by key.
 * @throws Failure(s) naming the file and the key
 */
export function readMetadata(
  paths: Paths,
  output: string,
  extra?: { readonly file: string; readonly text: string },
  listed = listMetadataFiles(paths, output),
): Metadata {
  const files = listed.toReversed().flatMap(({ file, state }) => {
    const text = state === undefined ? undefined : readIfThere(file);
    // a CHECK is a command line, run with our rights
    if (text !== undefined && givesCheck(text)) refuseUntrusted(file, `the CHECK of "${withoutRoot(paths, file)}"`);
    return text === undefined ? [] : [{ file: withoutRoot(paths, file), text }];
  });
  return parseMetadata(output, extra === undefined ? files : [...files, extra]);
}

/** @throws Failure for what is no template's path */
export function refuseNoPath(template: string): void {
  if (!isPlainPath(template))
    throw new Failure(`cannot find template ${JSON.stringify(template)}`, {
      why: 'a template is an absolute path without ".." and control characters',
    });
}

/** Whether a text of metadata has a command to run. */
function givesCheck(text: string): boolean {
  return Object.hasOwn(ini.parse(text), 'CHECK');
}

function readIfThere(file: string): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    // a folder holds the metadata of what lies below
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(error) ?? '')) return undefined;
    if (error instanceof NotText) throw error;
    throw new Failure(`cannot read metadata "${file}"`, { why: reasonOf(error), cause: error });
  }
}

/** Pure part of readMetadata: texts in INI, the later one wins key by key. */
export function parseMetadata(
  output: string,
  files: readonly { readonly file: string; readonly text: string }[],
): Metadata {
  const values = new Map<string, { value: string; file: string }>();
  const failures: Failure[] = [];
  for (const { file, text } of files) {
    for (const [key, value] of Object.entries(ini.parse(text))) {
      if (!KEYS.includes(key))
        failures.push(
          new Failure(`cannot use metadata key "${key}"`, {
            why: `the keys are ${KEYS.join(', ')}`,
            at: { file, ...lineOf(text, key) },
          }),
        );
      else values.set(key, { value: String(value), file });
    }
  }
  const get = <T>(key: string, parse: (value: string) => T, fallback: T): T => {
    const found = values.get(key);
    if (found === undefined) return fallback;
    try {
      return parse(found.value);
    } catch (error) {
      const text = files.find(({ file }) => file === found.file)?.text ?? '';
      failures.push(
        new Failure(`cannot use metadata ${key} = ${found.value}`, {
          why: reasonOf(error),
          at: { file: found.file, ...lineOf(text, key) },
        }),
      );
      return fallback;
    }
  };
  const text = (value: string): string => value;
  const optional = (value: string): string | undefined => value || undefined;
  const format = get<Format>('FORMAT', (value) => oneOf(value, FORMATS), 'text');
  const metadata: Metadata = {
    file: files.at(-1)?.file,
    template: get('TEMPLATE_PATH', text, output),
    outputFilename: get('OUTPUT_FILENAME', text, output),
    mode: get('PERMS', parseMode, 0o644),
    isModeGiven: values.has('PERMS'),
    owner: get('UID', text, 'root'),
    group: get('GID', text, 'root'),
    delete: get('DELETE', optional, undefined),
    forEach: get<ForEach | undefined>('FOREACH', parseForEach, undefined),
    onlyArguments:
      get<'all' | 'arguments'>('ONLY', (value) => oneOf(value, ['all', 'arguments']), 'all') === 'arguments',
    format,
    escape: get('ESCAPE', (value) => oneOf(value, Object.keys(ESCAPES)), format),
    filters: get<readonly LineFilter[]>('FILTER', (value) => [parseFilter(value)], []),
    check: get('CHECK', optional, undefined),
    services: get<readonly string[]>('SERVICES', (value) => value.split(/[\s,]+/).filter(Boolean), []),
    areServicesGiven: values.has('SERVICES'),
  };
  throwAll(failures);
  return metadata;
}

function lineOf(text: string, key: string): { line: number } | object {
  const index = text.split('\n').findIndex((line) => line.replace(/=.*/, '').trim() === key);
  return index < 0 ? {} : { line: index + 1 };
}

function oneOf<T extends string>(value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found !== undefined) return found;
  throw new Error(`it is one of ${allowed.join(', ')}`);
}

function parseMode(value: string): number {
  if (!/^0?[0-7]{3,4}$/.test(value)) throw new Error('it is three or four octal digits, as 0644');
  return Number.parseInt(value, 8);
}

function parseForEach(value: string): ForEach {
  const [db = '', ...filters] = value.trim().split(/\s+/);
  if (!/^[\w.-]+$/.test(db)) throw new Error('it is a db and filters, as docker_containers status=enabled');
  return {
    db,
    filter: new Map(
      filters.map((filter) => {
        const [, prop, wanted] = /^([^=]+)=(.*)$/.exec(filter) ?? [];
        if (prop === undefined || wanted === undefined) throw new Error(`"${filter}" is no filter: PROP=VALUE`);
        return [prop, wanted];
      }),
    ),
  };
}

function parseFilter(value: string): LineFilter {
  const [, pattern, replacement, flags] = /^s\/((?:\\.|[^\\/])+)\/((?:\\.|[^\\/])*)\/([gi]*)$/s.exec(value) ?? [];
  if (pattern === undefined || replacement === undefined)
    throw new Error('it is s/pattern/replacement/, for each line');
  return {
    pattern: new RegExp(pattern, flags),
    replacement: replacement.replaceAll('\\/', '/').replaceAll('\\n', '\n'),
  };
}
