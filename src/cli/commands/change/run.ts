import { type OneOff, makeOneOff } from '../../../features/run/run.ts';
import { maskBoth } from '../../masked-stream.ts';
import { type CommandContext, defineCommand, type Given } from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { checkHandOver, HAND_OVER_OPTIONS, handOver } from '../hand-over.ts';
import { interruptible } from '../../interruptible.ts';
import { operationProgress } from '../../operation-progress.ts';
import { endProgram } from '../../run-program.ts';

const COMMAND = 'docksmith run';

export const runCommand = defineCommand({
  name: 'run',
  doc: "run a command in a container of its own, in a record's surroundings; without a command that of the record",
  effect: 'hands over',
  endsItself: true,
  unmasked: true,
  options: HAND_OVER_OPTIONS,
  operands: { usage: 'NAME [COMMAND [ARG…]]', min: 1, max: Infinity, passThrough: true, of: [['container'], []] },
  run: runOneOff,
});

/** Standard output is the command's; what docksmith itself says is on standard error, secrets masked. */
async function runOneOff(
  { values: { interactive = false, tty = false, user, workdir, env = [] }, words }: Given<typeof HAND_OVER_OPTIONS>,
  context: CommandContext,
): Promise<number> {
  checkHandOver(COMMAND, { interactive, tty, env }, context);
  const { paths, stdout, commands } = context;
  const [, own] = maskBoth(paths);
  const [name = '', ...command] = words;
  const reporter = new ConsoleReporter({ stdout: own, stderr: own });
  const { inHand, onProgress } = operationProgress({ stdout: own }, reporter, false);
  let oneOff: OneOff | undefined;
  const work = async (signal: AbortSignal): Promise<number> => {
    const request = { name, command, tty, stdin: interactive, user, workdir, env };
    const made = await makeOneOff(paths, request, { commands, args: words, signal }, reporter, onProgress);
    oneOff = made;
    reporter.end();
    let stopped: Promise<void> | undefined;
    const stop = (): void => void (stopped ??= made.stop().catch(() => undefined));
    signal.addEventListener('abort', stop);
    // who reads on no more does not want the rest
    let isUnread = false as boolean;
    stdout.once('error', () => {
      isUnread = true;
      stop();
    });
    try {
      await made.start();
      if (signal.aborted) stop();
      const exitCode = await handOver(made.session, { interactive, tty }, context);
      return isUnread ? 0 : exitCode;
    } finally {
      await stopped;
      await made.remove();
    }
  };
  const describe = (): string | undefined => (oneOff === undefined ? inHand.describe() : `the run of ${oneOff.name}`);
  return endProgram({ stdout, stderr: own }, false, async () => {
    try {
      return await interruptible(own, work, describe);
    } finally {
      reporter.end();
    }
  });
}
