import { Failure, throwAll, UsageFailure } from '../errors.ts';
import { type Answer, type PreparedCommand, prepareCommand } from './commands.ts';
import type { Draft } from './draft.ts';

/** Commands of a batch with the lines that they stand in, from 1. */
export type Batch = readonly { readonly line: number; readonly command: PreparedCommand }[];

/**
 * Reads commands, one per line, without `db` and the db's name: `setprop wiki Command "a b"`.
 * Words are separated by blanks; quoting is that of sh: '…' keeps all, "…" all but \" \\ \$ \`,
 * a backslash outside of quotes keeps the next character. A line that is empty or begins with #
 * is skipped. A newline in a value is written '\n', as in the db file.
 * @param text a byte string
 * @throws {Failures} all lines that are no right command
 */
export function parseBatch(text: string): Batch {
  const mistakes: Failure[] = [];
  const batch: { line: number; command: PreparedCommand }[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    try {
      const words = splitWords(content);
      if (words.length > 0) batch.push({ line, command: prepareCommand(words) });
    } catch (error) {
      mistakes.push(atLine(error, line));
    }
  }
  throwAll(mistakes);
  return batch;
}

/**
 * Runs the commands on one draft, each seeing what those before it changed. All or nothing: a
 * reading command that finds nothing fails the batch as well.
 * @throws {Failures} all commands that failed; the draft is then of no use
 */
export function runBatch(draft: Draft, batch: Batch): readonly Answer[] {
  const mistakes: Failure[] = [];
  const answers: Answer[] = [];
  for (const { line, command } of batch) {
    try {
      const answer = command.run(draft);
      if (!answer.found) throw new Failure('cannot answer', { why: 'there is nothing of that name' });
      answers.push(answer);
    } catch (error) {
      mistakes.push(atLine(error, line));
    }
  }
  throwAll(mistakes);
  return answers;
}

function splitWords(line: string): string[] {
  const words: string[] = [];
  let rest = line.replace(/^[ \t\r]+/, '');
  while (rest !== '' && !rest.startsWith('#')) {
    const [word, length] = readWord(rest);
    words.push(word);
    rest = rest.slice(length).replace(/^[ \t\r]+/, '');
  }
  return words;
}

const PART = /'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<escaped>.)|(?<plain>[^\s'"\\]+)/y;

/** @returns the first word, and how many characters of the line it takes */
function readWord(line: string): [string, number] {
  let word = '';
  PART.lastIndex = 0;
  for (let at = 0; ; at = PART.lastIndex) {
    if (at === line.length || /[ \t\r]/.test(line.charAt(at))) return [word, at];
    const { single, double, escaped, plain } = PART.exec(line)?.groups ?? {};
    const part = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain;
    if (part === undefined) throw new UsageFailure('cannot read the line', { why: `nothing closes the ${line[at] === '\\' ? 'backslash at its end' : `${line[at] ?? ''} of its last word`}` });
    word += part;
  }
}

/** The failure of a command in the words of its batch: with the line. What is no failure of ours is thrown on. */
function atLine(error: unknown, line: number): Failure {
  if (!(error instanceof Failure)) throw error;
  const details = { why: error.message, at: { file: 'standard input', line }, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  return error instanceof UsageFailure ? new UsageFailure('cannot run the batch', details) : new Failure('cannot run the batch', details);
}
