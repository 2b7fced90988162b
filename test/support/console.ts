import { run } from './run.ts';

/** One command of a documentation page with what the page says that it prints. */
export interface Example {
  /** of the page, from 1 */
  readonly line: number;
  readonly command: string;
  /** `…` stands for anything within a line, and alone on a line for any lines */
  readonly expected: string;
}

/**
 * The examples of a page: fenced blocks of the kind `console`, where `$ ` begins a command, `> `
 * continues it (a here-document), and everything else is what it prints, standard error included.
 */
export function parseExamples(page: string): readonly Example[] {
  const examples: { line: number; command: string; expected: string }[] = [];
  let isInside = false;
  for (const [n, line] of page.split('\n').entries()) {
    const last = examples.at(-1);
    if (line.startsWith('```')) isInside = !isInside && line === '```console';
    else if (!isInside) continue;
    else if (line.startsWith('$ ')) examples.push({ line: n + 1, command: line.slice(2), expected: '' });
    else if (line.startsWith('> ') && last?.expected === '') last.command += `\n${line.slice(2)}`;
    else if (last !== undefined) last.expected += `${line}\n`;
  }
  return examples;
}

/**
 * Types all commands into one shell, so that what one exports or where one goes holds for the next.
 * @returns what each of them printed
 */
export async function typeExamples(
  examples: readonly Example[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const mark = '\u0001';
  const script = examples.map(({ command }) => `${command}\nprintf '${mark}'\n`).join('');
  const { stdout } = await run('/bin/sh', ['-c', `exec 2>&1\n${script}`], { cwd, env });
  return stdout.split(mark).slice(0, examples.length);
}

/** What a page says as a pattern that what was printed has to match as a whole. */
export function patternOf(expected: string): RegExp {
  const lines = expected
    .split('\n')
    .slice(0, -1)
    .map((line) =>
      line === '…'
        ? '(?:.*\\n)*?'
        : `${line
            .split('…')
            .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
            .join('.*')}\\n`,
    );
  return new RegExp(`^${lines.join('')}$`);
}
