import { beginExec } from '../../../features/exec/exec.ts';
import { enterHost } from '../../../features/hosts/call-host.ts';
import { type CommandContext, defineCommand, type Given } from '../../command.ts';
import { checkHandOver, HAND_OVER_OPTIONS, handOver } from '../hand-over.ts';

const COMMAND = 'docksmith exec';

export const execCommand = defineCommand({
  name: 'exec',
  doc: 'run a command in a container or a task of a service, and exit with its exit code',
  effect: 'hands over',
  unmasked: true,
  options: HAND_OVER_OPTIONS,
  operands: { usage: 'NAME COMMAND [ARG…]', min: 2, max: Infinity, passThrough: true, of: [['container'], []] },
  run: runExec,
});

async function runExec(
  {
    values: { interactive = false, tty = false, user, workdir, env = [] },
    words: [name = '', ...command],
  }: Given<typeof HAND_OVER_OPTIONS>,
  context: CommandContext,
): Promise<number> {
  checkHandOver(COMMAND, { interactive, tty, env }, context);
  const begun = await beginExec(context.paths, name, { command, tty, stdin: interactive, user, workdir, env });
  return 'host' in begun
    ? enterHost(begun.host, begun.words, { interactive, tty })
    : handOver(begun.session, { interactive, tty }, context);
}
