import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { Failure, reasonOf } from '../../../base/errors.ts';
import { waitForAnswer } from '../../ask.ts';
import type { CommandContext } from '../../command.ts';
import { isTerminal } from '../../format/terminal.ts';

const VARIABLE = 'DOCKSMITH_PASSPHRASE';

export const PASSPHRASE_OPTION = {
  'passphrase-file': {
    value: 'FILE',
    doc: `the passphrase is the first line of FILE; else that of ${VARIABLE}, else it is asked for`,
  },
} as const;

/**
 * @param isNew it is asked for twice
 * @returns the passphrase; where it has to be asked for, that is done when it is called. It throws a Failure where
 * there is none
 * @throws Failure where the file cannot be read
 */
export function findPassphrase(
  context: CommandContext,
  file: string | undefined,
  isNew: boolean,
): () => Promise<string> {
  const given = file === undefined ? process.env[VARIABLE] : readFirstLine(file);
  // programs that are called from here on have no use for it
  Reflect.deleteProperty(process.env, VARIABLE);
  return async () => {
    const passphrase = given ?? (await askHidden(context, isNew));
    if (passphrase === '') throw new Failure('cannot use the passphrase', { why: 'it is empty' });
    return passphrase;
  };
}

function readFirstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (error) {
    throw new Failure(`cannot read the passphrase in "${file}"`, { why: reasonOf(error), cause: error });
  }
}

/** What is typed is not shown. */
async function askHidden(context: CommandContext, isNew: boolean): Promise<string> {
  if (!isTerminal(context.stdin) || !isTerminal(context.stderr))
    throw new Failure('cannot ask for the passphrase', {
      why: 'there is no terminal to ask at',
      hint: `--passphrase-file FILE, or set ${VARIABLE}`,
    });
  const { createInterface } = await import('node:readline/promises');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // one for both questions: between two of them, what is typed would be shown
  const lines = createInterface({ input: context.stdin, output: nowhere, terminal: true });
  const ask = async (question: string): Promise<string> => {
    context.stderr.write(question);
    const answer = await waitForAnswer(lines, '', context.stderr);
    context.stderr.write('\n');
    return answer ?? '';
  };
  try {
    const first = await ask('passphrase: ');
    if (isNew && (await ask('the same again: ')) !== first)
      throw new Failure('cannot use the passphrase', { why: 'the two are not the same' });
    return first;
  } finally {
    lines.close();
  }
}
