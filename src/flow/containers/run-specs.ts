import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode, type Failure, failuresOf, throwAll } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { parseRunSpec, type RunSpec } from '../../container/spec/run-spec.ts';
import type { SpecCache } from '../../container/spec/spec-cache.ts';
import { readText } from '../../files/read-file.ts';
import { sign } from '../../files/signature.ts';
import { RUN_SPECS } from '../involved.ts';

/**
 * The run specs that are installed, by name; those of `only` where it is given.
 * @param cache where they were read before
 * @param parsed those that were just rendered
 * @param onMistakes told the mistakes of all of them; the others are read all the same
 * @throws Failures with these mistakes, unless `onMistakes` is given
 */
export function readRunSpecs(
  paths: Paths,
  only?: readonly string[],
  cache?: SpecCache,
  parsed?: ReadonlyMap<string, RunSpec>,
  onMistakes: (failures: readonly Failure[]) => void = throwAll,
): ReadonlyMap<string, RunSpec> {
  const folder = paths.file(RUN_SPECS);
  const now = Date.now();
  const failures: Failure[] = [];
  const specs = listFolder(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file): [string, RunSpec][] => {
      const name = path.basename(file, '.yaml');
      if (only !== undefined && !only.includes(name)) return [];
      try {
        const stats = statSync(path.join(folder, file));
        const read = (): string => readText(path.join(folder, file));
        const parse = (text: string): { readonly spec: RunSpec; readonly isWhole: boolean } => ({
          spec: parsed?.get(name) ?? parseRunSpec(`${RUN_SPECS}/${file}`, text, paths),
          // these name other files, whose text or place under the root is in the run spec too
          isWhole: !/\b(?:env_file|secrets|docksmith\/content)\b/.test(text) && cache?.isSecret(text) !== true,
        });
        // a file that no other user may read holds a secret, which must not be copied elsewhere
        const isPrivate = (stats.mode & 0o077) === 0;
        return [
          [
            name,
            cache === undefined || isPrivate ? parse(read()).spec : cache.get(file, sign(stats, now), read, parse),
          ],
        ];
      } catch (error) {
        failures.push(...failuresOf(error));
        return [];
      }
    });
  onMistakes(failures);
  return new Map(specs);
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
