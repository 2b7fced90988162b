import { isIPv6 } from 'node:net';
import type { Failure } from '../../base/errors.ts';
import { HOSTS } from '../../db/hosts/host-records.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { checkBySchema } from '../check-one-record.ts';
import { DockerRecord } from '../docker-record.ts';
import { findSecret } from '../secrets.ts';
import { findOwnNode, listNodeRecords, type NodeRecord } from './node-record.ts';

/** Where managers listen for other nodes. */
export const MANAGER_PORT = 2377;

/** An address, and the prop that says it. */
export interface Advertised {
  readonly address: string;
  readonly prop: string;
}

/** What the records want of this host in a swarm, and of the other nodes where it is a manager. */
export interface WantedSwarm {
  readonly role: 'none' | 'manager' | 'worker';
  /** of this host for the others; absent: the engine finds one */
  readonly advertise: Advertised | undefined;
  /** managers to join, `10.0.0.1:2377`; none: a manager makes a swarm */
  readonly remotes: readonly string[];
  readonly nodes: readonly NodeRecord[];
  readonly own: NodeRecord | undefined;
  /** as db `secrets` has them */
  readonly tokens: Readonly<Record<'manager' | 'worker', string | undefined>>;
  /** values of these records that are refused: what is made of them may be anything */
  readonly refused: readonly Failure[];
}

/** The key in db `secrets` of the token with which a node joins. */
export function tokenKey(role: 'manager' | 'worker'): string {
  return `swarm-${role}-token`;
}

export function readWantedSwarm(snapshot: Snapshot): WantedSwarm {
  const docker = new DockerRecord(snapshot);
  const own = findOwnNode(snapshot);
  const role = docker.swarm;
  const address = docker.advertiseAddress || own?.address || '';
  const fromDocker = docker.advertiseAddress !== '';
  const prop = fromDocker ? 'docker AdvertiseAddress' : `hosts ${own?.key ?? ''} NodeAddress`;
  return {
    role: role === 'manager' || role === 'worker' ? role : 'none',
    advertise: address === '' ? undefined : { address, prop },
    // the same list may be on all hosts
    remotes: docker.joinAddresses.filter((remote) => hostOf(remote) !== address).map(withPort),
    nodes: listNodeRecords(snapshot),
    own,
    tokens: { manager: findSecret(snapshot, tokenKey('manager')), worker: findSecret(snapshot, tokenKey('worker')) },
    refused: [
      checkBySchema(snapshot, 'configuration', getDb(snapshot, 'configuration').get('docker')),
      ...[...getDb(snapshot, HOSTS).values()].map((record) => checkBySchema(snapshot, HOSTS, record)),
    ].flatMap(({ mistakes }) => mistakes),
  };
}

/** An address with the port of managers: `10.0.0.1:2377`, `[fd00::1]:2377` */
export function withPort(address: string): string {
  if (/^\[.*\]:\d+$/.test(address) || /^[^:]+:\d+$/.test(address)) return address;
  return `${isIPv6(address) ? `[${address}]` : address}:${MANAGER_PORT}`;
}

function hostOf(remote: string): string {
  return remote.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
