import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { ContainerInspect, Endpoint } from '../../engine/engine-api.ts';
import { canonicalAddress } from '../../model/network/network.ts';
import { collectAll, type Input } from './input.ts';
import { isSaid, readFields, readInteger, readItems, readText, readTextMap } from './read-input.ts';
import { isMap, type TextMap, toMap, toSet, type Value } from './value.ts';

/** Those of a run spec. */
interface SpecValues {
  readonly values: Readonly<Record<string, Value>>;
}

/** What a container is on one network: its further names there, its addresses if they are to be fixed, and the rest. */
export interface Joined {
  readonly aliases: readonly string[];
  /** IPv4 first */
  readonly addresses: readonly string[];
  readonly options: EndpointOptions;
}

/** As Compose calls them. */
export interface EndpointOptions {
  readonly driver_opts?: TextMap;
  /** the highest of a container's networks leads out */
  readonly gw_priority?: number;
  readonly link_local_ips?: readonly string[];
  readonly mac_address?: string;
}

/** Canonical: `db,mysql@10.5.0.7,fd00::7 {"gw_priority":1}`. */
export function formatJoined({ aliases, addresses, options }: Joined): string {
  const said = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `${toSet(aliases).join(',')}${addresses.length === 0 ? '' : `@${addresses.join(',')}`}`,
    ...(said.length === 0 ? [] : [JSON.stringify(Object.fromEntries(said))]),
  ].join(' ');
}

export function parseJoined(text: string): Joined {
  const cut = text.indexOf(' ');
  const [aliases = '', addresses = ''] = (cut < 0 ? text : text.slice(0, cut)).split('@');
  return {
    aliases: aliases.split(',').filter(Boolean),
    addresses: addresses.split(',').filter(Boolean),
    options: cut < 0 ? {} : (JSON.parse(text.slice(cut + 1)) as EndpointOptions),
  };
}

/** `docksmith-wiki as db at 10.5.0.7 with mac_address`, for a plan. */
export function showJoined(network: string, text: string): string {
  const { aliases, addresses, options } = parseJoined(text);
  const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const said = Object.entries(options).map(([key, value]: [string, unknown]) => `${key} ${show(value)}`);
  return [
    network,
    ...(aliases.length === 0 ? [] : [`as ${aliases.join(', ')}`]),
    ...(addresses.length === 0 ? [] : [`at ${addresses.join(', ')}`]),
    ...(said.length === 0 ? [] : [`with ${said.join(', ')}`]),
  ].join(' ');
}

export function makeEndpoint(text: string): Endpoint {
  const { aliases, addresses, options } = parseJoined(text);
  const [address, address6] = [addresses.find(isIPv4), addresses.find((one) => isIPv6(one))];
  const ipam = {
    ...(address === undefined ? {} : { IPv4Address: address }),
    ...(address6 === undefined ? {} : { IPv6Address: address6 }),
    ...(options.link_local_ips === undefined ? {} : { LinkLocalIPs: [...options.link_local_ips] }),
  };
  return {
    ...(aliases.length === 0 ? {} : { Aliases: [...aliases] }),
    ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
    ...(options.mac_address === undefined ? {} : { MacAddress: options.mac_address }),
    ...(options.driver_opts === undefined ? {} : { DriverOpts: { ...options.driver_opts } }),
    ...(options.gw_priority === undefined ? {} : { GwPriority: options.gw_priority }),
  };
}

const FIELDS = [
  'aliases',
  'ipv4_address',
  'ipv6_address',
  'link_local_ips',
  'mac_address',
  'driver_opts',
  'gw_priority',
  'interface_name',
  'priority',
] as const;

/** The option of the driver that Compose means with `interface_name`. */
const INTERFACE_OPTION = 'com.docker.network.endpoint.ifname';

/** The network with the highest `priority` in `networks` of a service; undefined where none has one. */
export function findPreferred(input: Input): string | undefined {
  const given = (input.entries ?? []).flatMap(([name, value]) => {
    const priority = value.entries === undefined ? undefined : readFields(value, FIELDS).priority;
    return priority === undefined ? [] : [{ name, priority: readInteger(priority) }];
  });
  return given.sort((a, b) => b.priority - a.priority)[0]?.name;
}

