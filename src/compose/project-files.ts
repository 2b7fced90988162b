import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../base/errors.ts';
import type { Notes } from './notes.ts';
import { splitNames, type Variables } from './variables.ts';

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/** Where the paths of a project begin: a folder that is named, or that of its first file. */
export function findFolder([first = '.']: readonly string[]): string {
  return isFolder(first) ? path.resolve(first) : path.dirname(path.resolve(first));
}

/**
 * The files of a project, as they were typed. In place of a folder those that COMPOSE_FILE names, else the one that
 * Compose looks for there, and what overrides it.
 * @throws Failure for a folder that has none
 */
export function listProjectFiles(named: readonly string[], variables: Variables, notes: Notes): readonly string[] {
  if (named.length === 1 && !isFolder(named[0] ?? '')) noteOverride(named[0] ?? '', notes);
  return named.flatMap((name) => (isFolder(name) ? listFilesIn(name, variables, notes) : [name]));
}

function listFilesIn(folder: string, variables: Variables, notes: Notes): readonly string[] {
  const said = splitNames(variables.get('COMPOSE_FILE'), variables.get('COMPOSE_PATH_SEPARATOR') ?? ':');
  if (said.length > 0) return said.map((name) => path.resolve(folder, name));
  const [file, ...others] = listThere(folder, NAMES);
  if (file === undefined)
    throw new Failure(`cannot read a Compose file in "${folder}"`, {
      why: `there is none of ${NAMES.join(', ')}`,
      hint: 'name the file itself',
    });
  if (others.length > 0) notes.add(`${file} is read, and ${others.join(', ')} beside it is not`);
  return [file, ...listThere(folder, OVERRIDES).slice(0, 1)];
}

/** A file that is named is read alone, as Compose does it, and who runs Compose in its folder has another one. */
function noteOverride(file: string, notes: Notes): void {
  const folder = path.dirname(file);
  const [override] = NAMES.includes(path.basename(file)) ? listThere(folder, OVERRIDES) : [];
  if (override !== undefined)
    notes.add(`${override} is not read, since the file ${file} is named: -f ${folder} takes both`);
}

function listThere(folder: string, names: readonly string[]): readonly string[] {
  return names.map((name) => path.join(folder, name)).filter((file) => existsSync(file));
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}
