import { once } from 'node:events';
import { ReadStream, WriteStream } from 'node:tty';
import { UsageFailure } from '../errors.ts';
import type { ExecSession } from '../container/daily-engine.ts';
import { beginExec } from '../flow/exec.ts';
import { type CommandContext, readOptions } from './command.ts';

const COMMAND = 'docksmith exec';

/** `docksmith exec [-it] NAME COMMAND…`: exits with the command's own exit code. */
export async function runExec(args: readonly string[], { paths, stdin, stdout, stderr }: CommandContext): Promise<number> {
  const { values: { interactive = false, tty = false }, words: [name, ...command] } = readOptions(COMMAND, args, {
    interactive: { type: 'boolean', short: 'i' }, tty: { type: 'boolean', short: 't' },
  }, { passThrough: true });
  if (name === undefined || command.length === 0) {
    throw new UsageFailure(`cannot run "${COMMAND}"`, { why: name === undefined ? 'no container is named' : 'no command is named', hint: `${COMMAND} --help tells how it is used` });
  }
  const terminal = stdin instanceof ReadStream && interactive && tty ? stdin : undefined;
  if (interactive && tty && terminal === undefined) throw new UsageFailure(`cannot run "${COMMAND}"`, { why: '-t is for terminals, and standard input is none', hint: 'leave -t away' });
  const session = await beginExec(paths, name, { command, tty, stdin: interactive });
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
