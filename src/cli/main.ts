import process from 'node:process';
import { errorCode, Failure, reasonOf, UsageFailure } from '../base/errors.ts';
import { findPaths } from '../base/paths.ts';
import { showable } from '../base/showable.ts';
import { mayHavePendingReceipt } from '../files/pending-receipt.ts';
import { mayBeKilled } from '../files/unfinished.ts';
import { type Command, type CommandContext, titleOf } from './command.ts';
import { GROUPS, joinName } from './command-names.ts';
import { findCommand } from './commands.ts';
import { formatFailures, listFailures } from './format/format-failure.ts';
import { leaveIfInterrupted } from './interruptible.ts';
import { isHelp, runCommand, wantsJson } from './run-command.ts';
import { runProgram } from './run-program.ts';
import { stepCommands } from './step-commands.ts';
import { painter, widthOf } from './format/terminal.ts';

const VERSION = '0.1.0';

/** What a write says whose reader has gone, or never was. */
const ENDED_READER: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EBADF', 'ECONNRESET', 'EIO']);

/**
 * Runs the program under one of its names and sets the exit code.
 * @param program `docksmith`, or a command that has a name of its own (`db`)
 * @param args what was typed after it
 */
export async function main(program: string, args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const [name = '--help', ...rest] = program === 'docksmith' ? joinName(args) : [program, ...args];
  const command = await findCommand(name);
  const paths = findPaths();
  const [stdout, stderr] =
    command?.unmasked === true
      ? [process.stdout, process.stderr]
      : (await import('./masked-stream.ts')).maskBoth(paths);
  // A reader that has seen enough (`| head`) is no failure of ours. What only prints ends with it; what does
  // work goes on without a reader.
  let isSaid = false;
  stdout.on('error', (error) => {
    const isLost = !ENDED_READER.has(errorCode(error));
    if (isLost && !isSaid) {
      isSaid = true;
      const failure = new Failure('cannot write standard output', { why: reasonOf(error) });
      // not through a stream of ours: the process may end with the next line
      process.stderr.write(formatFailures([failure], stderr));
    }
    if (command?.endsItself === true) return;
    if (command === undefined || command.effect === 'prints' || command.effect === 'hands over')
      process.exit(isLost ? 1 : 0);
  });
  // the stream of standard input is made when it is read, by the few commands that do
  const context = {
    paths,
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    commands: stepCommands(findCommand, process.env['DOCKSMITH_STEPS'] !== 'processes'),
  };
  await runProgram(context, wantsJson(command, rest), async () => {
    if (command === undefined) return runItself(name, rest, context, args.length === 0);
    return runOne(command, rest, context, program === 'docksmith' ? `docksmith ${name}` : titleOf(command));
  });
  await leaveIfInterrupted([stdout, stderr]);
}

/** `docksmith --help`, `docksmith help COMMAND`, `docksmith --version`: what is no command. */
async function runItself(
  name: string,
  words: readonly string[],
  { paths, stdout }: CommandContext,
  isBare: boolean,
): Promise<number> {
  const { formatCommandHelp, formatGroupHelp, formatHelp, getCommand } = await import('./help.ts');
  const { showManPage } = await import('./commands/show/man-page.ts');
  const isHelpWord = name === 'help';
  const asked = isHelpWord ? joinName(words) : [];
  const [group = name] = asked;
  if (Object.hasOwn(GROUPS, group)) {
    stdout.write(await formatGroupHelp(group, widthOf(stdout)));
    return isHelpWord || words.length > 0 ? 0 : 2;
  }
  if (!isHelpWord && !['--help', '-h', '--version'].includes(name)) await getCommand(name);
  const surplus = isHelpWord ? asked[1] : words[0];
  if (surplus !== undefined)
    throw new UsageFailure(`cannot run "docksmith ${name}"`, {
      why: `"${surplus}" is an operand too many`,
      hint: 'docksmith COMMAND --help shows the options of a command',
    });
  const width = widthOf(stdout);
  if (isHelpWord && asked[0] !== undefined && (await showManPage(await getCommand(asked[0]), paths))) return 0;
  stdout.write(
    name === '--version'
      ? `docksmith ${VERSION}\n`
      : asked[0] === undefined
        ? await formatHelp(paths, width)
        : formatCommandHelp(await getCommand(asked[0]), paths, width, `docksmith ${asked[0]}`),
  );
  return isBare ? 2 : 0;
}

async function runOne(
  command: Command,
  args: readonly string[],
  context: CommandContext,
  called: string,
): Promise<number> {
  if (isHelp(command, args)) {
    context.stdout.write(
      (await import('./help.ts')).formatCommandHelp(command, context.paths, widthOf(context.stdout), called),
    );
    return 0;
  }
  if (mayBeKilled(context.paths)) await putRight(context);
  // the process that waits is a docksmith receive itself
  if (command.name !== 'receive' && mayHavePendingReceipt(context.paths))
    await (await import('../features/hosts/waiter.ts')).putReceiptRight(context.paths);
  return runCommand(command, args, context);
}

/**
 * What a killed run left is put right before any command begins, also one that only looks. One that cannot be
 * put right keeps none from looking.
 */
async function putRight({ paths, stderr }: CommandContext): Promise<void> {
  const warn = (line: string): void =>
    void stderr.write(`${painter(stderr)('yellow', 'docksmith: warning:')} ${showable(line)}\n`);
  const { recover } = await import('../flow/commit/recover.ts');
  try {
    recover(paths, warn);
  } catch (error) {
    const failures = listFailures(error);
    if (failures === undefined) throw error;
    for (const { message } of failures) warn(message);
  }
}
