import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';

/** A terminal of 80 columns and 40 lines, in which a program runs. */
export interface Terminal {
  /** presses keys: text as it is, or one key by its name as tmux has it: `Tab`, `Enter`, `C-u` */
  press(...keys: readonly string[]): void;
  /** types text as it is */
  type(text: string): void;
  /** its lines, without blanks at their ends, and without empty ones */
  lines(): readonly string[];
  /** looks until there is what is looked for. @throws Error with what is there instead, after seconds */
  see(wanted: RegExp): Promise<readonly string[]>;
  close(): void;
}

const LONGEST = 20_000;

export function openTerminal(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  [columns, rows] = [80, 40],
): Terminal {
  const folder = makeTemporaryFolder('terminal');
  const tmux = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(
      'tmux',
      ['-S', path.join(folder, 'tmux'), '-f', '/dev/null', ...args],
      {
        encoding: 'utf8',
        env: { ...process.env, ...env, LC_ALL: 'C.UTF-8', TERM: 'screen' },
      },
    );
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  tmux('-u', 'new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', folder, ...command);
  const lines = (): readonly string[] =>
    tmux('capture-pane', '-p')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '');
  return {
    press: (...keys) => void tmux('send-keys', ...keys),
    type: (text) => void tmux('send-keys', '-l', text),
    lines,
    see: async (wanted) => {
      const until = Date.now() + LONGEST;
      for (;;) {
        const seen = lines();
        if (wanted.test(seen.join('\n'))) return seen;
        if (Date.now() > until) throw new Error(`there is no ${String(wanted)}, but:\n${seen.join('\n')}`);
        await new Promise((resolve) => void setImmediate(resolve));
      }
    },
    close: () => {
      spawnSync('tmux', ['-S', path.join(folder, 'tmux'), 'kill-server']);
      removeFolder(folder);
    },
  };
}