/** `networks` of a service: a list of names, or a map of what it is on each. */
export function readNetworks(input: Input): TextMap {
  if (input.items !== undefined) return toMap(readItems(input, (item) => [readText(item), ''] as const));
  return toMap(
    collectAll(input.entries ?? input.refuse('must be a list or a map'), ([name, value]) => {
      if (value.entries === undefined && value.scalar === null) return [name, ''] as const;
      return [name, formatJoined(readJoinedFields(value))] as const;
    }),
  );
}

/** What a service is on one network. `priority` is read by `findPreferred`. */
export function readJoinedFields(input: Input): Joined {
  const fields = readFields(input, FIELDS);
  const { aliases, ipv4_address: address, ipv6_address: address6, driver_opts: driver, interface_name: face } = fields;
  const { link_local_ips: linkLocal, mac_address: mac, gw_priority: priority } = fields;
  const options = toMap([
    ...(isSaid(driver) ? Object.entries(readTextMap(driver)) : []),
    ...(isSaid(face) ? [[INTERFACE_OPTION, readText(face)] as const] : []),
  ]);
  return {
    aliases: isSaid(aliases) ? readItems(aliases, readName) : [],
    addresses: [
      ...(isSaid(address) ? [readAddress(address, isIPv4, 'IPv4 address')] : []),
      ...(isSaid(address6) ? [readAddress(address6, isIPv6, 'IPv6 address')] : []),
    ],
    options: {
      ...(Object.keys(options).length === 0 ? {} : { driver_opts: options }),
      ...(isSaid(priority) && readInteger(priority) !== 0 ? { gw_priority: readInteger(priority) } : {}),
      ...(isSaid(linkLocal) && linkLocal.items?.length !== 0
        ? { link_local_ips: toSet(readItems(linkLocal, (item) => readAddress(item, isAddress, 'address'))) }
        : {}),
      ...(isSaid(mac) ? { mac_address: readMac(mac) } : {}),
    },
  };
}

function readName(input: Input): string {
  const text = readText(input);
  return /^[a-zA-Z0-9][\w.-]*$/.test(text) ? text : input.refuse(`"${text}" is no name`);
}

function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

function readAddress(input: Input, isOne: (text: string) => boolean, what: string): string {
  const text = readText(input);
  return isOne(text) ? canonicalAddress(text) : input.refuse(`"${text}" is no ${what}`);
}

function readMac(input: Input): string {
  const text = readText(input).toLowerCase();
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text) ? text : input.refuse(`"${text}" is no address on the wire`);
}

/**
 * The networks that a container has been put on, canonical; without the names and the addresses on the wire that the
 * engine gives by itself.
 */
export function readJoined({ Id, Name, NetworkSettings }: ContainerInspect): TextMap {
  const own = [Id.slice(0, 12), Name.slice(1)];
  return toMap(
    Object.entries(NetworkSettings?.Networks ?? {}).map(([network, endpoint]) => {
      const { IPv4Address = '', IPv6Address = '', LinkLocalIPs } = endpoint?.IPAMConfig ?? {};
      const { DriverOpts, GwPriority = 0 } = endpoint ?? {};
      return [
        network,
        formatJoined({
          aliases: (endpoint?.Aliases ?? []).filter((alias) => !own.includes(alias)),
          addresses: [IPv4Address, IPv6Address].filter(Boolean).map(canonicalAddress),
          options: {
            ...(Object.keys(DriverOpts ?? {}).length === 0
              ? {}
              : { driver_opts: toMap(Object.entries(DriverOpts ?? {})) }),
            ...(GwPriority === 0 ? {} : { gw_priority: GwPriority }),
            ...((LinkLocalIPs ?? []).length === 0 ? {} : { link_local_ips: toSet(LinkLocalIPs ?? []) }),
          },
        }),
      ];
    }),
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
