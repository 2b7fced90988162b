import { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { RunCommand } from '../event/call-command.ts';
import type { OnLine } from '../event/run-process.ts';
import type { Command, CommandContext } from './command.ts';
import { isHelp, runCommand, wantsJson } from './run-command.ts';
import { endProgram } from './run-program.ts';

/**
 * Runs commands of docksmith in this process as a step of an event would run them: with an empty standard input, and their output in lines.
 * @param find the command of that name
 */
export function runHere(find: (name: string) => Promise<Command | undefined>): RunCommand {
  const run: RunCommand = async ({ name, args }, paths, onLine) => {
    const command = await find(name);
    if (command === undefined || isHelp(command, args)) return undefined;
    const [stdout, stderr] = [new LineStream(onLine, 'stdout'), new LineStream(onLine, 'stderr')];
    const context: CommandContext = { paths, get stdin() { return Readable.from([]); }, stdout, stderr, runCommand: run };
    const exitCode = await endProgram(context, wantsJson(command, args), () => runCommand(command, args, context));
    for (const stream of [stdout, stderr]) stream.flushLine();
    return exitCode;
  };
  return run;
}

/** What is written to it is handed on line by line, at once. */
class LineStream extends Writable {
  readonly #onLine: OnLine;
  readonly #name: 'stdout' | 'stderr';
  readonly #decoder = new StringDecoder();
  #rest = '';

  constructor(onLine: OnLine, name: 'stdout' | 'stderr') {
    super({ decodeStrings: false });
    this.#onLine = onLine;
    this.#name = name;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = `${this.#rest}${typeof chunk === 'string' ? chunk : this.#decoder.write(chunk)}`.split(/\r?\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line, this.#name);
    done();
  }

  /** A last line without an end is one, too. */
  flushLine(): void {
    if (this.#rest !== '') this.#onLine(this.#rest, this.#name);
    this.#rest = '';
  }
}
