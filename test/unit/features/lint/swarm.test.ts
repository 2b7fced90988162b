import { expect, it } from 'vitest';
import { findSwarmMistakes } from '../../../../src/features/lint/swarm.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';

type Props = Readonly<Record<string, string>>;

/** Addresses of this host, web1: 10.0.0.1 */
function lint(
  docker: Props,
  hosts: Readonly<Record<string, Props>> = {},
  tokens: readonly string[] = [],
): readonly string[] {
  const snapshot = snapshotOf(
    new Map([
      ['configuration', db({ key: 'SystemName', type: 'web1', props: new Map() }, record('docker', 'service', docker))],
      ['hosts', db(...Object.entries(hosts).map(([key, props]) => record(key, 'docksmith', props)))],
      ['secrets', db(...tokens.map((key) => record(key, 'secret', { Value: 'SWMTKN-1' })))],
    ]),
  );
  return findSwarmMistakes(snapshot, { addresses: [{ address: '10.0.0.1', prefix: 24, interface: 'eth0' }] }).map(
    ({ level, what }) => `${level}: ${what}`,
  );
}

it.each<readonly [Props, Readonly<Record<string, Props>>, readonly string[], string]>([
  [{ JoinAddress: '10.0.0.2' }, {}, [], 'note: docker has JoinAddress, and no Swarm'],
  [
    { Swarm: 'worker', JoinAddress: '10.0.0.2' },
    {},
    ['swarm-manager-token'],
    'fault: docker has JoinAddress, and db secrets has no swarm-worker-token',
  ],
  [{ Swarm: 'worker' }, {}, [], 'fault: docker Swarm is worker, and JoinAddress names no manager'],
  [
    { Swarm: 'manager', AdvertiseAddress: '10.0.0.9' },
    {},
    [],
    'fault: docker AdvertiseAddress "10.0.0.9" is no address of this host',
  ],
  [
    { Swarm: 'manager' },
    { web1: { NodeAddress: '10.0.0.9' } },
    [],
    'fault: hosts web1 NodeAddress "10.0.0.9" is no address of this host',
  ],
  [
    { Swarm: 'manager', AdvertiseAddress: '10.0.0.1' },
    { web1: { NodeAddress: '10.0.0.9' } },
    [],
    'fault: docker AdvertiseAddress "10.0.0.1" differs from hosts web1 NodeAddress "10.0.0.9"',
  ],
  [
    { Swarm: 'manager' },
    { web1: { NodeAddress: '10.0.0.1', SwarmRole: 'worker' } },
    [],
    'fault: web1 SwarmRole is worker, and docker Swarm is manager',
  ],
  [{}, { web2: { SwarmRole: 'worker' } }, [], 'fault: web2 has SwarmRole, and no NodeAddress'],
  [
    {},
    { web2: { NodeAddress: '10.0.0.2' }, web3: { NodeAddress: '10.0.0.2' } },
    [],
    'fault: web2 and web3 have the same NodeAddress "10.0.0.2"',
  ],
])('%j with hosts %j and secrets %j is a mistake', (docker, hosts, tokens, found) => {
  expect(lint(docker, hosts, tokens)).toEqual([found]);
});

it('a swarm that can be is none', () => {
  const hosts = { web1: { NodeAddress: '10.0.0.1', SwarmRole: 'manager' }, web2: { NodeAddress: '10.0.0.2' } };
  expect(lint({ Swarm: 'manager', JoinAddress: '10.0.0.1,10.0.0.2' }, hosts, ['swarm-manager-token'])).toEqual([]);
  expect(lint({})).toEqual([]);
});
