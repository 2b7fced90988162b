import type { Readable, Writable } from 'node:stream';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { errorCode, UsageFailure } from '../errors.ts';
import type { Paths } from '../paths.ts';

export interface CommandContext {
  readonly paths: Paths;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** One command: its file is loaded when it is called, so that each loads only what it uses. */
export interface Command {
  /** what follows the command's name: `[--dry-run] EVENT [ARG…]` */
  readonly usage: string;
  /** one line for `docksmith --help` */
  readonly doc: string;
  /** more for `docksmith COMMAND --help`, a line per option */
  readonly options?: Readonly<Record<string, string>>;
  /** @returns the exit code */
  readonly run: (args: readonly string[], context: CommandContext) => Promise<number>;
}

/**
 * Reads options of a command; what follows the first word that is no option is left as it is
 * where `passThrough` is given, since it belongs to an event.
 * @throws UsageFailure for an option that the command does not have
 */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(command: string, args: readonly string[], options: T, { passThrough = false } = {}): {
  readonly values: ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>['values'];
  readonly words: readonly string[];
} {
  const [own, rest] = passThrough ? splitAtFirstWord(args, options) : [args, []];
  try {
    const { values, positionals } = parseArgs({ args: [...own], options, allowPositionals: true, strict: true });
    return { values, words: [...positionals, ...rest] };
  } catch (error) {
    if (errorCode(error)?.startsWith('ERR_PARSE_ARGS') !== true || !(error instanceof Error)) throw error;
    const why = error.message.replace(/^(.)/, (first) => first.toLowerCase()).replace(/\. To specify a positional.*$/s, '');
    throw new UsageFailure(`cannot run "${command}"`, { why, hint: `${command} --help tells how it is used` });
  }
}

function splitAtFirstWord(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>): readonly [readonly string[], readonly string[]] {
  let n = 0;
  while (n < args.length) {
    const word = args[n] ?? '';
    if (!word.startsWith('-') || word === '--') break;
    const takesValue = options[word.replace(/^--?/, '')]?.type === 'string';
    n += takesValue ? 2 : 1;
  }
  return [args.slice(0, n), args.slice(args[n] === '--' ? n + 1 : n)];
}

/** A count of seconds given as an option. */
export function readSeconds(command: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  throw new UsageFailure(`cannot run "${command}"`, { why: `"${value}" is no number of seconds` });
}
