import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Document, isMap, isScalar, isSeq, parse, parseDocument } from 'yaml';
import { run } from '../run.ts';
import { type PlainMap, toMap } from './service.ts';

/** What docker-compose 1.29, the last one that Debian has, makes of a project. */
export interface Config {
  /** undefined: it does not read the file at all, for this reason */
  readonly config?: PlainMap;
  readonly why?: string;
  /** what it does not know and was taken out first: `services.web.ports.host_ip` */
  readonly stripped: readonly string[];
}

/** How it names what it does not know: a path, and a key somewhere below that. */
const UNKNOWN: readonly RegExp[] = [
  /^Unsupported config option for (?<at>\S+): '(?<key>.+)'$/,
  /^(?<at>\S+) value '?(?<key>[^' ]+)'? does not match any of the regexes/,
  /^(?<at>\S+) contains unsupported option: '(?<key>.+)'$/,
  /^'(?<key>\S+)' does not match any of the regexes/,
  /^(?<at>\S+)\.(?<key>[^.\s]+) contains an invalid type/,
  /^(?<at>\S+)\.(?<key>[^.\s]+) is invalid: /,
  /^Invalid interpolation format for "(?<key>\S+)" option in service "(?<service>\S+)"/,
  // what need not be there has to be for it
  /^Service '(?<service>.+)' depends on service '(?<key>.+)' which is undefined/,
];
/** So many rounds at most: it does not tell all at once. */
const ROUNDS = 8;

/**
 * Asks it, and again without what it does not know: keys that came after it, `version` first, which Compose ignores
 * since, and it takes for the only keys that there are.
 * @param files of the project, in order; nothing is written beside them
 */
export async function readComposeConfig(
  files: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-compose-'));
  try {
    const copies = files.map((file, n) => ({ copy: path.join(folder, `${n}.yaml`), text: readFileSync(file, 'utf8') }));
    // a text stays the text that it is: 022, 1.10, yes
    const documents = copies.map(({ text }) => parseDocument(text, { schema: 'failsafe', merge: true }));
    for (const document of documents) document.delete('version');
    const stripped = new Set<string>();
    const args = ['--project-directory', path.dirname(files[0] ?? ''), ...copies.flatMap(({ copy }) => ['-f', copy])];
    for (let round = 0; round < ROUNDS; round++) {
      copies.forEach(({ copy }, n) => writeFileSync(copy, String(documents[n])));
      const { exitCode, stdout, stderr } = await run('timeout', ['60', 'docker-compose', ...args, 'config'], { env });
      if (exitCode === 0) return { config: parse(stdout, { intAsBigInt: true }) as PlainMap, stripped: [...stripped] };
      const found = stderr.split('\n').flatMap((line) => documents.flatMap((document) => strip(document, line)));
      if (found.length === 0) return { why: firstReason(stderr, folder), stripped: [...stripped] };
      for (const one of found) stripped.add(one);
    }
    return { why: 'it goes on to find keys that it does not know', stripped: [...stripped] };
  } catch (error) {
    return { why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error), stripped: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function firstReason(stderr: string, folder: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line !== '' && !/is not set\. Defaulting|^The Compose file/.test(line));
  return (lines.find((line) => !/^(Traceback| )/.test(line)) ?? '').replaceAll(`${folder}/`, '');
}

/** Takes out of a file what a line of its message names. @returns what was taken out */
function strip(document: Document, line: string): readonly string[] {
  const groups = UNKNOWN.map((pattern) => pattern.exec(line.trim())?.groups).find((found) => found !== undefined);
  if (groups === undefined) return [];
  const { key = '', service } = groups;
  const at = service === undefined ? (groups['at'] ?? '') : `services.${service}`;
  return findNodes(document.contents, at, '').flatMap(({ node, where }) => removeBelow(node, key, where));
}

interface Found {
  readonly node: unknown;
  readonly where: string;
}

/** What a path of its messages leads to; names may have dots, and of a list each member is meant. */
function findNodes(node: unknown, rest: string, where: string): readonly Found[] {
  if (rest === '') return [{ node, where }];
  if (isSeq(node)) return node.items.flatMap((item) => findNodes(item, rest.replace(/^\[?\d+\]?\.?/, ''), where));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : '';
    if (rest !== name && !rest.startsWith(`${name}.`)) return [];
    return findNodes(value, rest.slice(name.length + 1), where === '' ? name : `${where}.${name}`);
  });
}

/** Right there, else wherever it is below. */
function removeBelow(node: unknown, key: string, where: string): readonly string[] {
  const own = where === '' ? key : `${where}.${key}`;
  if (isMap(node) && node.delete(key)) return [own];
  if (isSeq(node)) return node.items.flatMap((item) => removeBelow(item, key, where));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key: name, value }) =>
    removeBelow(value, key, `${where}.${isScalar(name) ? String(name.value) : ''}`),
  );
}

/** The keys of a service, or of every one, that cannot be compared, since a part of them was taken out. */
export function isStripped(
  stripped: readonly string[],
  service: string,
  key: string,
  folds: Readonly<Record<string, string>>,
): boolean {
  return stripped.some((one) => {
    // files of the container, and what it mounts
    if (/^(secrets|configs)\./.test(one)) return key === 'volumes';
    const before = `services.${service}.`;
    if (!one.startsWith(before)) return false;
    const rest = one.slice(before.length);
    return rest === key || rest.startsWith(`${key}.`) || folds[rest.replace(/^deploy\./, '')] === key;
  });
}

export function servicesOf(config: PlainMap): readonly (readonly [string, PlainMap])[] {
  return Object.entries(toMap(config['services'])).map(([name, service]) => [name, toMap(service)] as const);
}
