import type { Snapshot } from '../../db/snapshot.ts';
import type { Facts } from '../../host/facts.ts';
import { isOutOfReach, type OutOfReach } from '../../firewall/kernel.ts';
import { findPassing, type Way } from '../../firewall/reach.ts';
import type { Rules } from '../../firewall/rules.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { formatNetwork, listLocalNetworks } from '../../model/network/network.ts';

/** What the packet filter makes of a port or an address, in one family. */
export interface FilterOfPort {
  readonly family: 'IPv4' | 'IPv6';
  /** false: the kernel's rules could not be read */
  readonly isKnown: boolean;
  /** whom it lets through, by network; undefined: everybody */
  readonly networks: readonly string[] | undefined;
  /** why that is everybody, or is not known */
  readonly why: string | undefined;
}

/** The kernel's rules by family. */
export type KernelRules = ReadonlyMap<'IPv4' | 'IPv6', Rules | OutOfReach>;

/** What is looked at to tell who reaches what. */
export interface PortsOf {
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly rules: KernelRules;
}

/** Whether it keeps nobody out, as far as that is known. */
export function isOpen({ isKnown, networks }: FilterOfPort): boolean {
  return isKnown && networks === undefined;
}

/** Whom the kernel's rules of a family let through on any of the ways; nothing where that family was not read. */
export function readFilter(
  { snapshot, rules }: PortsOf,
  family: FilterOfPort['family'],
  ways: readonly Way[],
): readonly FilterOfPort[] {
  const read = rules.get(family);
  if (read === undefined) return [];
  if (isOutOfReach(read)) return [{ family, isKnown: false, networks: undefined, why: `not known, ${read.why}` }];
  const found = ways.map((way) => findPassing(read, way));
  const open = found.find(({ networks }) => networks === undefined);
  if (open === undefined)
    return [
      { family, isKnown: true, networks: [...new Set(found.flatMap(({ networks = [] }) => networks))], why: undefined },
    ];
  return [
    {
      family,
      isKnown: true,
      networks: undefined,
      why: new DockerRecord(snapshot).hasFilter ? open.why : 'Filter of docker is disabled',
    },
  ];
}

/** Where the filter lets in others than the networks of db `networks`, or not all of them; a sentence each. */
export function listMismatchesOfFilter(snapshot: Snapshot, filter: readonly FilterOfPort[]): readonly string[] {
  return filter.flatMap(({ family, isKnown, networks, why }) => {
    if (!isKnown) return [`networks that the ${family} filter lets in: ${why ?? ''}`];
    if (networks === undefined) return [`the ${family} filter does not block it: ${why ?? ''}`];
    const local = [...listLocalNetworks(snapshot).values()]
      .filter((network) => `IPv${network.family}` === family)
      .map(formatNetwork);
    const [more, less] = [
      networks.filter((network) => !local.includes(network)),
      local.filter((network) => !networks.includes(network)),
    ];
    return [
      ...more.map((network) => `the ${family} filter lets ${network} in, which is none of db networks`),
      ...less.map((network) => `the ${family} filter keeps ${network} of db networks out`),
    ];
  });
}
