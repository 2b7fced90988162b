import { expect, it } from 'vitest';
import { listNodeAddresses } from '../../../../src/flow/swarm/node-address.ts';

it.each([
  ['10.0.0.1', undefined, ['10.0.0.1']],
  ['0.0.0.0', '10.0.0.1:2377', ['10.0.0.1']],
  ['10.0.0.1', '10.0.0.2:2377', ['10.0.0.1', '10.0.0.2']],
  ['', '[fd00::1]:2377', ['fd00::1']],
  ['::', 'node1:2377', []],
])('a node at %j that manages at %j is reached at %j', (address, managed, addresses) => {
  const manager =
    managed === undefined ? {} : { manager: { isLeader: true, reachability: 'reachable', address: managed } };
  expect(listNodeAddresses({ address, ...manager })).toEqual(addresses);
});
