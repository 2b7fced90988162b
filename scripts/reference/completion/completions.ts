import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from '../../../src/base/paths.ts';
import type { Command } from '../../../src/cli/command.ts';
import { formatTables } from './tables.ts';

/** Name in dist/completion/ -> what it is made from. */
const SHELLS = {
  'docksmith.bash': 'docksmith.bash',
  _docksmith: 'docksmith.zsh',
  'docksmith.fish': 'docksmith.fish',
} as const;

/**
 * One awk program knows what can be typed, and each shell calls it: between two quotes, so there is none in it. fish
 * reads two backslashes there as one.
 */
export function listCompletions(commands: readonly Command[], paths: Paths): ReadonlyMap<string, string> {
  const folder = path.join(paths.packageDir, 'scripts/reference/completion');
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  const awk = read('complete.awk').replace('#TABLES', () => formatTables(commands, paths).trim());
  if (awk.includes("'")) throw new Error('complete.awk has a quote in it');
  const programs = ['docksmith', ...commands.filter(({ isProgram }) => isProgram).map(({ name }) => name)];
  return new Map(
    Object.entries(SHELLS).map(([name, from]) => [
      `completion/${name}`,
      read(from)
        .replace('#AWK', () => (name.endsWith('.fish') ? awk.replaceAll('\\', '\\\\') : awk))
        .replaceAll('#PROGRAMS', programs.join(' ')),
    ]),
  );
}
