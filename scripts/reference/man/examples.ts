import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Shown of one command. */
const MOST = 6;
const WIDTH = 66;

/**
 * Calls of a program in the `console` blocks of README.md and docs/, which a test types into a shell.
 * @param title `docksmith status`
 */
export function listExamples(root: string, title: string): readonly string[] {
  const docs = readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`);
  const lines = ['README.md', ...docs].flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/^```console\n([^]*?)^```/gm)].flatMap(([, block = '']) =>
      block.split('\n'),
    ),
  );
  const calls = lines
    .filter((line) => line.startsWith('$ '))
    // `a && b`, but for what is quoted or leads elsewhere
    .flatMap((line) => (/['"<>|;(]/.test(line) ? [] : line.slice(2).split(' && ')))
    .map((call) => call.trim())
    .filter((call) => `${call} `.startsWith(`${title} `) && !call.endsWith('--help') && call.length <= WIDTH);
  return [...new Set(calls)].slice(0, MOST);
}
