import { readFileSync } from 'node:fs';
import { writeDbChanges } from '../db/store.ts';
import { showable } from '../showable.ts';
import { checkApache } from '../flow/check-apache.ts';
import { restartDaemon } from '../flow/daemon.ts';
import { keepDataRoot, setUpDbs } from '../flow/setup.ts';
import { readWorld } from '../flow/world.ts';
import { allocatePorts } from '../model/allocate-ports.ts';
import type { CommandContext } from './command.ts';
import { ConsoleReporter } from './console-reporter.ts';
import { formatFailures } from './format-failure.ts';

/** `docksmith allocate-ports`: the action `docker-ports`. */
export async function runAllocatePorts(_args: readonly string[], { paths, stdout }: CommandContext): Promise<number> {
  const { snapshot, facts } = await readWorld(paths);
  const changes = allocatePorts(snapshot, facts);
  writeDbChanges(paths, changes);
  for (const { key, value } of changes) stdout.write(`port ${value} for ${showable(key)}\n`);
  return 0;
}

/** `docksmith restart-daemon`: the action `docker-daemon`. */
export async function runRestartDaemon(_args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { snapshot } = await readWorld(paths);
  const reporter = new ConsoleReporter({ stdout, stderr });
  const { adjusted, failures } = await restartDaemon(paths, snapshot, reporter);
  reporter.end();
  for (const { note } of adjusted) stdout.write(`${showable(note)}\n`);
  if (failures.length > 0 && process.env['DOCKSMITH_MAY_STAY_PENDING'] === '1') {
    for (const failure of failures) reporter.warning(`${failure.message}; it stays pending`);
    return 0;
  }
  stderr.write(formatFailures(failures, stderr));
  return failures.length === 0 ? 0 : 1;
}

/** `docksmith check-apache`: the action `apache-syntax`, a check of events. */
export async function runCheckApache(_args: readonly string[], { paths, stderr }: CommandContext): Promise<number> {
  const changedFile = process.env['DOCKSMITH_CHANGED'];
  const changed = changedFile === undefined ? undefined : readFileSync(changedFile, 'utf8').split('\n').filter((line) => line !== '');
  const said: string[] = [];
  const why = await checkApache(paths, changed, (line) => said.push(line));
  // that of a content one is of no interest
  if (why !== undefined) for (const line of [...said, `Apache: ${why}`]) stderr.write(`${showable(line)}\n`);
  return why === undefined ? 0 : 1;
}

/** `docksmith set-up`: the action `docksmith-set-up`. */
export async function runSetUp(_args: readonly string[], { paths, stdout, stderr }: CommandContext): Promise<number> {
  const { lines, warnings } = setUpDbs(paths);
  const kept = await keepDataRoot(paths);
  const reporter = new ConsoleReporter({ stdout, stderr });
  for (const warning of warnings) reporter.warning(warning);
  for (const line of [...lines, ...kept]) stdout.write(`${showable(line)}\n`);
  return 0;
}
