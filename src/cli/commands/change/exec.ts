import { once } from 'node:events';
import { ReadStream, WriteStream } from 'node:tty';
import { UsageFailure } from '../../../base/errors.ts';
import type { ExecSession } from '../../../engine/admin-engine.ts';
import { beginExec } from '../../../features/exec/exec.ts';
import { type CommandContext, defineCommand, type Given } from '../../command.ts';

const COMMAND = 'docksmith exec';

const OPTIONS = {
  interactive: { short: 'i', doc: 'pass standard input to it' },
  tty: { short: 't', doc: 'give it a terminal' },
  user: { short: 'u', value: 'USER', doc: 'run it as USER or USER:GROUP, by name or number' },
  workdir: { short: 'w', value: 'FOLDER', doc: 'the folder in the container in which it starts' },
  env: { short: 'e', value: 'NAME=VALUE', doc: 'set a variable, as often as it is given', many: true },
} as const;

export const execCommand = defineCommand({
  name: 'exec',
  doc: 'run a command in a container, and exit with its exit code',
  effect: 'hands over',
  unmasked: true,
  options: OPTIONS,
  operands: { usage: 'NAME COMMAND [ARG…]', min: 2, max: Infinity, passThrough: true },
  run: runExec,
});

async function runExec(
  {
    values: { interactive = false, tty = false, user, workdir, env = [] },
    words: [name = '', ...command],
  }: Given<typeof OPTIONS>,
  { paths, stdin, stdout, stderr }: CommandContext,
): Promise<number> {
  const wrong = env.find((variable) => !/^[^=\s]+=/.test(variable));
  if (wrong !== undefined)
    throw new UsageFailure(`cannot run "${COMMAND}"`, { why: `"${wrong}" after -e is not NAME=VALUE` });
  const terminal = stdin instanceof ReadStream && interactive && tty ? stdin : undefined;
  if (interactive && tty && terminal === undefined)
    throw new UsageFailure(`cannot run "${COMMAND}"`, {
      why: '-t needs a terminal, and standard input is not one',
      hint: 'omit -t',
    });
  const session = await beginExec(paths, name, { command, tty, stdin: interactive, user, workdir, env });
  const stopResizing = tty && stdout instanceof WriteStream ? keepSize(session, stdout) : undefined;
  // every key goes to the command, Ctrl-C too
  terminal?.setRawMode(true);
  if (interactive) stdin.pipe(session.input);
  // the command may end before all of what it was to read is written
  session.input.on('error', () => undefined);
  try {
    for await (const { stream, bytes } of session.output) {
      const to = stream === 'stderr' ? stderr : stdout;
      if (!to.write(bytes)) await once(to, 'drain');
    }
    return await session.getExitCode();
  } finally {
    stopResizing?.();
    terminal?.setRawMode(false);
    // else an open standard input would keep this process waiting for more
    stdin.destroy();
    session.input.destroy();
  }
}

/** Gives the command's terminal the size of ours, now and whenever that changes. */
function keepSize(session: ExecSession, stdout: WriteStream): () => void {
  // one that has ended already has no size any more
  const resize = (): void => void session.resize({ rows: stdout.rows, columns: stdout.columns }).catch(() => undefined);
  resize();
  stdout.on('resize', resize);
  return () => void stdout.off('resize', resize);
}
