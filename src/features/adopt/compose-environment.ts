import type { Paths } from '../../base/paths.ts';
import type { Input } from '../../container/spec/input.ts';
import { parseEnvFile, parseRawEnvFile } from '../../container/spec/variables/env-file.ts';
import { type TextMap, toMap } from '../../container/spec/value.ts';
import { readEnvFile } from '../../compose/variables.ts';
import { findEntry, showInput } from '../../compose/inputs.ts';
import { readFlag } from '../../container/spec/read-input.ts';
import { tryTo } from './compose-input.ts';
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
  const files = listFiles(findEntry(input, 'env_file'), project);
  if (files.length === 0) return { environment: own };
  const variables = toMap(new Map(files.flatMap(({ values }) => values)));
  const all = toMap(Object.entries({ ...variables, ...own }));
  // a file that is not on this host of docksmith's, or says more to Compose, is written into the record
  const isReachable = files.every(({ file, isPlain }) => isPlain && file.startsWith(`${paths.root}/`));
  return {
    environment: all,
    ...(isReachable ? { envFiles: { files: files.map(({ file }) => file.slice(paths.root.length)), variables } } : {}),
  };
}

interface VariablesFile {
  readonly file: string;
  readonly values: readonly (readonly [string, string])[];
  /** it says the same to who has no environment, as an event has none */
  readonly isPlain: boolean;
}

function listFiles(said: Input | undefined, project: Project): readonly VariablesFile[] {
  const before: (readonly [string, string])[] = [];
  return (said?.items ?? (said === undefined || said.scalar === null ? [] : [said])).flatMap((item) => {
    const [file, required, format] = ['path', 'required', 'format'].map((field) => findEntry(item, field));
    const found = showInput(file ?? item);
    const text = readEnvFile(found, required === undefined || readFlag(required));
    if (text === undefined) return [];
    const isRaw = format !== undefined && showInput(format) === 'raw';
    if (format !== undefined && !isRaw && format.scalar !== '')
      format.refuse(`"${showInput(format)}" is no format`, 'raw, or none at all');
    const variables = new Map([...(project.scopes.get(found) ?? project.variables), ...before]);
    const values = isRaw
      ? parseRawEnvFile(found, text, { variables })
      : parseEnvFile(found, text, {
          variables,
          mayNameAlone: true,
          onUnset: (name, line) => project.notes.addUnset(name, { file: found, line }),
        });
    before.push(...values);
    const alone = tryTo(() => parseEnvFile(found, text)).result;
    return [{ file: found, values, isPlain: JSON.stringify(alone) === JSON.stringify(values) }];
  });
}

function splitAssignment(text: string, { variables }: Project): readonly [string, string | undefined] {
  const cut = text.indexOf('=');
  return cut < 0 ? [text, variables.get(text)] : [text.slice(0, cut), text.slice(cut + 1)];
}
