import { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { UsageFailure } from '../base/errors.ts';
import type { OnLine } from '../event/run-process.ts';
import type { StepCommands } from '../flow/step-part.ts';
import type { Command, CommandContext } from './command.ts';
import { joinName } from './command-names.ts';
import { readArguments } from './read-arguments.ts';
import { isHelp, runCommand, wantsJson } from './run-command.ts';
import { endProgram } from './run-program.ts';

type FindCommand = (name: string) => Promise<Command | undefined>;

/**
 * The commands of docksmith for the steps of events that only call one.
 * @param find the command of that name
 * @param isRunHere such a step is run in this process; if not, each step is a process
 */
export function stepCommands(find: FindCommand, isRunHere = true): StepCommands {
  const commands: StepCommands = {
    run: isRunHere ? runHere(find, () => commands) : undefined,
    partOf: async (step) => {
      const [name = '', ...args] = joinName([step.name, ...step.args]);
      const command = await find(name);
      if (command?.part === undefined || isHelp(command, args)) return undefined;
      try {
        return await command.part(readArguments(command, args));
      } catch (error) {
        // the step itself says what is wrong with its arguments
        if (error instanceof UsageFailure) return undefined;
        throw error;
      }
    },
  };
  return commands;
}

/** Runs commands as a step of an event would run them: with an empty standard input, and their output in lines. */
function runHere(find: FindCommand, commands: () => StepCommands): NonNullable<StepCommands['run']> {
  return async (step, paths, onLine, prepared) => {
    const [name = '', ...args] = joinName([step.name, ...step.args]);
    const command = await find(name);
    if (command === undefined || isHelp(command, args)) return undefined;
    const [stdout, stderr] = [new LineStream(onLine, 'stdout'), new LineStream(onLine, 'stderr')];
    const context: CommandContext = {
      paths,
      get stdin() {
        return Readable.from([]);
      },
      stdout,
      stderr,
      commands: commands(),
      prepared,
    };
    const exitCode = await endProgram(context, wantsJson(command, args), () => runCommand(command, args, context));
    for (const stream of [stdout, stderr]) stream.flushLine();
    return exitCode;
  };
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
