import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure, reasonOf } from '../../base/errors.ts';
import { NEVER } from '../../base/interrupt.ts';
import { quoteWords } from '../../base/quote.ts';
import type { KnownHost } from './known-hosts.ts';

export interface CallOptions {
  readonly input?: Buffer;
  /** longer than that no answer is waited for; absent: as long as ssh says that the host is there */
  readonly limitSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** More than that is no answer. */
const MOST_BYTES = 512 * 1024 ** 2;
/** What a host says of mistakes is shown in part. */
const MOST_SAID = 64 * 1024;
/** How ssh ends where it does not get there, and a shell where there is no such program. */
const [SSH_FAILED, NOT_FOUND] = [255, 127];

const NO_TERMINAL = ['-T'];
/** One that is the other end's alone: no key is a command to ssh, and ssh says nothing at its end. */
const TERMINAL = ['-t', '-oEscapeChar=none', '-oLogLevel=ERROR'];

/** A host that cannot be asked. */
export class Unreachable extends Failure {}

/**
 * Runs `docksmith receive WORDS` on a host.
 * @returns what it printed on standard output
 * @throws Unreachable, or Failure for one that ended otherwise
 */
export function callHost(host: KnownHost, words: readonly string[], options: CallOptions = {}): Promise<Buffer> {
  const { input, limitSeconds, signal = NEVER } = options;
  const [program = '', ...args] = commandFor(host, ['receive', ...words], NO_TERMINAL);
  return new Promise((resolve, reject) => {
    const fail = (why: string, hint?: string): void =>
      reject(new Unreachable(`cannot reach host "${host.name}"`, hint === undefined ? { why } : { why, hint }));
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = limitSeconds === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    const out: Buffer[] = [];
    let [size, said] = [0, ''];
    child.stdout.on('data', (bytes: Buffer) => {
      size += bytes.length;
      if (size > MOST_BYTES) child.kill('SIGKILL');
      else out.push(bytes);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < MOST_SAID) said += text;
    });
    // it ended before it had read all: how it ended says more
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(`${program}: ${reasonOf(error)}`);
    });
    child.once('close', (code, endedBy) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      const last = said
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .at(-1)
        ?.replace(/\.$/, '');
      if (code === 0 || code === 1) resolve(Buffer.concat(out));
      else if (endedBy !== null)
        fail(
          signal.aborted
            ? 'interrupted'
            : limitSeconds === undefined
              ? `ended by ${endedBy}`
              : `no answer within ${limitSeconds} seconds`,
        );
      else if (code === NOT_FOUND) fail(last ?? 'docksmith is not there', `db hosts setprop ${host.name} Command PATH`);
      else if (code === SSH_FAILED) fail(last ?? 'ssh failed', `try the way by hand: ${host.byHand}`);
      else reject(new Failure(`cannot use host "${host.name}"`, { why: last ?? `exit code ${code ?? ''}` }));
    });
  });
}

/**
 * Runs `docksmith WORDS` on a host with our own standard streams, which ssh itself takes.
 * @returns its exit code, or 255 where ssh did not get there and has said why
 * @throws Unreachable where there is no ssh
 */
export async function enterHost(
  host: KnownHost,
  words: readonly string[],
  { interactive, tty }: { readonly interactive: boolean; readonly tty: boolean },
): Promise<number> {
  const [program = '', ...args] = commandFor(host, words, interactive && tty ? TERMINAL : NO_TERMINAL);
  const child = spawn(program, args, { stdio: [interactive ? 'inherit' : 'ignore', 'inherit', 'inherit'] });
  const stop = (): void => void child.kill('SIGTERM');
  process.once('SIGTERM', stop);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? SSH_FAILED;
  } catch (error) {
    throw new Unreachable(`cannot reach host "${host.name}"`, { why: `${program}: ${reasonOf(error)}` });
  } finally {
    process.off('SIGTERM', stop);
  }
}

/** The other end has a shell, which is given one text. What stands behind `--` is no option of ssh. Pure. */
export function commandFor(
  { ssh, address, program }: KnownHost,
  words: readonly string[],
  options: readonly string[],
): readonly string[] {
  return [...ssh, ...options, '--', address, `${program} ${quoteWords(words)}`];
}
