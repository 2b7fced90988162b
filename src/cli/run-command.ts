import type { Command, CommandContext } from './command.ts';
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
export function runCommand(command: Command, args: readonly string[], context: CommandContext): Promise<number> {
  return command.run(command.raw === undefined ? readArguments(command, args) : { values: {}, words: args }, context);
}
