import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Failure, Failures } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { takeLockIfFree, takeLockPatiently } from '../../files/lock.ts';
import type { Reporter } from '../../flow/reporter.ts';
import type { SignalRequest } from '../../flow/signal-request.ts';
import { finish, goBack, settle, undoBegun, wordsOf } from './go-back.ts';
import { HOSTS_LOCK, type Pending, readPending, WAITER_LOCK } from './received-state.ts';

const LOOK_MILLISECONDS = 200;
/** An event that could not begin, or an engine that is gone, may be back soon. */
const AGAIN_MILLISECONDS = 5000;

/**
 * Starts the process that waits for a confirmation: it outlives who started it, and the connection that this came over.
 * systemd ends what is left of a service with it, so that it is asked to run a service of its own; elsewhere a session
 * of its own does.
 */
export function startWaiter(paths: Paths): void {
  const lock = takeLockIfFree(paths.file(WAITER_LOCK), 'looking whether a confirmation is waited for');
  if (lock === undefined) return;
  lock.release();
  const command = [process.execPath, path.join(paths.packageDir, 'bin/docksmith.js'), 'receive', '--wait'] as const;
  // no step of the event that may be under way
  const env = {
    ...process.env,
    DOCKSMITH_RUN: undefined,
    DBPATH: paths.dbDir,
    DOCKSMITH_ROOT: paths.root === '' ? '/' : paths.root,
  };
  if (isServiceOfSystemd(command, env)) return;
  const [node, ...args] = command;
  spawn(node, args, { detached: true, stdio: 'ignore', cwd: '/', env }).unref();
}

/** Whether systemd runs it now. */
function isServiceOfSystemd(command: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  if (process.geteuid?.() !== 0 || !existsSync('/run/systemd/system')) return false;
  const passed = Object.keys(env).filter(
    (name) => /^(PATH|DBPATH|DOCKSMITH_\w+|DOCKER_HOST)$/.test(name) && env[name] !== undefined,
  );
  const options = [
    '--quiet',
    '--collect',
    '--no-block',
    ...passed.map((name) => `--setenv=${name}=${env[name] ?? ''}`),
  ];
  return spawnSync('systemd-run', [...options, '--', ...command], { stdio: 'ignore' }).status === 0;
}

/** Has what a killed process left put right, before any command begins. */
export async function putReceiptRight(paths: Paths): Promise<void> {
  if (await settle(paths)) startWaiter(paths);
}

/** Waits until what was received is confirmed, and goes back if it is not in time. */
export async function waitForConfirmation(
  paths: Paths,
  commands: SignalRequest['commands'],
  reporter: Reporter,
): Promise<void> {
  const lock = takeLockIfFree(paths.file(WAITER_LOCK), 'docksmith receive --wait');
  if (lock === undefined) return;
  try {
    const clock = new Clock();
    for (let pending = readPending(paths); pending !== undefined; pending = readPending(paths)) {
      if (clock.isInTime(pending)) {
        await setTimeout(LOOK_MILLISECONDS);
        continue;
      }
      // who receives it holds that until the event is over; it is free where that was killed
      const hosts = await takeLockPatiently(paths.file(HOSTS_LOCK), { holder: 'docksmith receive --wait' });
      try {
        const now = readPending(paths);
        if (now !== undefined && !clock.isInTime(now)) await decide(paths, now, commands, reporter);
      } catch (error) {
        if (!(error instanceof Failure || error instanceof Failures)) throw error;
        reporter.warning(wordsOf(error));
        await setTimeout(AGAIN_MILLISECONDS);
      } finally {
        hosts.release();
      }
    }
  } finally {
    lock.release();
  }
}

/** A clock that was set back, as after a boot without a battery, gives nothing more time than it was to have. */
class Clock {
  #deadline: string | undefined;
  #since = 0;

  isInTime({ phase, deadline, timeoutSeconds }: Pending): boolean {
    if (phase !== 'applied' || deadline === undefined) return false;
    if (deadline !== this.#deadline) [this.#deadline, this.#since] = [deadline, performance.now()];
    return Date.now() < Date.parse(deadline) && performance.now() - this.#since < timeoutSeconds * 1000;
  }
}

async function decide(
  paths: Paths,
  pending: Pending,
  commands: SignalRequest['commands'],
  reporter: Reporter,
): Promise<void> {
  if (pending.phase === 'begun') return undoBegun(paths, pending);
  if (pending.phase !== 'applied') {
    finish(paths, pending);
    return;
  }
  const why =
    pending.deadline === undefined
      ? 'the process that applied it was killed'
      : `it was not confirmed within ${pending.timeoutSeconds} seconds`;
  await goBack(paths, pending, why, { commands }, reporter);
}
