import { readFileSync } from 'node:fs';
import { errorCode, reasonOf } from '../../errors.ts';
import { findDockerdArguments } from '../../facts/dockerd-process.ts';
import type { Facts } from '../../facts/facts.ts';
import type { Paths } from '../../paths.ts';
import { type Finding, formatSome, makeFinder } from './finding.ts';

const DAEMON_JSON = '/etc/docker/daemon.json';

/** Flags whose name in daemon.json is another (https://docs.docker.com/reference/cli/dockerd/). */
const KEYS: Readonly<Record<string, string>> = {
  H: 'hosts', host: 'hosts', D: 'debug', l: 'log-level', g: 'data-root', graph: 'data-root', s: 'storage-driver', G: 'group', p: 'pidfile', b: 'bridge',
  label: 'labels', 'log-opt': 'log-opts', 'storage-opt': 'storage-opts', 'exec-opt': 'exec-opts', 'dns-opt': 'dns-opts', 'default-ulimit': 'default-ulimits',
  'registry-mirror': 'registry-mirrors', 'insecure-registry': 'insecure-registries', 'authorization-plugin': 'authorization-plugins',
  'default-address-pool': 'default-address-pools', 'add-runtime': 'runtimes',
};

/**
 * Options that the engine's command line gives and its daemon.json too. The engine does not
 * start with such a pair: one that runs was started before the second came, and its next start fails.
 */
export function checkDaemonOptions(paths: Paths, facts: Facts, socket: string, ownsUnit: boolean): readonly Finding[] {
  const finder = makeFinder('options');
  const running = findDockerdArguments(socket);
  // our own drop-in replaces the unit's command, and is made so that it fits daemon.json
  const unit = ownsUnit ? undefined : facts.dockerUnit;
  const args = running ?? unit?.execStart.split(/\s+/);
  if (args === undefined) return [finder.ok('how the engine was started is not seen from here')];
  const named = findValue(args, 'config-file');
  const shown = named ?? DAEMON_JSON;
  let keys: readonly string[];
  try {
    keys = Object.keys(parseObject(readFileSync(named ?? paths.file(DAEMON_JSON), 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [finder.ok(`no ${shown}: the engine's options are those of its command line`)];
    return [finder.bad(`${shown} cannot be read: ${reasonOf(error)}`, 'the engine will not start with it')];
  }
  const conflicts = listConflicts(args, keys);
  if (conflicts.length === 0) return [finder.ok(`none stands both in ${shown} and in the engine's ${running === undefined ? 'unit' : 'command line'}`)];
  const where = running === undefined ? `the unit ${unit?.path ?? ''}` : 'the command line of the running engine';
  return [finder.bad(`${formatSome(conflicts)} ${conflicts.length === 1 ? 'stands' : 'stand'} both in ${shown} and in ${where}: the engine will not start again`, `take ${conflicts.length === 1 ? 'it' : 'them'} out of one of the two`)];
}

/** Names as daemon.json has them. Pure. */
export function listConflicts(args: readonly string[], keys: readonly string[]): readonly string[] {
  const given = new Set(args.flatMap((arg) => {
    const [, long, short] = /^(?:--([a-z][\w-]*)|-([A-Za-z])(?:=.*)?$)/.exec(arg) ?? [];
    const flag = long ?? short;
    return flag === undefined ? [] : [KEYS[flag] ?? flag];
  }));
  return keys.filter((key) => given.has(key)).sort();
}

function findValue(args: readonly string[], flag: string): string | undefined {
  const at = args.findIndex((arg) => arg === `--${flag}` || arg.startsWith(`--${flag}=`));
  const found = args[at];
  return found === undefined ? undefined : found.includes('=') ? found.slice(found.indexOf('=') + 1) : args[at + 1];
}

function parseObject(text: string): object {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it holds no object');
  return value;
}
