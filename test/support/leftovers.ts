import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * What a test lays on the machine carries the process id of the test run in its name, so that
 * a later run can take away what one that was killed left behind, and nothing else.
 */
const PREFIX = 'docksmith-test';
const NAMESPACES = '/run/netns';

/** A name for a network namespace: `dst-812-3f09`. */
export function makeNamespaceName(): string {
  return `dst-${process.pid}-${randomBytes(2).toString('hex')}`;
}

/** A temporary folder that others may enter too: Apache's children are not root. */
export function makeTemporaryFolder(what: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `${PREFIX}-${process.pid}-${what}-`));
  chmodSync(folder, 0o755);
  return folder;
}

/** Unmounts what is mounted below the folder, the innermost first, then removes it. */
export function removeFolder(folder: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((name) => name.startsWith(`${folder}/`)).reverse()) {
    try {
      execFileSync('umount', ['-l', mount], { stdio: 'ignore' });
    } catch {
      // gone in the meantime: its container has ended
    }
  }
  // a process that a killed one started may still write its last file
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/**
 * Kills by its id every process whose command line names the folder, and its children: an engine's
 * containers outlive it.
 */
export function killProcessesOf(folder: string): void {
  const parents = listProcesses();
  const doomed = new Set(
    [...parents.keys()].filter((pid) => pid !== process.pid && readProcFile(pid, 'cmdline').includes(folder)),
  );
  for (let size = -1; size !== doomed.size; ) {
    size = doomed.size;
    for (const [pid, parent] of parents) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended by itself
    }
  }
}

/** Takes away what test runs left that live no more. Needs no root where there is nothing to take away. */
export function removeLeftovers(): void {
  for (const name of readdirSync(os.tmpdir())) {
    const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    const folder = path.join(os.tmpdir(), name);
    killProcessesOf(folder);
    removeFolder(folder);
  }
  for (const name of existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : []) {
    const owner = /^dst-(\d+)-[0-9a-f]+$/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) execFileSync('ip', ['netns', 'del', name]);
  }
}

/** process id -> its parent's */
function listProcesses(): ReadonlyMap<number, number> {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  // pid (name) state parent …; the name may hold blanks and parentheses
  return new Map(pids.map((pid) => [pid, Number(readProcFile(pid, 'stat').split(') ').at(-1)?.split(' ')[1] ?? 0)]));
}

function readProcFile(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
