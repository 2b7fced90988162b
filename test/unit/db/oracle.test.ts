import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/base/errors.ts';
import { toByteString } from '../../../src/db/byte-text.ts';
import { prepareCommand } from '../../../src/db/commands/commands.ts';
import { Draft } from '../../../src/db/draft.ts';
import { formatFlatFile, parseFlatFile } from '../../../src/db/flat-file.ts';
import { ORACLE, readOracle, withoutComments } from '../../support/db-oracle.ts';

/** What the program does with one call, without its files. */
function call(
  content: Buffer | undefined,
  args: readonly string[],
): { exit: number | 'error'; stdout: string; content: Buffer | undefined } {
  const draft = new Draft(parseFlatFile(content ?? Buffer.alloc(0)));
  try {
    const answer = prepareCommand(args.map(toByteString), 'db x').run(draft);
    return {
      exit: answer.found ? 0 : 1,
      stdout: Buffer.from(answer.text, 'latin1').toString(),
      content: draft.stored ? formatFlatFile(draft.lines, new Date(0)) : content,
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { exit: error.exitCode === 2 ? 'error' : 1, stdout: '', content };
  }
}

describe.skipIf(!existsSync(ORACLE))('every recorded sequence of calls gives what the original gave', () => {
  it.each(readOracle().map((sequence, index) => ({ ...sequence, index })))(
    'sequence $index',
    ({ start, steps, end }) => {
      let content: Buffer | undefined = start === null ? undefined : Buffer.from(start);
      for (const step of steps) {
        const actual = call(content, step.args);
        expect({ args: step.args, exit: actual.exit, stdout: actual.stdout }).toEqual(step);
        content = actual.content;
      }
      expect(withoutComments(content)).toEqual(end);
    },
  );
});
