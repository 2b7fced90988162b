import path from 'node:path';
import { errorCode, Failure, Failures, reasonOf, throwAll } from '../../base/errors.ts';
import { collectAll, type Input } from './input.ts';
import { formatMounted, type Mounted } from './mounted.ts';
import { readFields, readItems, readText, readTexts } from './read-input.ts';
import { type TextMap, toMap } from './value.ts';
import { decodeText, readBytes } from '../../files/read-file.ts';

/**
 * Where the files are that a run spec names beside its mounts: docksmith reads or writes them, so its root
 * goes in front.
 */
export interface SpecFiles {
  file(pathUnderRoot: string): string;
}

/**
 * `env_file`: one file or several, later ones win.
 * @param onUnusable told what is wrong with a file itself: it is not there, or a line is no NAME=VALUE
 * @throws Failure for what is no path
 */
export function readEnvFiles(
  input: Input,
  files: SpecFiles,
  onUnusable: (failures: readonly Failure[]) => void = throwAll,
): TextMap {
  return toMap(
    new Map(
      readTexts(input, { orOne: true }).flatMap((file) => {
        if (!path.posix.isAbsolute(file)) return input.refuse(`"${file}" is no absolute path`);
        try {
          return parseEnvFile(file, readEnvFile(file, files) ?? input.refuse(`there is no file "${file}"`));
        } catch (error) {
          if (error instanceof Failures) onUnusable(error.failures);
          else if (error instanceof Failure) onUnusable([error]);
          else throw error;
          return [];
        }
      }),
    ),
  );
}

function readEnvFile(file: string, files: SpecFiles): string | undefined {
  try {
    return decodeText(readBytes(files.file(file)), file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (error instanceof Failure) throw error;
    throw new Failure('cannot read the environment file', { why: reasonOf(error), at: { file }, cause: error });
  }
}

/** Blank lines and comments are none; quotes around a whole value are not part of it, as Compose reads it. */
export function parseEnvFile(file: string, text: string): readonly (readonly [string, string])[] {
  const lines = text
    .split('\n')
    .map((line, n) => ({ line: line.trim(), number: n + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  return collectAll(lines, ({ line, number }) => {
    const [, name, value] = /^(?:export\s+)?([^=\s]+)=(.*)$/.exec(line) ?? [];
    // what stands there may be half a secret
    if (name === undefined || value === undefined)
      throw new Failure('cannot read the environment file', {
        why: 'the line is not NAME=VALUE',
        at: { file, line: number },
      });
    return [name, /^(["'])(.*)\1$/.exec(value)?.[2] ?? value] as const;
  });
}

/**
 * `secrets` of a service, as read-only mounts of the files that the top-level map gives them;
 * `/run/secrets/NAME` unless a target is said.
 */
export function readSecretMounts(input: Input, declared: Input | undefined, files: SpecFiles): readonly string[] {
  const sources = new Map(
    collectAll(declared?.entries ?? [], ([name, secret]) => {
      const { file } = readFields(secret, ['file']);
      return [name, file === undefined ? secret.refuse('needs a file') : readText(file)] as const;
    }),
  );
  return readItems(input, (item) => {
    const { source = item, target } = item.entries === undefined ? {} : readFields(item, ['source', 'target']);
    const name = readText(source);
    const file = sources.get(name) ?? source.refuse(`secret "${name}" is not in the map "secrets" of the file`);
    const mount: Mounted = {
      source: files.file(file),
      target: path.posix.resolve('/run/secrets', target === undefined ? name : readText(target)),
      options: ['ro'],
    };
    return formatMounted(mount);
  });
}
