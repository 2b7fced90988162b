import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import { parseEnvFile } from '../container/spec/variables/env-file.ts';
import { readText } from '../files/read-file.ts';
import type { Notes } from './notes.ts';

export type Variables = ReadonlyMap<string, string>;

export interface VariableOptions {
  /** `--env-file`, in their order; empty: COMPOSE_ENV_FILES, else the file `.env` of the folder */
  readonly envFiles?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly notes: Notes;
}

/** The variables of a project: those of its files, and before them those of the environment. */
export function readVariables(folder: string, { envFiles = [], env = process.env, notes }: VariableOptions): Variables {
  const set = listSet(env);
  const named = envFiles.length > 0 ? envFiles : splitNames(env['COMPOSE_ENV_FILES'], ',');
  return named.length > 0
    ? withEnvFiles(
        named.map((file) => ({ file: path.resolve(file), isNeeded: true })),
        set,
        notes,
      )
    : withEnvFiles([{ file: path.join(folder, '.env'), isNeeded: false }], set, notes);
}

/** Variables that are set already win over those of files, and later files over earlier ones. */
export function withEnvFiles(
  files: readonly { readonly file: string; readonly isNeeded: boolean }[],
  before: Variables,
  notes: Notes,
): Variables {
  const read = new Map<string, string>();
  for (const { file, isNeeded } of files) {
    const text = readEnvFile(file, isNeeded);
    const onUnset = (name: string, line: number): void => notes.addUnset(name, { file, line });
    if (text !== undefined)
      for (const [name, value] of parseEnvFile(file, text, {
        variables: new Map([...read, ...before]),
        mayNameAlone: true,
        onUnset,
      }))
        read.set(name, value);
  }
  return new Map([...read, ...before]);
}

/** @returns undefined where it is not there and need not be */
export function readEnvFile(file: string, isNeeded: boolean): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (!isNeeded && ['ENOENT', 'EISDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw new Failure('cannot read the environment file', { why: reasonOf(error), at: { file }, cause: error });
  }
}

export function splitNames(text: string | undefined, separator: string): readonly string[] {
  return (text ?? '')
    .split(separator)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function listSet(env: NodeJS.ProcessEnv): Variables {
  return new Map(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}
