import { UsageFailure } from '../../base/errors.ts';
import { quoteWord, quoteWords } from '../../base/quote.ts';
import { fromByteString } from '../byte-text.ts';

/** A command line of `db`: byte strings. */
export interface CommandLine {
  /** what was typed before the command, to be typed again: `db docker_containers`, `config` */
  readonly called: string;
  readonly name: string;
  readonly args: readonly string[];
}

/** In Perl, and so in the original's checks of its arguments, `0` is as false as the empty string. */
export const isTrue = (argument: string | undefined): boolean =>
  argument !== undefined && argument !== '' && argument !== '0';

/** `db docker_containers`, and `config`, as a hint may say them. */
export function callOf(program: 'db' | 'config', db: string): string {
  return program === 'config' ? 'config' : `db ${quoteWord(db)}`;
}

export function tooFew(line: CommandLine, usage: string, isWriting: boolean): UsageFailure {
  const { called, name, args } = line;
  return new UsageFailure(`cannot run "${called} ${name}"`, {
    why: whatIsMissing(usage, args.map(fromByteString)),
    hint: isWriting && args.some(isAssignment) ? hintAtPairs(line) : `usage: ${called} ${usage}`,
  });
}

export function tooMany({ called, name }: CommandLine, surplus: string, usage: string): UsageFailure {
  return new UsageFailure(`cannot run "${called} ${name}"`, {
    why: `"${fromByteString(surplus)}" is an argument too many`,
    hint: `usage: ${called} ${usage}`,
  });
}

/** Of arguments that are not accepted: `set KEY TYPE [PROP VALUE]...` needs a KEY and a TYPE, then pairs. */
function whatIsMissing(usage: string, args: readonly string[]): string {
  const needed = (/^\w+ ([^[]*)/.exec(usage)?.[1] ?? '').replace('...', '').trim().split(' ');
  const missing = needed[args.length];
  if (missing === 'VALUE' || (missing === undefined && (args.length - needed.length) % 2 === 1))
    return `the value of "${args.at(-1) ?? ''}" is missing`;
  if (missing !== undefined) return `${missing} is missing`;
  const empty = needed.findIndex((_, n) => !isTrue(args[n]));
  return `${needed[empty] ?? 'an argument'} may not be "${args[empty] ?? ''}"`;
}

/** `MaxMemory=512`, where a prop and its value are two arguments. */
function isAssignment(argument: string): boolean {
  return /^[A-Za-z][\w.-]*=/.test(argument);
}

function hintAtPairs({ called, name, args }: CommandLine): string {
  const words = args.flatMap((argument) => {
    const [, prop = '', value = ''] = /^([^=]*)=(.*)$/s.exec(argument) ?? [];
    return (isAssignment(argument) ? [prop, value] : [argument]).map(fromByteString);
  });
  return `a prop and its value are two arguments: ${called} ${quoteWords([name, ...words])}`;
}
