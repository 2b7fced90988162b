import { readSwarmView } from '../../../features/swarm/swarm-view.ts';
import { readHostSnapshot } from '../../../flow/host-state.ts';
import { readMembershipPlan, updateMembership } from '../../../flow/swarm/update-membership.ts';
import { throwAll } from '../../../base/errors.ts';
import {
  type CommandContext,
  defineCommand,
  DRY_RUN_OPTION,
  type Given,
  JSON_OPTION,
  NO_OPERANDS,
  WAIT_OPTION,
} from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { formatFailures, jsonFailures } from '../../format/format-failure.ts';
import { formatJson } from '../../format/format-json.ts';
import {
  formatNodes,
  formatSwarm,
  formatSwarmOperation,
  jsonNodes,
  jsonSwarm,
  jsonSwarmOperation,
} from '../../format/format-swarm.ts';
import { widthOf } from '../../format/terminal.ts';
import { interruptible } from '../../interruptible.ts';

const UPDATE_OPTIONS = {
  leave: { doc: 'take this host out of the swarm, where docker Swarm is none' },
  force: { doc: 'with --leave: also as the last manager, and where the other managers do not answer' },
  ...DRY_RUN_OPTION,
  ...WAIT_OPTION,
  ...JSON_OPTION,
} as const;

/** Also the action `docker-swarm`. */
export const swarmUpdateCommand = defineCommand({
  name: 'swarm update',
  doc: 'make or join the swarm as records say; a manager brings the nodes to their records of hosts',
  effect: 'changes',
  operands: NO_OPERANDS,
  options: UPDATE_OPTIONS,
  run: (given, context) => interruptible(context.stderr, (signal) => runUpdate(given, context, signal)),
  part: async ({ values }) => (await import('../../../flow/swarm/swarm-step.ts')).swarmStep(values),
});

async function runUpdate(
  {
    values: { leave = false, force = false, 'dry-run': dryRun = false, json = false, wait },
  }: Given<typeof UPDATE_OPTIONS>,
  { paths, stdout, stderr }: CommandContext,
  signal: AbortSignal,
): Promise<number> {
  const request = { leave, force };
  const reporter = new ConsoleReporter({ stdout: json ? stderr : stdout, stderr });
  if (dryRun) {
    const { operations, notes, mistakes } = await readMembershipPlan(readHostSnapshot(paths), request);
    throwAll(mistakes);
    if (json) {
      stdout.write(formatJson({ dryRun: true, operations: operations.map(jsonSwarmOperation), notes }));
      return 0;
    }
    for (const note of notes) reporter.warning(note);
    for (const operation of operations) stdout.write(`would ${formatSwarmOperation(operation)}\n`);
    stdout.write(operations.length === 0 ? 'nothing to do\n' : 'dry run, nothing was changed\n');
    return 0;
  }
  const args = [...(leave ? ['--leave'] : []), ...(force ? ['--force'] : [])];
  const command = { command: 'docksmith swarm update', args, waitSeconds: wait, signal, isStep: true };
  const { done, notes, failures } = await updateMembership(paths, { ...command, request }, reporter, (operation) => {
    reporter.end();
    if (!json) stdout.write(`${formatSwarmOperation(operation)}\n`);
  });
  reporter.end();
  if (json)
    stdout.write(formatJson({ operations: done.map(jsonSwarmOperation), notes, failures: jsonFailures(failures) }));
  else {
    for (const note of notes) reporter.warning(note);
    if (done.length === 0 && failures.length === 0) stdout.write('nothing to do\n');
    stderr.write(formatFailures(failures, stderr));
  }
  return failures.length === 0 ? 0 : 1;
}

export const swarmStatusCommand = defineCommand({
  name: 'swarm status',
  doc: 'what this host is in a swarm, its managers, and what would be done',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: JSON_OPTION,
  run: async ({ values: { json = false } }, { paths, stdout }) => {
    const view = await readSwarmView(paths);
    stdout.write(json ? formatJson(jsonSwarm(view)) : formatSwarm(view, widthOf(stdout)));
    return view.lack === undefined ? 0 : 1;
  },
});

export const swarmNodesCommand = defineCommand({
  name: 'swarm nodes',
  doc: 'the nodes of the swarm, as its managers see them',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: JSON_OPTION,
  run: async ({ values: { json = false } }, { paths, stdout, stderr }) => {
    const view = await readSwarmView(paths);
    if (view.lack !== undefined) throw view.lack;
    stdout.write(json ? formatJson(jsonNodes(view)) : formatNodes(view));
    if (!json) for (const note of view.plan.notes) new ConsoleReporter({ stdout, stderr }).warning(note);
    return 0;
  },
});
