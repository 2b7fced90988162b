import { isIP } from 'node:net';
import { canonicalAddress } from '../../model/network/network.ts';
import { isWithin } from '../../model/network/networks.ts';
import type { CreateNetwork, NetworkAddresses } from '../../engine/engine.ts';
import { collectAll, type Input } from './input.ts';
import { isSaid, readFields, readFlag, readItems, readText, readTextMap } from './read-input.ts';
import { toMap } from './value.ts';

/** A network of the map `networks`, by its name for the engine; without addresses the plan finds some. */
export interface NetworkDefinition extends CreateNetwork {
  /** there already, and not ours to make */
  readonly external: boolean;
}

const FIELDS = [
  'name',
  'external',
  'driver',
  'driver_opts',
  'internal',
  'enable_ipv4',
  'enable_ipv6',
  'attachable',
  'labels',
  'ipam',
] as const;

/** By the key under which services name them. */
export function readNetworkDefinitions(input: Input | undefined): ReadonlyMap<string, NetworkDefinition> {
  return new Map(
    collectAll(input?.entries ?? [], ([key, value]) => {
      // a key with nothing behind it is a network with nothing said of it
      const fields = value.entries === undefined && value.scalar === null ? {} : readFields(value, FIELDS);
      const { name, external, driver, internal, enable_ipv4: ipv4, enable_ipv6: ipv6, attachable, labels } = fields;
      const { driver_opts: options, ipam } = fields;
      const flag = (field: Input | undefined): boolean => field !== undefined && readFlag(field);
      return [
        key,
        {
          name: name === undefined ? key : readText(name),
          external: flag(external),
          internal: flag(internal),
          ...(ipv4 === undefined ? {} : { ipv4: readFlag(ipv4) }),
          ipv6: flag(ipv6),
          attachable: flag(attachable),
          driver: driver === undefined ? 'bridge' : readText(driver),
          options: options === undefined ? {} : readTextMap(options, '=', ''),
          labels: labels === undefined ? {} : readTextMap(labels, '=', ''),
          ...(isSaid(ipam) ? readIpam(ipam) : { addresses: [] }),
        },
      ] as const;
    }),
  );
}

function readIpam(ipam: Input): Pick<NetworkDefinition, 'addresses' | 'ipamDriver' | 'ipamOptions'> {
  const { driver, options, config } = readFields(ipam, ['driver', 'options', 'config']);
  return {
    ...(isSaid(driver) ? { ipamDriver: readText(driver) } : {}),
    ...(isSaid(options) ? { ipamOptions: readTextMap(options, '=', '') } : {}),
    addresses: isSaid(config) ? readItems(config, readSubnet) : [],
  };
}

function readSubnet(item: Input): NetworkAddresses {
  const fields = readFields(item, ['subnet', 'gateway', 'ip_range', 'aux_addresses']);
  const { subnet, gateway, ip_range: range, aux_addresses: reserved } = fields;
  if (subnet === undefined) return item.refuse('needs a subnet');
  const text = readNetwork(subnet);
  const within = (input: Input, address: string): string =>
    isWithin(text, address) ? address : input.refuse(`"${address}" is outside of the subnet ${text}`);
  return {
    subnet: text,
    ...(gateway === undefined ? {} : { gateway: within(gateway, readAddress(gateway)) }),
    ...(range === undefined ? {} : { range: within(range, readNetwork(range)) }),
    ...(reserved === undefined
      ? {}
      : {
          reserved: toMap(
            collectAll(reserved.entries ?? reserved.refuse('must be a map'), ([name, address]) => [
              name,
              within(address, readAddress(address)),
            ]),
          ),
        }),
  };
}

function readNetwork(input: Input): string {
  const text = readText(input);
  return isIP(text.split('/')[0] ?? '') === 0 || !/\/\d{1,3}$/.test(text)
    ? input.refuse(`"${text}" is not like 10.5.0.0/24`)
    : text;
}

function readAddress(input: Input): string {
  const text = readText(input);
  return isIP(text) === 0 ? input.refuse(`"${text}" is no address`) : canonicalAddress(text);
}
