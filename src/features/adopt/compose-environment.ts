import path from 'node:path';
import type { Paths } from '../../base/paths.ts';
import type { Input } from '../../container/spec/input.ts';
import { readEnvFiles } from '../../container/spec/spec-files.ts';
import { type TextMap, toMap } from '../../container/spec/value.ts';
import { findEntry, showInput, withText } from './compose-input.ts';
import type { Project } from './compose-project.ts';
import type { EnvFiles } from './candidate.ts';

/** `environment` wins over `env_file`; a name without a value is a variable of Compose's own environment. */
export function readEnvironment(
  paths: Paths,
  project: Project,
  input: Input,
): { readonly environment: TextMap; readonly envFiles?: EnvFiles } {
  const said = findEntry(input, 'environment');
  const entries =
    said?.entries?.map(
      ([name, value]) => [name, value.scalar === null ? project.variables.get(name) : showInput(value)] as const,
    ) ??
    said?.items?.map((item) => splitAssignment(showInput(item), project)) ??
    [];
  const own = toMap(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
  const named = findEntry(input, 'env_file');
  const files = (named?.items ?? (named === undefined ? [] : [named])).map((item) =>
    path.resolve(project.folder, showInput(findEntry(item, 'path') ?? item)),
  );
  if (named === undefined || files.length === 0) return { environment: own };
  const variables = readEnvFiles(
    { ...withText(named, ''), items: files.map((file) => withText(named, file)) },
    { file: (name) => name },
    undefined,
    { variables: project.variables, mayNameAlone: true },
  );
  const all = toMap(Object.entries({ ...variables, ...own }));
  // a file that is not on this host of docksmith's is written into the record
  const isReachable = files.every((file) => file.startsWith(`${paths.root}/`));
  return {
    environment: all,
    ...(isReachable ? { envFiles: { files: files.map((file) => file.slice(paths.root.length)), variables } } : {}),
  };
}

function splitAssignment(text: string, { variables }: Project): readonly [string, string | undefined] {
  const cut = text.indexOf('=');
  return cut < 0 ? [text, variables.get(text)] : [text.slice(0, cut), text.slice(cut + 1)];
}
