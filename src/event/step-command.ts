import { readFileSync, statSync } from 'node:fs';

/** What a step does that only calls docksmith. */
export interface StepCommand {
  /** `reconcile` */
  readonly name: string;
  readonly args: readonly string[];
}

/** A longer script does more than to call one command. */
const MOST_BYTES = 4096;
const SHELL = /^#!\s*(?:\/usr)?\/bin\/(?:env\s+)?(?:sh|bash|dash)(?:\s+-[eu]+)?\s*$/;
/** Words that the shell hands on as they are written. */
const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * The command that a step's script calls, where it is a shell script of nothing but comments, `shift`
 * and, as its last line, `exec docksmith COMMAND WORD… "$@"`. Any other script is none.
 * @param given what the script is called with: the event, then its arguments
 */
export function findStepCommand(file: string, given: readonly string[]): StepCommand | undefined {
  const script = readScript(file);
  return script === undefined ? undefined : parseStepCommand(script, given);
}

export function parseStepCommand(script: string, given: readonly string[]): StepCommand | undefined {
  const [first = '', ...rest] = script.split('\n');
  if (!SHELL.test(first)) return undefined;
  const lines = rest.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const last = lines.pop();
  // a shift that has nothing left to shift ends such a script in some shells
  if (last === undefined || lines.some((line) => line !== 'shift') || lines.length > given.length) return undefined;
  const [exec, program, name, ...words] = last.split(/\s+/);
  if (exec !== 'exec' || program !== 'docksmith' || name === undefined || !PLAIN_WORD.test(name)) return undefined;
  const handsOn = words.at(-1) === '"$@"';
  const own = handsOn ? words.slice(0, -1) : words;
  return own.every((word) => PLAIN_WORD.test(word))
    ? { name, args: [...own, ...(handsOn ? given.slice(lines.length) : [])] }
    : undefined;
}

/** Undefined for what cannot be read or is no script; to run it says why. */
function readScript(file: string): string | undefined {
  try {
    const stats = statSync(file);
    return stats.isFile() && stats.size <= MOST_BYTES ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
