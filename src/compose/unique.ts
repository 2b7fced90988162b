import type { Input } from '../container/spec/input.ts';
import { findEntry, showInput, withItems } from './inputs.ts';
import { splitVolume } from './volume-text.ts';

/** What tells an item of a list from the others; undefined: nothing does. */
export type KeyOf = (item: Input) => string | undefined;

const text: KeyOf = showInput;
const name: KeyOf = (item) => showInput(item).split('=', 1)[0];

/** Lists of a service in which a thing can stand once: the last one that says it counts. */
const KEYS: ReadonlyMap<string, KeyOf> = new Map<string, KeyOf>([
  ...['cap_add', 'cap_drop', 'dns', 'dns_opt', 'dns_search', 'expose', 'group_add', 'links', 'profiles', 'tmpfs'].map(
    (key) => [key, text] as const,
  ),
  ...['annotations', 'environment', 'labels', 'sysctls', 'build.args'].map((key) => [key, name] as const),
  ['env_file', (item) => showInput(findEntry(item, 'path') ?? item)],
  ['ports', findPort],
  ['volumes', (item) => field(item, 'target') ?? splitVolume(showInput(item)).target],
  ['devices', (item) => field(item, 'target') ?? showInput(item).split(':')[1] ?? showInput(item)],
  ['secrets', findMount('/run/secrets')],
  ['configs', findMount('')],
]);

export function findKeyOf([top, , ...rest]: readonly string[]): KeyOf | undefined {
  if (top === 'networks' && rest.join('.') === 'ipam.config') return (item) => field(item, 'subnet');
  return top === 'services' ? KEYS.get(rest.join('.')) : undefined;
}

/** Of items that are the same thing, the last one in the place of the first. */
export function withoutRepeats(input: Input, keyOf: KeyOf): Input {
  const kept = new Map<unknown, Input>();
  for (const item of input.items ?? []) kept.set(keyOf(item) ?? item, item);
  return withItems(input, [...kept.values()]);
}

function field(item: Input, key: string): string | undefined {
  const value = findEntry(item, key);
  return value === undefined ? undefined : showInput(value);
}

/** Address, port of the host, port of the container and protocol. */
function findPort(item: Input): string {
  if (item.entries !== undefined)
    return [
      field(item, 'host_ip') ?? '',
      field(item, 'published') ?? '',
      field(item, 'target') ?? '',
      field(item, 'protocol') ?? 'tcp',
    ].join(' ');
  const [ports = '', protocol = 'tcp'] = showInput(item).split('/');
  const [, host = '', published = '', target = ''] = /^(?:(?:(.*):)?([^:]*):)?([^:]*)$/.exec(ports) ?? [];
  return [host.replace(/^\[(.*)\]$/, '$1'), published, target, protocol].join(' ');
}

function findMount(folder: string): KeyOf {
  return (item) => field(item, 'target') ?? `${folder}/${field(item, 'source') ?? showInput(item)}`;
}
