import { findOwn } from '../../base/own.ts';

/**
 * Options of dockerd and their keys in daemon.json, as dockerd itself puts them together when it
 * refuses one that is given in both (moby, daemon/config: findConfigurationConflicts).
 */

/** Flags whose key in daemon.json is another (https://docs.docker.com/reference/cli/dockerd/). */
const KEYS: Readonly<Record<string, string>> = {
  H: 'hosts',
  host: 'hosts',
  D: 'debug',
  l: 'log-level',
  g: 'data-root',
  graph: 'data-root',
  s: 'storage-driver',
  G: 'group',
  p: 'pidfile',
  b: 'bridge',
  label: 'labels',
  'log-opt': 'log-opts',
  'storage-opt': 'storage-opts',
  'exec-opt': 'exec-opts',
  'dns-opt': 'dns-opts',
  'default-ulimit': 'default-ulimits',
  'registry-mirror': 'registry-mirrors',
  'insecure-registry': 'insecure-registries',
  'authorization-plugin': 'authorization-plugins',
  'default-address-pool': 'default-address-pools',
  'default-network-opt': 'default-network-opts',
  'add-runtime': 'runtimes',
  'cdi-spec-dir': 'cdi-spec-dirs',
  'node-generic-resource': 'node-generic-resources',
  'cluster-store-opt': 'cluster-store-opts',
  'host-gateway-ip': 'host-gateway-ips',
  feature: 'features',
};

/** Keys of daemon.json that were called otherwise, or still may be. */
const OTHER_KEYS: Readonly<Record<string, string>> = { graph: 'data-root', 'host-gateway-ip': 'host-gateway-ips' };

/** The one option that may be given in both: dockerd takes them together. */
const MAY_BE_IN_BOTH = new Set(['runtimes']);

/** Maps that are the value of their key; of other maps (`proxies`) the members are options. */
const MAPS = new Set([
  'cluster-store-opts',
  'default-network-opts',
  'log-opts',
  'runtimes',
  'default-ulimits',
  'features',
  'builder',
]);

/** Flags that take no value but one behind a `=`. */
const SWITCHES = new Set([
  'debug',
  'D',
  'tls',
  'tlsverify',
  'live-restore',
  'ipv6',
  'iptables',
  'ip6tables',
  'ip-forward',
  'ip-forward-no-drop',
  'ip-masq',
  'icc',
  'userland-proxy',
  'selinux-enabled',
  'init',
  'experimental',
  'raw-logs',
  'no-new-privileges',
  'rootless',
  'cri-containerd',
  'validate',
  'help',
  'h',
  'version',
  'v',
  'daemon',
  'd',
  'allow-direct-routing',
  'disable-legacy-registry',
  'api-enable-cors',
  'signature-verification',
  'enable-selinux',
]);

export interface DockerdOption {
  /** its key in daemon.json, whether or not it may stand there: `hosts` */
  readonly key: string;
  /** as it is written, in one text: `--log-opt max-size=1m` */
  readonly text: string;
  readonly value: string;
  /** where its words are in the list that was parsed, and how many of them */
  readonly at: number;
  readonly count: number;
}

/** The options among the words of a command line, as pflag reads them; other words are ignored. */
export function parseDockerdOptions(words: readonly string[]): readonly DockerdOption[] {
  const options: DockerdOption[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') break;
    const found = parseFlag(word);
    if (found === undefined) continue;
    const next = found.value === undefined && !found.isSwitch ? words[at + 1] : undefined;
    const count = next === undefined ? 1 : 2;
    for (const flag of found.flags)
      options.push({
        key: keyOf(flag),
        text: next === undefined ? word : `${word} ${next}`,
        value: found.value ?? next ?? 'true',
        at,
        count,
      });
    at += count - 1;
  }
  return options;
}

/** `-DH x` is `-D -H x`. */
function parseFlag(
  word: string,
): { readonly flags: readonly string[]; readonly value: string | undefined; readonly isSwitch: boolean } | undefined {
  const [, long, given] = /^--([a-zA-Z0-9][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (long !== undefined) return { flags: [long], value: given, isSwitch: SWITCHES.has(long) };
  if (!/^-[a-zA-Z]/.test(word)) return undefined;
  const flags: string[] = [];
  for (let rest = word.slice(1); rest !== ''; ) {
    const flag = rest[0] ?? '';
    flags.push(flag);
    rest = rest.slice(1);
    if (SWITCHES.has(flag) && !rest.startsWith('=')) continue;
    return { flags, value: rest === '' ? undefined : rest.replace(/^=/, ''), isSwitch: SWITCHES.has(flag) };
  }
  return { flags, value: undefined, isSwitch: true };
}

function keyOf(flag: string): string {
  return findOwn(KEYS, flag) ?? flag;
}

/** The options of a daemon.json, key -> value as written. @throws Error if the text is no daemon.json */
export function readDaemonJson(text: string): ReadonlyMap<string, unknown> {
  // dockerd takes an empty file for an empty object
  const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it holds no object');
  return new Map(listMembers(value));
}

function listMembers(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    typeof member === 'object' && member !== null && !Array.isArray(member) && !MAPS.has(name)
      ? listMembers(member)
      : [[findOwn(OTHER_KEYS, name) ?? name, member] as const],
  );
}

/** The options of a command line with which dockerd would not start, since daemon.json gives them as well. */
export function findInBoth<T extends Pick<DockerdOption, 'key'>>(
  options: readonly T[],
  daemonJson: ReadonlyMap<string, unknown>,
): readonly T[] {
  return options.filter(({ key }) => daemonJson.has(key) && !MAY_BE_IN_BOTH.has(key));
}

/** Whether the command line says what daemon.json says: `--live-restore`, `--log-opt max-size=10m`. */
export function saysTheSame({ value }: Pick<DockerdOption, 'value'>, given: unknown): boolean {
  if (Array.isArray(given)) return given.includes(value);
  if (typeof given === 'object' && given !== null)
    return Object.entries(given).some(([name, member]) => `${name}=${String(member)}` === value);
  return String(given) === value;
}
