import path from 'node:path';
import { errorCode, Failure, failuresOf, reasonOf, throwAll } from '../../base/errors.ts';
import { type EnvFileContext, parseEnvFile } from './variables/env-file.ts';
import { collectAll, type Input } from './input.ts';
import { listExternal } from './kept/kept-references.ts';
import { formatMounted, type Mounted, parseMounted } from './mounted.ts';
import { readFields, readItems, readText, readTexts } from './read-input.ts';
import { type TextMap, toMap, toSet } from './value.ts';
import { CONTENT_DIR } from '../../base/paths.ts';
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
  context: EnvFileContext = {},
): TextMap {
  return toMap(
    new Map(
      readTexts(input, { orOne: true }).flatMap((file) => {
        if (!path.posix.isAbsolute(file)) return input.refuse(`"${file}" is no absolute path`);
        try {
          const text = readEnvFile(file, files) ?? input.refuse(`there is no file "${file}"`);
          return parseEnvFile(file, text, context);
        } catch (error) {
          onUnusable(failuresOf(error));
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

/**
 * `secrets` of a service, as read-only mounts of the files that the top-level map gives them;
 * `/run/secrets/NAME` unless a target is said.
 */
export function readSecretMounts(input: Input, declared: Input | undefined, files: SpecFiles): readonly string[] {
  const external = listExternal(declared);
  const own = (declared?.entries ?? []).filter(([name]) => !external.has(name));
  const sources = new Map(
    collectAll(own, ([name, secret]) => {
      const { file } = readFields(secret, ['file']);
      return [name, file === undefined ? secret.refuse('needs a file') : readText(file)] as const;
    }),
  );
  return readItems(input, (item): readonly string[] => {
    const source = item.entries?.find(([field]) => field === 'source')?.[1] ?? item;
    const name = readText(source);
    if (external.has(name)) return [];
    const { target } = item.entries === undefined ? {} : readFields(item, ['source', 'target']);
    const file = sources.get(name) ?? source.refuse(`secret "${name}" is not in the map "secrets" of the file`);
    const mount: Mounted = {
      source: files.file(file),
      target: path.posix.resolve('/run/secrets', target === undefined ? name : readText(target)),
      options: ['ro'],
    };
    return [formatMounted(mount)];
  }).flat();
}

/** `volumes`: other folders of the host are the machine's, but content from git is docksmith's own. */
export function withOwnFolders(volumes: readonly string[], files: SpecFiles): readonly string[] {
  const isOwn = ({ source }: Mounted): boolean => source.startsWith(`${CONTENT_DIR}/`);
  return toSet(
    volumes.map((text) => {
      const mount = parseMounted(text);
      return isOwn(mount) ? formatMounted({ ...mount, source: files.file(mount.source) }) : text;
    }),
  );
}
