import { isIP } from 'node:net';
import type { Snapshot } from '../../db/snapshot.ts';
import type { Facts } from '../../host/facts.ts';
import { DockerRecord } from '../docker-record.ts';
import { findOwnNode, listNodeRecords } from './node-record.ts';
import { MANAGER_PORT } from './wanted-swarm.ts';

/** A port of this host that is for the other nodes of the swarm alone. */
export interface NodePort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/** https://docs.docker.com/engine/swarm/swarm-tutorial/: who is there, and the traffic of overlay networks */
const ALL_NODES: readonly NodePort[] = [
  { protocol: 'tcp', port: 7946 },
  { protocol: 'udp', port: 7946 },
  { protocol: 'udp', port: 4789 },
];

/**
 * The ports that nodes talk to each other by. None on a host that is to be in no swarm, and none as long as no other
 * node is known at all: to close them then would part a swarm that was made by hand.
 */
export function listNodePorts(snapshot: Snapshot, facts: Pick<Facts, 'peers'>): readonly NodePort[] {
  const { swarm } = new DockerRecord(snapshot);
  if (swarm === 'none') return [];
  const isKnown = listRecorded(snapshot).length > 0 || (swarm === 'manager' && facts.peers !== undefined);
  if (!isKnown) return [];
  return swarm === 'manager' ? [{ protocol: 'tcp', port: MANAGER_PORT }, ...ALL_NODES] : ALL_NODES;
}

/** The addresses of the other nodes: those of db `hosts`, also before they join, and those that the engine knows. */
export function listPeers(snapshot: Snapshot, facts: Pick<Facts, 'peers'>, family: 4 | 6): readonly string[] {
  const own = findOwnNode(snapshot)?.address;
  const all = [...listRecorded(snapshot), ...(facts.peers ?? [])];
  return [...new Set(all)].filter((address) => address !== own && isIP(address) === family).sort();
}

function listRecorded(snapshot: Snapshot): readonly string[] {
  const own = findOwnNode(snapshot)?.key;
  return listNodeRecords(snapshot).flatMap(({ key, address }) => (key === own || address === '' ? [] : [address]));
}
