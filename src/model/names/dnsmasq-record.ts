import { isIP } from 'node:net';
import type { Snapshot } from '../../db/snapshot.ts';
import { DockerRecord } from '../docker-record.ts';
import { localAddresses } from '../network/access.ts';
import { isLoopback } from '../../base/loopback.ts';
import { canonicalAddress, firstAddress, listLocalNetworks, overlaps, parseNetwork } from '../network/network.ts';
import { splitList } from '../network/parse-ports.ts';
import { RecordProps } from '../record-props.ts';

export const DNSMASQ = 'dnsmasq';

/** The record `dnsmasq` of `configuration`: the names of containers. */
export class DnsmasqRecord extends RecordProps {
  constructor(snapshot: Snapshot) {
    super(snapshot, 'configuration', DNSMASQ);
  }

  /** A host without the record has no such names. */
  get isEnabled(): boolean {
    return this.get('status') === 'enabled';
  }

  /** Below which all names of containers are. */
  get domain(): string {
    return this.get('Domain').toLowerCase();
  }

  /**
   * Where containers ask it: by the db alone, since no run spec may change with what the host has at the moment.
   * Empty: not known, since the engine's bridge is an admin's own.
   */
  get address(): string {
    const own = this.get('Address');
    if (own !== '') return canonicalAddress(own);
    const docker = new DockerRecord(this.snapshot);
    const network = docker.isForeign ? undefined : parseNetwork(docker.network, docker.mask);
    return network === undefined ? '' : firstAddress(network);
  }

  /**
   * Where it answers. Of the host's own addresses only those in the local networks: a public one would be
   * a resolver for the whole world.
   */
  get listenAddresses(): readonly string[] {
    const own = splitList(this.get('Listen')).map(canonicalAddress);
    const { address } = this;
    return [
      ...new Set([
        '127.0.0.1',
        ...(address === '' ? [] : [address]),
        ...(own.length > 0 ? own : listAddressesInLocalNetworks(this.snapshot)),
      ]),
    ];
  }
}

/** The addresses of this host that names lead to. */
export function listNamedAddresses(snapshot: Snapshot): readonly string[] {
  return localAddresses(snapshot).filter((address) => !isLoopback(address));
}

function listAddressesInLocalNetworks(snapshot: Snapshot): readonly string[] {
  const networks = [...listLocalNetworks(snapshot).values()];
  return listNamedAddresses(snapshot).filter((address) => {
    const alone = parseNetwork(address, isIP(address) === 4 ? '32' : '128');
    return alone !== undefined && networks.some((network) => overlaps(network, alone));
  });
}
