import { Failure, throwAll, UsageFailure } from '../../base/errors.ts';
import { type PreparedCommand, prepareCommand } from './commands.ts';
import type { Answer } from './answers.ts';
import type { Draft } from '../draft.ts';

/** Commands of a batch with the lines that they stand in, from 1. */
export type Batch = readonly { readonly line: number; readonly command: PreparedCommand }[];

/**
 * Reads commands, one per line, without `db` and the db's name: `setprop wiki Command "a b"`.
 * Words are separated by blanks; quoting is that of sh: '…' keeps all, "…" all but \" \\ \$ \`,
 * a backslash outside of quotes keeps the next character. A line that is empty or begins with #
 * is skipped. A newline in a value is written '\n', as in the db file.
 * @param text a byte string
 * @param called what was typed before `batch`, for messages
 * @throws {Failures} all lines that are no right command
 */
export function parseBatch(text: string, called: string): Batch {
  const mistakes: Failure[] = [];
  const batch: { line: number; command: PreparedCommand }[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    try {
      const words = splitWords(content);
      if (words.length > 0) batch.push({ line, command: prepareCommand(words, called) });
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
  for (let at = 0; ; ) {
    BLANKS.lastIndex = at;
    BLANKS.test(line);
    at = BLANKS.lastIndex;
    if (at === line.length || line.startsWith('#', at)) return words;
    let word = '';
    for (let part = readPart(line, at); part !== undefined; part = readPart(line, at)) {
      word += part;
      at = PART.lastIndex;
    }
    words.push(word);
  }
}

// not \s: that takes a byte 0xa0, which may be a part of a UTF-8 character, for a space
const BLANKS = /[ \t\r]*/y;
const PART = /'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^ \t\r'"\\]+/y;

/** @returns the next part of a word, which ends at `PART.lastIndex`; undefined: the word is at its end */
function readPart(line: string, at: number): string | undefined {
  PART.lastIndex = at;
  const first = line.charAt(at);
  if (!PART.test(line)) {
    if (first === '' || ' \t\r'.includes(first)) return undefined;
    throw new UsageFailure('cannot read the line', {
      why: first === '\\' ? 'a backslash at its end escapes nothing' : `the ${first} of its last word is not closed`,
    });
  }
  const part = line.slice(at, PART.lastIndex);
  switch (first) {
    case "'":
      return part.slice(1, -1);
    case '"':
      return part.slice(1, -1).replace(/\\(["\\$`])/g, '$1');
    case '\\':
      return part.slice(1);
    default:
      return part;
  }
}

/** The failure of a command in the words of its batch: with the line. What is no failure of ours is thrown on. */
function atLine(error: unknown, line: number): Failure {
  if (!(error instanceof Failure)) throw error;
  const details = {
    why: error.message,
    at: { file: 'standard input', line },
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  return error instanceof UsageFailure
    ? new UsageFailure('cannot run the batch', details)
    : new Failure('cannot run the batch', details);
}
