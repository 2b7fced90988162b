import process from 'node:process';
import { findPaths } from '../paths.ts';
import { showable } from '../showable.ts';
import { mayBeKilled } from '../unfinished.ts';
import type { CommandContext } from './command.ts';
import { listFailures } from './format-failure.ts';
import { formatCommandHelp, formatHelp, getCommand } from './help.ts';
import { runProgram } from './run-program.ts';
import { painter, widthOf } from './terminal.ts';

const VERSION = '0.1.0';

/** Commands that do nothing but print, some of them without an end. */
const PRINTING: readonly string[] = ['logs', 'log', 'exec', 'helpers', 'props', 'status', 'plan', 'doctor', 'exposure', 'lint', 'graph', 'help', '--help'];

/** Commands that print what somebody asks for by name, and those that print no value at all. */
const UNMASKED: readonly string[] = ['db', 'config', 'logs', 'exec', 'helpers', 'props'];

/**
 * Runs the program under one of its names and sets the exit code.
 * @param program `docksmith`, or a command that has a name of its own (`db`)
 * @param args what was typed after it
 */
export async function main(program: string, args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const command = program === 'docksmith' ? (args[0] ?? '') : program;
  const paths = findPaths();
  const [stdout, stderr] = UNMASKED.includes(command) ? [process.stdout, process.stderr] : (await import('./masked-stream.ts')).maskBoth(paths);
  // A reader that has seen enough (`| head`) is no failure of ours. What only prints ends with it; what does work goes on without a reader.
  stdout.on('error', () => {
    if (PRINTING.includes(command)) process.exit(0);
  });
  // the stream of standard input is made when it is read, by the few commands that do
  const context = { paths, get stdin() { return process.stdin; }, stdout, stderr };
  await runProgram(context, wantsJson(program, args), () => (program === 'docksmith' ? runSubcommand(args, context) : runCommand(program, args, context)));
}

/** Whether one JSON document is to be on standard output, whatever becomes of the command; of `exec` and `db` it may be an argument. */
function wantsJson(program: string, args: readonly string[]): boolean {
  const [name, rest] = program === 'docksmith' ? [args[0], args.slice(1)] : [program, args];
  if (name === 'exec') return false;
  if (name === 'db') return rest.slice(0, 2).includes('--json');
  return name === 'config' ? rest[0] === '--json' : rest.includes('--json');
}

async function runSubcommand([name, ...args]: readonly string[], context: CommandContext): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    context.stdout.write(args[0] === undefined ? formatHelp(context.paths, widthOf(context.stdout)) : formatCommandHelp(args[0], `docksmith ${args[0]}`, context.paths, widthOf(context.stdout)));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    context.stdout.write(`docksmith ${VERSION}\n`);
    return 0;
  }
  return runCommand(name, args, context, `docksmith ${name}`);
}

async function runCommand(name: string, args: readonly string[], context: CommandContext, called = name): Promise<number> {
  const command = getCommand(name);
  // the db command has arguments that may look like options
  if ((args[0] === '--help' || args[0] === '-h') && name !== 'db' && name !== 'config') {
    context.stdout.write(formatCommandHelp(name, called, context.paths, widthOf(context.stdout)));
    return 0;
  }
  if (mayBeKilled(context.paths)) await putRight(context);
  return (await command.load())(args, context);
}

/** What a killed run left is put right before any command begins, also one that only looks. One that cannot be put right keeps none from looking. */
async function putRight({ paths, stderr }: CommandContext): Promise<void> {
  const warn = (line: string): void => void stderr.write(`${painter(stderr)('yellow', 'docksmith: warning:')} ${showable(line)}\n`);
  const { recover } = await import('../flow/recover.ts');
  try {
    recover(paths, warn);
  } catch (error) {
    const failures = listFailures(error);
    if (failures === undefined) throw error;
    for (const { message } of failures) warn(message);
  }
}
