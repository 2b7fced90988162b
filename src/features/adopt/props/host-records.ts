import type { NetworkDefinition } from '../../../container/spec/network-definition.ts';
import type { DbRecord } from '../../../db/record.ts';
import type { Snapshot } from '../../../db/snapshot.ts';
import { BRIDGE_OPTION, bridgeName, NETWORKS } from '../../../model/network/networks.ts';
import { VOLUMES } from '../../../model/container-parts/volumes.ts';
import type { VolumeDefinition } from '../../../container/spec/volume-definition.ts';
import type { LeftOut } from '../candidate.ts';
import { RecordBuilder } from './record-builder.ts';

/** The record of a network. @param leftOut gets what it cannot say */
export function makeNetworkRecord(
  snapshot: Snapshot,
  network: NetworkDefinition,
  leftOut: LeftOut[],
): DbRecord & { readonly db: string } {
  const builder = new RecordBuilder(`network ${network.name}`, snapshot.schema[NETWORKS]?.['network'] ?? {});
  setNetwork(builder, network);
  leftOut.push(...builder.leftOut);
  return { db: NETWORKS, key: network.name, type: 'network', props: builder.props };
}

/** The record of a volume. @param leftOut gets what it cannot say */
export function makeVolumeRecord(
  snapshot: Snapshot,
  { name, external, driver, options, labels }: VolumeDefinition,
  leftOut: LeftOut[],
): DbRecord & { readonly db: string } {
  const builder = new RecordBuilder(`volume ${name}`, snapshot.schema[VOLUMES]?.['volume'] ?? {});
  if (external) builder.set('external', 'External', 'yes');
  builder.set('driver', 'Driver', driver);
  // options may hold passwords
  for (const [option, value] of Object.entries(options))
    builder.set('driver_opts', `DriverOpt.${option}`, value, option);
  for (const [label, value] of Object.entries(labels)) builder.set('labels', `Labels.${label}`, value);
  leftOut.push(...builder.leftOut);
  return { db: VOLUMES, key: name, type: 'volume', props: builder.props };
}

/** What a network is, as props of its record: the way back of the fragment 40network. */
function setNetwork(builder: RecordBuilder, network: NetworkDefinition): void {
  const { name, external, driver, internal, attachable, ipv4, ipv6, addresses, options, labels } = network;
  const { ipamDriver = 'default', ipamOptions = {} } = network;
  const set = (key: string, prop: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') builder.set(key, prop, value);
  };
  const { parent, encrypted, ...others } = options;
  const isEncrypted = driver === 'overlay' && (encrypted === '' || encrypted === 'true');
  const rest = isEncrypted || encrypted === undefined ? others : { ...others, encrypted };
  if (external) set('external', 'External', 'yes');
  set('driver', 'Driver', driver);
  set('driver_opts', 'Parent', parent);
  if (isEncrypted) set('driver_opts', 'Encrypted', 'yes');
  if (internal) set('internal', 'Internal', 'yes');
  const subnets = addresses.map(({ subnet }) => subnet);
  builder.setList('ipam', 'Subnet', subnets);
  builder.setList(
    'ipam',
    'Gateway',
    addresses.flatMap(({ gateway }) => gateway ?? []),
  );
  if (external) return;
  builder.setList(
    'ipam',
    'IPRange',
    addresses.flatMap(({ range }) => range ?? []),
  );
  for (const { reserved = {} } of addresses)
    for (const [host, address] of Object.entries(reserved)) set('ipam', `AuxAddress.${host}`, address);
  if (ipamDriver !== 'default') set('ipam', 'IpamDriver', ipamDriver);
  for (const [option, value] of Object.entries(ipamOptions)) builder.set('ipam', `IpamOpt.${option}`, value);
  if (attachable) set('attachable', 'Attachable', 'yes');
  if (ipv4 === false) set('enable_ipv4', 'IPv4', 'no');
  if (ipv6 !== subnets.some((subnet) => subnet.includes(':'))) set('enable_ipv6', 'IPv6', ipv6 ? 'yes' : 'no');
  for (const [option, value] of Object.entries(rest))
    if (option !== BRIDGE_OPTION || value !== bridgeName(name))
      builder.set('driver_opts', `DriverOpt.${option}`, value);
  for (const [label, value] of Object.entries(labels)) builder.set('labels', `Labels.${label}`, value);
}
