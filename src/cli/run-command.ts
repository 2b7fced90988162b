import { Writable } from 'node:stream';
import { UsageFailure } from '../base/errors.ts';
import { type Command, type CommandContext, QUIET_OPTION, titleOf } from './command.ts';
import { expandOperands } from './expand-operands.ts';
import { endMovingLines } from './format/moving-lines.ts';
import { asksForHelp, readArguments } from './read-arguments.ts';

/** Whether the command is asked how it is used. */
export function isHelp(command: Command, args: readonly string[]): boolean {
  return command.raw === undefined ? asksForHelp(command, args) : command.raw.isHelp(args);
}

/**
 * Whether one JSON document is to be on standard output, whatever becomes of the command; of `exec` and `db`
 * it may be an argument.
 */
export function wantsJson(command: Command | undefined, args: readonly string[]): boolean {
  if (command?.raw !== undefined) return command.raw.isJson(args);
  if (command?.operands.passThrough === true && command.options['json'] === undefined) return false;
  return args.includes('--json');
}

/**
 * Reads what was typed by the command's definition, and runs it.
 * @returns the exit code
 * @throws UsageFailure before anything is done
 */
export async function runCommand(command: Command, args: readonly string[], context: CommandContext): Promise<number> {
  if (command.raw !== undefined) return command.run({ values: {}, words: args }, context);
  const given = await expandOperands(command, readArguments(command, args), context.paths);
  const isQuiet = given.values['quiet'] === true && command.options['quiet'] === QUIET_OPTION.quiet;
  try {
    return await command.run(given, isQuiet ? makeQuiet(command, given.values, context) : context);
  } finally {
    endMovingLines(context.stderr);
  }
}

/** @throws UsageFailure where something has to be printed */
function makeQuiet(
  command: Command,
  { json, yes, 'dry-run': dryRun }: Readonly<Record<string, unknown>>,
  context: CommandContext,
): CommandContext {
  const refuse = (why: string, hint?: string): UsageFailure =>
    new UsageFailure(`cannot run "${titleOf(command)}"`, { why, ...(hint === undefined ? {} : { hint }) });
  if (json === true) throw refuse('--json and --quiet exclude each other');
  if (command.effect === 'asks' && yes !== true && dryRun !== true)
    throw refuse('--quiet shows nothing to say yes to', `${titleOf(command)} --quiet --yes`);
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
  // no copy: the stream of standard input is made when it is read
  return Object.create(context, { stdout: { value: stdout } }) as CommandContext;
}
