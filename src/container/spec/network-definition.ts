import { isIP } from 'node:net';
import { collectAll, type Input } from './input.ts';
import { readFields, readFlag, readItems, readText, readTextMap } from './read-input.ts';
import type { TextMap } from './value.ts';

/** A network of the top-level map `networks`. */
export interface NetworkDefinition {
  /** as the engine knows it */
  readonly name: string;
  /** there already, and not ours to make */
  readonly external: boolean;
  readonly driver: string;
  readonly internal: boolean;
  readonly ipv6: boolean;
  readonly attachable: boolean;
  readonly options: TextMap;
  readonly labels: TextMap;
  /** empty: the plan finds a free subnet */
  readonly addresses: readonly { readonly subnet: string; readonly gateway?: string }[];
}

const FIELDS = [
  'name',
  'external',
  'driver',
  'driver_opts',
  'internal',
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
      const {
        name,
        external,
        driver,
        driver_opts: options,
        internal,
        enable_ipv6: ipv6,
        attachable,
        labels,
        ipam,
      } = fields;
      const flag = (field: Input | undefined): boolean => field !== undefined && readFlag(field);
      return [
        key,
        {
          name: name === undefined ? key : readText(name),
          external: flag(external),
          internal: flag(internal),
          ipv6: flag(ipv6),
          attachable: flag(attachable),
          driver: driver === undefined ? 'bridge' : readText(driver),
          options: options === undefined ? {} : readTextMap(options),
          labels: labels === undefined ? {} : readTextMap(labels),
          addresses: ipam === undefined ? [] : readAddresses(ipam),
        },
      ] as const;
    }),
  );
}

function readAddresses(ipam: Input): NetworkDefinition['addresses'] {
  const { config } = readFields(ipam, ['config']);
  return config === undefined
    ? []
    : readItems(config, (item) => {
        const { subnet, gateway } = readFields(item, ['subnet', 'gateway']);
        if (subnet === undefined) return item.refuse('needs a subnet');
        const text = readText(subnet);
        if (isIP(text.split('/')[0] ?? '') === 0 || !/\/\d{1,3}$/.test(text))
          return subnet.refuse(`"${text}" is not like 10.5.0.0/24`);
        return { subnet: text, ...(gateway === undefined ? {} : { gateway: readText(gateway) }) };
      });
}
