import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  firstAddress,
  formatNetwork,
  listLocalNetworks,
  type Network,
  overlaps,
  parseNetwork,
} from '../../../../src/model/network/network.ts';
import { db, record, SAMPLE_DBS, snapshotOf } from '../../../support/sample.ts';

function network(address: string, mask: string): Network {
  const parsed = parseNetwork(address, mask);
  if (parsed === undefined) throw new Error(`${address} ${mask} is no network`);
  return parsed;
}

describe('a network', () => {
  it.each([
    ['192.168.1.0', '255.255.255.0', '192.168.1.0/24', '192.168.1.1'],
    ['192.168.1.77', '24', '192.168.1.0/24', '192.168.1.1'],
    ['10.0.0.0', '255.0.0.0', '10.0.0.0/8', '10.0.0.1'],
    ['1.2.3.4', '255.255.255.255', '1.2.3.4/32', '1.2.3.5'],
    ['1.2.3.4', '0.0.0.0', '0.0.0.0/0', '0.0.0.1'],
    ['172.31.255.255', '12', '172.16.0.0/12', '172.16.0.1'],
    ['fd00:1:2::5', '64', 'fd00:1:2::/64', 'fd00:1:2::1'],
    ['2001:db8::', '32', '2001:db8::/32', '2001:db8::1'],
    ['::1', '128', '::1/128', '::2'],
    ['::ffff:192.168.1.0', '120', '::ffff:c0a8:100/120', '::ffff:c0a8:101'],
    ['fe80::', 'ffff:ffff::', 'fe80::/32', 'fe80::1'],
    ['::', '0', '::/0', '::1'],
  ])('%s with mask %s is %s', (address, mask, text, first) => {
    expect(formatNetwork(network(address, mask))).toBe(text);
    expect(firstAddress(network(address, mask))).toBe(first);
  });

  it.each([
    ['192.168.1.0', '255.0.255.0'],
    ['192.168.1.0', '33'],
    ['192.168.1.0', ''],
    ['192.168.1', '24'],
    ['', '24'],
    ['fd00::', '129'],
    ['fd00::', '255.255.255.0'],
    ['192.168.1.0', '-1'],
    ['192.168.1.0', '24 '],
    ['router', '24'],
  ])('%j with mask %j is none', (address, mask) => {
    expect(parseNetwork(address, mask)).toBeUndefined();
  });

  it.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/16', '10.1.0.0/16', false],
    ['0.0.0.0/0', '10.1.0.0/16', true],
    ['192.168.1.0/24', '192.168.1.128/25', true],
    ['fd00::/8', 'fd12::/64', true],
    ['fd00::/64', 'fd00:0:0:1::/64', false],
    ['::/0', '0.0.0.0/0', false],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    const [one, other] = [a, b].map((text) => network(text.replace(/\/.*/, ''), text.replace(/.*\//, '')));
    if (one === undefined || other === undefined) throw new Error('never');
    expect(overlaps(one, other)).toBe(expected);
  });

  it('reads back as what it was written from, in both families', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
          fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
        ),
        ([address, bits]) => {
          const one = network(address, String(bits));
          const [again = '', mask = ''] = formatNetwork(one).split('/');
          expect(network(again, mask)).toEqual(one);
          expect(overlaps(one, network(address, String(one.family === 4 ? 32 : 128)))).toBe(true);
        },
      ),
    );
  });
});

describe('listLocalNetworks', () => {
  it('leaves out what is no network', () => {
    const networks = db(
      record('10.0.0.0', 'network', { Mask: '255.0.0.0' }),
      record('odd', 'network', { Mask: '24' }),
      record('10.2.0.0', 'network'),
      record('fd00::', 'network', { Mask: '8' }),
    );
    expect(
      [...listLocalNetworks(snapshotOf(new Map([...SAMPLE_DBS, ['networks', networks]])))].map(
        ([key, one]) => `${key}: ${formatNetwork(one)}`,
      ),
    ).toEqual(['10.0.0.0: 10.0.0.0/8', 'fd00::: fd00::/8']);
  });
});
