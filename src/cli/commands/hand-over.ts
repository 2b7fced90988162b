import { once } from 'node:events';
import { ReadStream, WriteStream } from 'node:tty';
import { UsageFailure } from '../../base/errors.ts';
import type { ExecSession } from '../../engine/admin-engine.ts';
import type { CommandContext } from '../command.ts';

/** Options of commands that run something in a container. */
export const HAND_OVER_OPTIONS = {
  interactive: { short: 'i', doc: 'pass standard input to it' },
  tty: { short: 't', doc: 'give it a terminal' },
  user: { short: 'u', value: 'USER', doc: 'run it as USER or USER:GROUP, by name or number' },
  workdir: { short: 'w', value: 'FOLDER', doc: 'the folder in the container in which it starts' },
  env: { short: 'e', value: 'NAME=VALUE', doc: 'set a variable, as often as it is given', many: true },
} as const;

type Streams = Pick<CommandContext, 'stdin' | 'stdout' | 'stderr'>;

/** Which streams of ours the command gets. */
export interface HandedOver {
  readonly interactive: boolean;
  readonly tty: boolean;
}

/** @throws UsageFailure */
export function checkHandOver(
  command: string,
  { interactive, tty, env }: HandedOver & { readonly env: readonly string[] },
  { stdin }: Pick<Streams, 'stdin'>,
): void {
  const wrong = env.filter((variable) => !/^[^=\s]+=/.test(variable));
  if (wrong.length > 0)
    throw new UsageFailure(`cannot run "${command}"`, {
      why: wrong.map((variable) => `"${variable}" after -e is not NAME=VALUE`).join(', '),
    });
  if (interactive && tty && !(stdin instanceof ReadStream))
    throw new UsageFailure(`cannot run "${command}"`, {
      why: '-t needs a terminal, and standard input is not one',
      hint: 'omit -t',
    });
}

/** Hands our streams over to what runs in a container, until it ends. @returns its exit code */
export async function handOver(
  session: ExecSession,
  { interactive, tty }: HandedOver,
  { stdin, stdout, stderr }: Streams,
): Promise<number> {
  const terminal = stdin instanceof ReadStream && interactive && tty ? stdin : undefined;
  const stopResizing = tty && stdout instanceof WriteStream ? keepSize(session, stdout) : undefined;
  // every key goes to the command, Ctrl-C too
  terminal?.setRawMode(true);
  if (interactive) stdin.pipe(session.input);
  // the command may end before all of what it was to read is written
  session.input.on('error', () => undefined);
  try {
    for await (const { stream, bytes } of session.output) {
      const to = stream === 'stderr' ? stderr : stdout;
      // where nobody reads on, the rest goes nowhere
      if (!to.destroyed && !to.write(bytes)) await once(to, 'drain').catch(() => undefined);
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
