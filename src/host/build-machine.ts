import { existsSync, readFileSync, statSync } from 'node:fs';
import { errorCode } from '../base/errors.ts';
import type { Paths } from '../base/paths.ts';

/**
 * Whether this host is being laid out on another machine, whose names, addresses and services are
 * none of its own: in a chroot, or while an image is built.
 * @returns how that is seen, in words; undefined on a host that runs
 */
export function findBuildMachine(
  paths: Paths,
  env: NodeJS.ProcessEnv = process.env,
  proc = '/proc',
): string | undefined {
  if (/^(1|yes|y|true|t|on)$/i.test(env['SYSTEMD_OFFLINE'] ?? '')) return 'SYSTEMD_OFFLINE is set';
  const chroot = findChroot(proc);
  if (chroot !== undefined) return chroot;
  // a host in a folder has the files of its own, and the machine's are not looked at
  if (paths.root !== '' || BOOTED.some((name) => existsSync(name))) return undefined;
  if (isInit(proc)) return undefined;
  const mark = BUILD_MARKS.find(([name]) => existsSync(name))?.[1];
  // an init that is not known here is the machine's own where the kernel's threads are among the processes
  return mark ?? (readName(proc, 2) === 'kthreadd' ? undefined : 'no init runs');
}

/** What is only there where an init runs: systemd's (sd_booted(3)), runit's, OpenRC's. */
const BOOTED = ['/run/systemd/system', '/run/runit', '/run/openrc/softlevel'];

/** What builders of images leave; a container that runs with an init of its own is a host. */
const BUILD_MARKS = [
  ['/.dockerenv', 'this is a container without an init'],
  ['/run/.containerenv', 'this is a container without an init'],
  ['/usr/sbin/policy-rc.d', 'no init runs, and policy-rc.d forbids services'],
] as const;

/** As systemd sees it: process 1 has another root than we have, or there is no process 1 to be seen. */
function findChroot(proc: string): string | undefined {
  const words = 'this is a chroot';
  try {
    const [ours, theirs] = [statSync('/'), statSync(`${proc}/1/root`)];
    return ours.dev === theirs.dev && ours.ino === theirs.ino ? undefined : words;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return `${words} without /proc`;
    // who may not look at the root of process 1 may see what is mounted there; the root of a mere folder is no mount
    const [ours, theirs] = [readRootMount(`${proc}/self`), readRootMount(`${proc}/1`)];
    return ours === '' || (ours !== undefined && theirs !== undefined && ours !== theirs) ? words : undefined;
  }
}

/**
 * What is mounted at the root of a process: `DEVICE FOLDER-ON-IT`; empty where it is the folder of another mount.
 * proc(5): ID PARENT DEVICE ROOT MOUNT-POINT …
 */
function readRootMount(process: string): string | undefined {
  try {
    const mounts = readFileSync(`${process}/mountinfo`, 'utf8').trim().split('\n');
    const [, , device, folder] = mounts.map((line) => line.split(' ')).findLast(([, , , , at]) => at === '/') ?? [];
    return device === undefined ? '' : `${device} ${folder}`;
  } catch {
    return undefined;
  }
}

/** The first process is one that starts services. */
function isInit(proc: string): boolean {
  return /^(init|systemd|runit|runsvdir|s6-svscan|openrc-init)$/.test(readName(proc, 1) ?? '');
}

function readName(proc: string, pid: number): string | undefined {
  try {
    return readFileSync(`${proc}/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
