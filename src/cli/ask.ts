import type { Interface } from 'node:readline/promises';
import { Failure } from '../base/errors.ts';
import { unlessInterrupted } from '../base/interrupt.ts';
import type { CommandContext } from './command.ts';
import { isTerminal } from './format/terminal.ts';

export interface Question {
  /** what will be done: `go back to generation 16` */
  readonly what: string;
  /** the command that does not ask */
  readonly hint: string;
}

/** How a command was told to go about what it shows first. */
export interface Asking {
  readonly 'dry-run'?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** @throws Failure where it would come to a question, and a document is printed instead of it */
export function refuseJsonQuestion({ 'dry-run': dryRun, yes, json }: Asking, { what, hint }: Question): void {
  if (json === true && yes !== true && dryRun !== true)
    throw new Failure(`cannot ${what}`, { why: '--json cannot ask', hint: `${hint} --json` });
}

/**
 * Asks before something is removed, exposed or gone back to, which was shown before.
 * @returns whether it is to be done; where it is not, that was said
 * @throws Failure where there is nobody to ask
 */
export async function ask(context: CommandContext, { what, hint }: Question): Promise<boolean> {
  if (!isTerminal(context.stdin) || !isTerminal(context.stdout))
    throw new Failure(`cannot ${what}`, { why: 'there is no terminal to ask at', hint });
  if (await confirm(context, what)) return true;
  context.stdout.write('nothing was changed\n');
  return false;
}

/** @returns whether the answer is yes */
export async function confirm(context: Pick<CommandContext, 'stdin' | 'stdout'>, what: string): Promise<boolean> {
  return /^y(es)?$/i.test((await readAnswer(context, `${what}? [y/N] `)) ?? '');
}

/**
 * Asks for a text.
 * @param usual what an empty answer means
 * @throws Failure for Ctrl-C and the end of the input, which are no empty answers
 */
export async function askText(
  context: Pick<CommandContext, 'stdin' | 'stdout'>,
  question: string,
  usual: string,
): Promise<string> {
  const answer = await readAnswer(context, `${question}${usual === '' ? '' : ` [${usual}]`}: `);
  if (answer === undefined) {
    context.stdout.write('\n');
    throw new Failure(STOPPED, { why: 'the input has ended; nothing was changed' });
  }
  return answer || usual;
}

const STOPPED = 'cannot go on';

/** @returns undefined at the end of the input, which is no answer @throws Interrupted */
async function readAnswer(
  { stdin, stdout }: Pick<CommandContext, 'stdin' | 'stdout'>,
  question: string,
): Promise<string | undefined> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: stdin, output: stdout });
  try {
    return (await waitForAnswer(lines, question, stdout))?.trim();
  } finally {
    lines.close();
  }
}

/**
 * Questions come before anything is changed.
 * @returns undefined at the end of the input
 * @throws Interrupted for Ctrl-C, which is a key like others to who reads a terminal by lines
 */
export async function waitForAnswer(
  lines: Interface,
  question: string,
  shown: NodeJS.WritableStream,
): Promise<string | undefined> {
  const interrupt = new AbortController();
  lines.once('SIGINT', () => {
    shown.write('\n');
    interrupt.abort('SIGINT');
  });
  // the program must not end before it has said so
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  const answer = Promise.race([lines.question(question), closed]);
  return unlessInterrupted(interrupt.signal, STOPPED, answer, 'nothing was changed');
}
