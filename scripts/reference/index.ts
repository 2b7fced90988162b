import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from '../../src/cli/command.ts';
import { COMMAND_NAMES } from '../../src/cli/command-names.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { findPaths } from '../../src/base/paths.ts';
import { listCompletions } from './completion/completions.ts';
import { listPages } from './man/pages.ts';

/**
 * The man pages and completions, from the definitions that `--help` is made from, the schema and the READMEs.
 * `npm run build` writes them into dist/.
 * @param root the checkout
 * @returns path in dist/ -> text
 */
export async function listReference(root: string): Promise<ReadonlyMap<string, string>> {
  // what the machine that builds has of its own is nobody else's
  const paths = { ...findPaths({ DOCKSMITH_ROOT: path.join(root, 'dist/no-host') }), packageDir: root };
  const all: readonly Command[] = await Promise.all(COMMAND_NAMES.map((name) => COMMANDS[name]()));
  const commands = all.filter(({ internal }) => internal !== true);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { readonly version: string };
  return new Map([...listPages(commands, paths, version), ...listCompletions(commands, paths)]);
}
