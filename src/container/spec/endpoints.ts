import { isIPv4 } from 'node:net';
import type { ContainerInspect, Endpoint } from '../../engine/engine-api.ts';
import { collectAll, type Input } from './input.ts';
import { readFields, readInteger, readItems, readText } from './read-input.ts';
import { isMap, type TextMap, toMap, toSet, type Value } from './value.ts';

/** Those of a run spec. */
interface SpecValues {
  readonly values: Readonly<Record<string, Value>>;
}

/** What a container is on one network: its further names there, and its address if that is to be fixed. */
export interface Joined {
  readonly aliases: readonly string[];
  readonly address: string;
}

/** Canonical: `db,mysql@10.5.0.7`. */
export function formatJoined({ aliases, address }: Joined): string {
  return `${toSet(aliases).join(',')}${address === '' ? '' : `@${address}`}`;
}

export function parseJoined(text: string): Joined {
  const [aliases = '', address = ''] = text.split('@');
  return { aliases: aliases.split(',').filter(Boolean), address };
}

/** `docksmith-wiki as db at 10.5.0.7`, for a plan. */
export function showJoined(network: string, text: string): string {
  const { aliases, address } = parseJoined(text);
  return `${network}${aliases.length === 0 ? '' : ` as ${aliases.join(', ')}`}${address === '' ? '' : ` at ${address}`}`;
}

export function makeEndpoint(text: string): Endpoint {
  const { aliases, address } = parseJoined(text);
  return {
    ...(aliases.length === 0 ? {} : { Aliases: [...aliases] }),
    ...(address === '' ? {} : { IPAMConfig: { IPv4Address: address } }),
  };
}

const FIELDS = ['aliases', 'ipv4_address', 'priority'] as const;

/** The network with the highest `priority` in `networks` of a service; undefined where none has one. */
export function findPreferred(input: Input): string | undefined {
  const given = (input.entries ?? []).flatMap(([name, value]) => {
    const priority = value.entries === undefined ? undefined : readFields(value, FIELDS).priority;
    return priority === undefined ? [] : [{ name, priority: readInteger(priority) }];
  });
  return given.sort((a, b) => b.priority - a.priority)[0]?.name;
}

/** `networks` of a service: a list of names, or a map with `aliases`, `ipv4_address` and `priority`. */
export function readNetworks(input: Input): TextMap {
  if (input.items !== undefined) return toMap(readItems(input, (item) => [readText(item), ''] as const));
  return toMap(
    collectAll(input.entries ?? input.refuse('must be a list or a map'), ([name, value]) => {
      if (value.entries === undefined && value.scalar === null) return [name, ''] as const;
      const { aliases, ipv4_address: address } = readFields(value, FIELDS);
      const names = aliases === undefined ? [] : readItems(aliases, readName);
      const fixed = address === undefined ? '' : readAddress(address);
      return [name, formatJoined({ aliases: names, address: fixed })] as const;
    }),
  );
}

function readName(input: Input): string {
  const text = readText(input);
  return /^[a-zA-Z0-9][\w.-]*$/.test(text) ? text : input.refuse(`"${text}" is no name`);
}

function readAddress(input: Input): string {
  const text = readText(input);
  return isIPv4(text) ? text : input.refuse(`"${text}" is no IPv4 address`);
}

/** The networks that a container has been put on, canonical; without the names that the engine gives by itself. */
export function readJoined({ Id, Name, NetworkSettings }: ContainerInspect): TextMap {
  const own = [Id.slice(0, 12), Name.slice(1)];
  return toMap(
    Object.entries(NetworkSettings?.Networks ?? {}).map(([network, endpoint]) => [
      network,
      formatJoined({
        aliases: (endpoint?.Aliases ?? []).filter((alias) => !own.includes(alias)),
        address: endpoint?.IPAMConfig?.IPv4Address ?? '',
      }),
    ]),
  );
}

/** network -> canonical endpoint, as a run spec wants it; empty where the engine's own modes say it all. */
export function listJoined({ values: { networks } }: SpecValues): TextMap {
  return networks !== undefined && isMap(networks) ? networks : {};
}

/**
 * The network that a container is made on and cannot leave without a recreate: the
 * engine's bridge if it is among them, else one that is no group's, else its own group's.
 */
export function findFirstNetwork(names: readonly string[], container: string): string | undefined {
  return (
    names.find((name) => name === 'bridge') ??
    names.find((name) => !name.startsWith('docksmith-')) ??
    names.find((name) => name === `docksmith-${container}`) ??
    names[0]
  );
}
