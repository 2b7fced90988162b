import path from 'node:path';
import { Failure, throwAll } from '../base/errors.ts';
import type { Input } from '../container/spec/input.ts';
import { checkModel } from './check-model.ts';
import { findEntry, showInput } from './inputs.ts';
import { loadModel } from './load.ts';
import { Notes } from './notes.ts';
import { findFolder, listProjectFiles } from './project-files.ts';
import { readSource } from './read-source.ts';
import { readVariables, splitNames, type Variables } from './variables.ts';

export interface ProjectRequest {
  /** files or folders, as typed */
  readonly files: readonly string[];
  readonly envFiles?: readonly string[] | undefined;
  readonly profiles?: readonly string[] | undefined;
  /** the name of the project */
  readonly project?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** What Compose reads, as one. */
export interface ComposeModel {
  readonly name: string;
  /** of the first file: relative paths began here */
  readonly folder: string;
  /** as they were typed */
  readonly files: readonly string[];
  readonly variables: Variables;
  /** files of variables of services -> the variables of who names them */
  readonly scopes: ReadonlyMap<string, Variables>;
  /** `*` is every profile */
  readonly profiles: ReadonlySet<string>;
  /** the merged files */
  readonly model: Input;
  readonly services: ReadonlyMap<string, Input>;
  readonly notes: Notes;
}

/**
 * Reads the files of a Compose project as Compose does (https://docs.docker.com/reference/compose-file/).
 * @throws Failure(s) for what cannot be read, and for what would change the meaning of the rest
 */
export function readComposeProject({ files: named, envFiles, profiles, project, env }: ProjectRequest): ComposeModel {
  const notes = new Notes();
  const folder = findFolder(named);
  const variables = new Map(readVariables(folder, { envFiles, env, notes }));
  const files = listProjectFiles(named, variables, notes);
  const name = project === undefined ? findName(files, variables, folder) : checkName(project);
  // files may name it
  variables.set('COMPOSE_PROJECT_NAME', name);
  const scopes = new Map<string, Variables>();
  const model = loadModel(files, {
    folder,
    variables,
    notes,
    including: files.map((file) => path.resolve(file)),
    scopes,
  });
  throwAll(checkModel(model));
  for (const [key] of findEntry(model, 'models')?.entries ?? [])
    notes.add(`model "${key}" is left out: docksmith runs containers, and no AI models`);
  const services = findEntry(model, 'services')?.entries ?? model.refuse('needs a map "services"');
  return {
    name,
    folder,
    files,
    variables,
    scopes,
    profiles: new Set([...(profiles ?? []), ...splitNames(variables.get('COMPOSE_PROFILES'), ',')]),
    model,
    services: new Map(services),
    notes,
  };
}

function checkName(name: string): string {
  if (/^[a-z0-9][a-z0-9_-]*$/.test(name)) return name;
  throw new Failure(`cannot use "${name}" as the name of a project`, {
    why: 'it is lower-case letters, digits, - and _, and begins with a letter or digit',
    ...(cleanName(name) === '' ? {} : { hint: cleanName(name) }),
  });
}

/** What the last file says that says it; else the folder. */
function findName(files: readonly string[], variables: Variables, folder: string): string {
  const asked = variables.get('COMPOSE_PROJECT_NAME') ?? '';
  if (asked !== '') return cleanName(asked) || 'default';
  const given = files
    .flatMap((file) => readSource(file, { variables, notes: new Notes() }))
    .flatMap((document) => findEntry(document, 'name') ?? [])
    .at(-1);
  return cleanName(given === undefined ? path.basename(folder) : showInput(given)) || 'default';
}

function cleanName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/** The profiles of a service; none: it is always there. */
export function listProfiles(service: Input): readonly string[] {
  return findEntry(service, 'profiles')?.items?.map(showInput) ?? [];
}

/** Whether it is started without being asked for by name. */
export function isActive(service: Input, { profiles }: Pick<ComposeModel, 'profiles'>): boolean {
  const own = listProfiles(service);
  return own.length === 0 || profiles.has('*') || own.some((profile) => profiles.has(profile));
}
