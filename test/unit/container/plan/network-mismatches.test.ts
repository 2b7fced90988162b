import { describe, expect, it } from 'vitest';
import { listMismatches } from '../../../../src/container/plan/made/network-mismatches.ts';
import { MANAGED_LABEL } from '../../../../src/container/spec/names.ts';
import type { CreateNetwork, NetworkSummary } from '../../../../src/engine/engine.ts';

const PLAIN: CreateNetwork = {
  name: 'lan',
  driver: 'bridge',
  internal: false,
  ipv6: false,
  attachable: false,
  options: { 'com.docker.network.bridge.name': 'br-lan' },
  labels: {},
  addresses: [],
};

const there = (change: Partial<CreateNetwork> = {}, isOurs = true): NetworkSummary => ({
  ...PLAIN,
  addresses: [{ subnet: '10.5.0.0/24', gateway: '10.5.0.1' }],
  ...change,
  id: '1',
  labels: { ...change.labels, ...(isOurs ? { [MANAGED_LABEL]: 'true' } : {}) },
});

describe('a network that is there', () => {
  it.each<[string, Partial<CreateNetwork>, Partial<CreateNetwork>, readonly string[]]>([
    ['is as wanted where its addresses were found', {}, {}, []],
    ['has another driver', { driver: 'macvlan' }, {}, ['driver macvlan, not bridge']],
    ['is internal', { internal: true }, {}, ['internal']],
    ['is attachable', { attachable: true }, {}, ['attachable']],
    ['has no IPv6', {}, { ipv6: true }, ['no IPv6']],
    ['has IPv4', { ipv4: true }, { ipv4: false }, ['IPv4']],
    ['is of an engine that says nothing of IPv4', {}, { ipv4: false }, []],
    ['has an option less', {}, { options: { ...PLAIN.options, mtu: '1400' } }, ['option mtu none, not 1400']],
    ['has an option more', { options: { mtu: '1400' } }, {}, ['option mtu 1400, not none']],
    [
      'has another parent',
      { options: { parent: 'a' } },
      { options: { ...PLAIN.options, parent: 'b' } },
      ['parent a, not b'],
    ],
    ['was named by others', { options: {} }, {}, []],
    [
      'has another bridge than the record says',
      {},
      { options: { 'com.docker.network.bridge.name': 'mine' } },
      ['option com.docker.network.bridge.name br-lan, not mine'],
    ],
    ['has another label', { labels: { a: 'b' } }, { labels: { a: 'c' } }, ['label a b, not c']],
    ['has another driver of addresses', {}, { ipamDriver: 'dhcp' }, ['IPAM driver default, not dhcp']],
    ['has an option of those', { ipamOptions: { a: 'b' } }, {}, ['IPAM option a b, not none']],
    ['has another subnet', {}, { addresses: [{ subnet: '10.6.0.0/24' }] }, ['subnet 10.5.0.0/24, not 10.6.0.0/24']],
    [
      'has a subnet of the other family, which the engine has found',
      { addresses: [{ subnet: '10.5.0.0/24' }, { subnet: 'fd00::/64' }] },
      { addresses: [{ subnet: 'fd00::/64' }] },
      [],
    ],
    ['has the same, written otherwise', {}, { addresses: [{ subnet: '10.5.0.7/24' }] }, []],
    [
      'has another gateway',
      {},
      { addresses: [{ subnet: '10.5.0.0/24', gateway: '10.5.0.9' }] },
      ['gateway 10.5.0.1, not 10.5.0.9'],
    ],
    [
      'has no range and nothing reserved',
      {},
      { addresses: [{ subnet: '10.5.0.0/24', range: '10.5.0.0/25', reserved: { a: '10.5.0.2' } }] },
      ['range none, not 10.5.0.0/25', 'reserved address none, not a 10.5.0.2'],
    ],
  ])('%s', (_, has, wants, mismatches) => {
    expect(listMismatches({ ...PLAIN, ...wants }, there(has))).toEqual(mismatches);
  });

  it('and that others made may say more, and nothing else', () => {
    const more = there({ attachable: true, ipv6: true, options: { mtu: '1' }, labels: { a: 'b' } }, false);
    expect(listMismatches(PLAIN, more)).toEqual([]);
    expect(listMismatches({ ...PLAIN, labels: { a: 'c' }, internal: true }, more)).toEqual([
      'not internal',
      'label a b, not c',
    ]);
  });
});
