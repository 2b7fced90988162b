import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { errorCode, Failure } from '../base/errors.ts';
import type { Paths } from '../base/paths.ts';
import { parseRules, type Rules } from './rules.ts';

/** IPv4 and IPv6 have a filter each. */
export interface Family {
  readonly name: 'IPv4' | 'IPv6';
  readonly save: string;
  readonly restore: string;
  /** what iptables-restore is given, as an event wrote it */
  readonly file: string;
}

export const FAMILIES: readonly Family[] = [
  { name: 'IPv4', save: 'iptables-save', restore: 'iptables-restore', file: '/etc/docksmith/filter/docker-user.v4' },
  { name: 'IPv6', save: 'ip6tables-save', restore: 'ip6tables-restore', file: '/etc/docksmith/filter/docker-user.v6' },
];

/** Sets the filter before the engine starts, where systemd starts it. */
export const BEFORE_ENGINE = '/etc/systemd/system/docker.service.d/docksmith-filter.conf';

/** Why the packet filter of this machine cannot be read or is none of our business: words after `left alone, `. */
export interface OutOfReach {
  readonly why: string;
  /** it would be ours if we could: to be done later */
  readonly isWanted: boolean;
}

/** By family, the rules that are in the kernel now, or why they are not known. */
export type KernelRules = ReadonlyMap<Family, Rules | OutOfReach>;

export async function readKernelRules(paths: Paths): Promise<KernelRules> {
  const refused = new Map(FAMILIES.map((family) => [family, whyNotRead(paths, family)]));
  const saved = await saveAll(FAMILIES.filter((family) => refused.get(family) === undefined));
  return new Map(
    FAMILIES.map((family) => [family, refused.get(family) ?? saved.get(family) ?? notRead('nothing was printed')]),
  );
}

/** The rules of one family that are in the kernel now, of the network that this process is in. */
export async function readRules(paths: Paths, family: Family): Promise<Rules | OutOfReach> {
  return whyNotRead(paths, family) ?? (await saveAll([family])).get(family) ?? notRead('nothing was printed');
}

function whyNotRead(paths: Paths, { name }: Family): OutOfReach | undefined {
  if (!isNetworkOf(paths))
    return { why: 'since this host is laid out in a folder and has no network of its own (ip netns)', isWanted: false };
  if (name === 'IPv6' && !existsSync('/proc/net/if_inet6'))
    return { why: 'since this machine has no IPv6', isWanted: false };
  return undefined;
}

const notRead = (words: string): OutOfReach => ({ why: `since it cannot be read: ${words}`, isWanted: true });

/** Runs each of its arguments (all tables at once), and prints after each what it ended with, between NULs. */
const SAVE_ALL = `for save; do "$save" 2>&1; printf '\\0%s\\0' "$?"; done`;
const NOT_INSTALLED = 127;

/** Asks for all families with one process: for a program of this size starting one takes longer than what it does. */
async function saveAll(families: readonly Family[]): Promise<ReadonlyMap<Family, Rules | OutOfReach>> {
  if (families.length === 0) return new Map();
  const { stdout, stderr } = await run('sh', ['-c', SAVE_ALL, 'sh', ...families.map(({ save }) => save)]);
  const said = stdout.split('\0');
  return new Map(
    families.map((family, n): readonly [Family, Rules | OutOfReach] => {
      const [text = '', code = ''] = said.slice(2 * n);
      if (code === '0') return [family, parseRules(text)];
      if (Number(code) === NOT_INSTALLED)
        return [family, { why: `since ${family.save} is not installed`, isWanted: true }];
      return [family, notRead(text.trim() || stderr.trim() || `${family.save} ended with ${code || 'an error'}`)];
    }),
  );
}

export function isOutOfReach(rules: Rules | OutOfReach): rules is OutOfReach {
  return 'isWanted' in rules;
}

/** Changes what the text names, as one step, and leaves the rest. @throws Failure with what iptables-restore said */
export async function restoreRules({ name, restore, file }: Family, text: string): Promise<void> {
  // a program that holds the kernel's lock on its rules is waited for
  const { exitCode, stderr } = await run(restore, ['--wait', '10', '--noflush'], text);
  if (exitCode !== 0)
    throw new Failure(`cannot set the packet filter for ${name}`, {
      why: stderr.trim() || `${restore} ended with ${exitCode ?? 'an error'}`,
      at: { file },
    });
}

/** Whether what this process finds in its network is this host's: rules, and who listens on a port. */
export function isNetworkOf(paths: Paths): boolean {
  return paths.root === '' || hasOwnNetwork();
}

const NAMED_NETWORKS = '/run/netns';

/**
 * Whether this process is in a network namespace with a name (ip-netns(8)), apart from the
 * machine's network: a host that is laid out in a folder and has one has a filter of its own.
 */
function hasOwnNetwork(): boolean {
  try {
    const { dev, ino } = statSync('/proc/self/ns/net');
    return readdirSync(NAMED_NETWORKS)
      .map((name) => statSync(`${NAMED_NETWORKS}/${name}`))
      .some((other) => other.dev === dev && other.ino === ino);
  } catch (error) {
    // there is no such folder, or a namespace went while we looked
    if (errorCode(error) !== undefined) return false;
    throw error;
  }
}

/** @returns exit code undefined where there is no such program */
function run(
  program: string,
  args: readonly string[],
  stdin = '',
): Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }> {
  // cron and login shells of users have no sbin
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { env, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) => {
      const exitCode =
        error === null ? 0 : typeof error.code === 'number' ? error.code : error.code === 'ENOENT' ? undefined : 1;
      resolve({ exitCode, stdout, stderr: stderr || (exitCode === 0 ? '' : (error?.message ?? '')) });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });
}
