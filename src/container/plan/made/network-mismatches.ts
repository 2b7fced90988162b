import type { CreateNetwork, NetworkSummary } from '../../../engine/engine.ts';
import { canonicalAddress, formatNetwork } from '../../../model/network/network.ts';
import { BRIDGE_OPTION, bridgeName, parseSubnet } from '../../../model/network/networks.ts';
import { isOurs, MANAGED_LABEL } from '../../spec/names.ts';
import { isSame } from '../../spec/value.ts';

/** In what a network that is there is not as wanted, in words: `driver macvlan, not bridge`. */
export function listMismatches(wanted: CreateNetwork, there: NetworkSummary): readonly string[] {
  const isOwn = isOurs(there);
  const compare = (what: string, has: string, wants: string): readonly string[] =>
    has === wants ? [] : [`${what} ${has || 'none'}, not ${wants || 'none'}`];
  // one that others made may say more
  const compareMaps = (
    what: string,
    has: Readonly<Record<string, string>>,
    wants: Readonly<Record<string, string>>,
  ): readonly string[] =>
    [...new Set([...Object.keys(wants), ...(isOwn ? Object.keys(has) : [])])].flatMap((key) =>
      // some are there or not, and hold nothing
      compare(
        `${what} ${key}`,
        has[key] === '' ? 'yes' : (has[key] ?? ''),
        wants[key] === '' ? 'yes' : (wants[key] ?? ''),
      ),
    );
  const isFlag = (has: boolean, wants: boolean): boolean => has === wants || (!isOwn && has);
  const drop = (map: Readonly<Record<string, string>>, ...names: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(map).filter(([name]) => !names.includes(name)));
  // the name that docksmith gives a bridge is no reason to make a network again
  const unnamed = wanted.options[BRIDGE_OPTION] === bridgeName(wanted.name) ? [BRIDGE_OPTION] : [];
  return [
    ...compare('driver', there.driver, wanted.driver),
    ...(wanted.internal === there.internal ? [] : [there.internal ? 'internal' : 'not internal']),
    ...(isFlag(there.attachable, wanted.attachable) ? [] : [there.attachable ? 'attachable' : 'not attachable']),
    ...(isFlag(there.ipv6, wanted.ipv6) ? [] : [there.ipv6 ? 'IPv6' : 'no IPv6']),
    // older engines do not say
    ...(isFlag(there.ipv4 ?? wanted.ipv4 ?? true, wanted.ipv4 ?? true) ? [] : [there.ipv4 ? 'IPv4' : 'no IPv4']),
    ...compareMaps('option', drop(there.options, ...unnamed, ...GIVEN_OPTIONS), drop(wanted.options, ...unnamed)).map(
      (why) => why.replace(/^option parent /, 'parent '),
    ),
    ...compareMaps('label', drop(there.labels, MANAGED_LABEL), wanted.labels),
    ...compareMaps('IPAM option', there.ipamOptions ?? {}, wanted.ipamOptions ?? {}),
    ...(wanted.ipamDriver === undefined
      ? []
      : compare('IPAM driver', there.ipamDriver ?? 'default', wanted.ipamDriver)),
    ...listSubnetMismatches(wanted, there),
  ];
}

/** What the engine adds to a network by itself. */
export const GIVEN_OPTIONS: readonly string[] = ['com.docker.network.driver.overlay.vxlanid_list'];

/** Where nothing is said, addresses were found when it was made, and so was a gateway. */
function listSubnetMismatches(wanted: CreateNetwork, there: NetworkSummary): readonly string[] {
  if (wanted.addresses.length === 0) return [];
  // of the other family the engine may have found one by itself
  const families = new Set(wanted.addresses.map(({ subnet }) => subnet.includes(':')));
  const list = (
    { addresses }: CreateNetwork,
    show: (one: CreateNetwork['addresses'][number]) => string,
  ): readonly string[] =>
    addresses
      .filter(({ subnet }) => families.has(subnet.includes(':')))
      .map(show)
      .filter(Boolean)
      .sort();
  const compare = (what: string, show: (one: CreateNetwork['addresses'][number]) => string): readonly string[] => {
    const [has, wants] = [list(there, show), list(wanted, show)];
    return isSame(has, wants) ? [] : [`${what} ${has.join(', ') || 'none'}, not ${wants.join(', ') || 'none'}`];
  };
  const subnets = compare('subnet', ({ subnet }) => toPlain(subnet));
  if (subnets.length > 0) return subnets;
  const saysGateway = new Set(
    wanted.addresses.filter(({ gateway }) => gateway !== undefined).map(({ subnet }) => toPlain(subnet)),
  );
  return [
    ...compare('gateway', ({ subnet, gateway = '' }) => (saysGateway.has(toPlain(subnet)) ? toAddress(gateway) : '')),
    ...compare('range', ({ range = '' }) => (range === '' ? '' : toPlain(range))),
    ...compare('reserved address', ({ reserved = {} }) =>
      Object.entries(reserved)
        .map(([name, address]) => `${name} ${toAddress(address)}`)
        .sort()
        .join(', '),
    ),
  ];
}

function toPlain(subnet: string): string {
  const network = parseSubnet(subnet);
  return network === undefined ? subnet : formatNetwork(network);
}

/** Some engines say it with its bits. */
function toAddress(address: string): string {
  return canonicalAddress(address.split('/')[0] ?? '');
}
