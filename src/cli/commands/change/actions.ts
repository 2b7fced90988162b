import { writeDbChanges } from '../../../db/store.ts';
import { showable } from '../../../base/showable.ts';
import { checkApache } from '../../../flow/check-apache.ts';
import { restartDaemon } from '../../../flow/daemon/daemon.ts';
import { askEngineForValues, setUpDbs } from '../../../flow/set-up/setup.ts';
import { readHostSnapshot, readHostState } from '../../../flow/host-state.ts';
import { allocatePorts } from '../../../model/network/allocate-ports.ts';
import { type CommandContext, defineCommand, type Given, NO_OPERANDS } from '../../command.ts';
import { ConsoleReporter } from '../../format/console-reporter.ts';
import { interruptible } from '../../interruptible.ts';
import { formatFailures } from '../../format/format-failure.ts';
import { readText } from '../../../files/read-file.ts';

/** The action `docker-ports`. */
export const allocatePortsCommand = defineCommand({
  name: 'allocate-ports',
  internal: true,
  doc: 'give loopback ports to containers behind Apache',
  effect: 'changes',
  operands: NO_OPERANDS,
  options: {},
  run: runAllocatePorts,
  part: async () => (await import('../../../flow/set-up/db-steps.ts')).allocatePortsStep,
});

async function runAllocatePorts(_given: Given, { paths, stdout }: CommandContext): Promise<number> {
  const { snapshot, facts } = await readHostState(paths);
  const changes = allocatePorts(snapshot, facts);
  writeDbChanges(paths, changes);
  for (const { key, value } of changes) stdout.write(`port ${value} for ${showable(key)}\n`);
  return 0;
}

/** The action `registry-container`. */
export const makeRegistryCommand = defineCommand({
  name: 'make-registry',
  internal: true,
  doc: "have the registry's container as configuration says",
  effect: 'changes',
  operands: NO_OPERANDS,
  options: {},
  run: runMakeRegistry,
  part: async () => (await import('../../../flow/set-up/db-steps.ts')).makeRegistryStep,
});

async function runMakeRegistry(_given: Given, { paths, stdout }: CommandContext): Promise<number> {
  const { makeRegistry } = await import('../../../flow/set-up/registry.ts');
  for (const line of makeRegistry(paths)) stdout.write(`${showable(line)}\n`);
  return 0;
}

/** The action `docker-daemon`. */
export const restartDaemonCommand = defineCommand({
  name: 'restart-daemon',
  internal: true,
  doc: 'restart the engine if its options changed',
  effect: 'changes',
  operands: NO_OPERANDS,
  options: {},
  run: runRestartDaemon,
  part: async () => (await import('../../../flow/daemon/engine-step.ts')).restartDaemonStep,
});

async function runRestartDaemon(_given: Given, { paths, stdout, stderr }: CommandContext): Promise<number> {
  const snapshot = readHostSnapshot(paths);
  const reporter = new ConsoleReporter({ stdout, stderr });
  return interruptible(stderr, async (signal) => {
    const { adjusted, failures, isPutBack } = await restartDaemon(paths, snapshot, reporter, signal);
    reporter.end();
    for (const { note } of adjusted) stdout.write(`${showable(note)}\n`);
    if (failures.length > 0 && !isPutBack && process.env['DOCKSMITH_MAY_STAY_PENDING'] === '1') {
      for (const failure of failures) reporter.warning(`${failure.message}; it stays pending`);
      return 0;
    }
    stderr.write(formatFailures(failures, stderr));
    return failures.length === 0 ? 0 : 1;
  });
}

/** The action `apache-syntax`, a check of events. */
export const checkApacheCommand = defineCommand({
  name: 'check-apache',
  internal: true,
  doc: 'have Apache check its files as they stand, where an event changes some',
  effect: 'changes',
  operands: NO_OPERANDS,
  options: {},
  run: runCheckApache,
  part: async () => (await import('../../../flow/check-apache.ts')).checkApacheStep,
});

async function runCheckApache(_given: Given, { paths, stderr }: CommandContext): Promise<number> {
  const changedFile = process.env['DOCKSMITH_CHANGED'];
  const changed =
    changedFile === undefined
      ? undefined
      : readText(changedFile)
          .split('\n')
          .filter((line) => line !== '');
  const said: string[] = [];
  const why = await checkApache(paths, changed, (line) => said.push(line));
  // that of a content one is of no interest
  if (why !== undefined) for (const line of [...said, `Apache: ${why}`]) stderr.write(`${showable(line)}\n`);
  return why === undefined ? 0 : 1;
}

/** The action `docksmith-set-up`. */
export const setUpCommand = defineCommand({
  name: 'set-up',
  internal: true,
  doc: 'bring the dbs up to date: migrations, defaults, settings detected on the host',
  effect: 'changes',
  operands: NO_OPERANDS,
  options: {},
  run: runSetUp,
  part: async () => (await import('../../../flow/set-up/db-steps.ts')).setUpStep,
});

async function runSetUp(_given: Given, { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { lines, warnings } = setUpDbs(paths);
  const told = await askEngineForValues(paths);
  const reporter = new ConsoleReporter({ stdout, stderr });
  for (const warning of warnings) reporter.warning(warning);
  for (const line of [...lines, ...told]) stdout.write(`${showable(line)}\n`);
  return 0;
}
