import { describe, expect, it } from 'vitest';
import { isLinkLocal, isPrivate, networkOf } from '../../../src/host/address.ts';
import { listAddresses } from '../../../src/host/addresses.ts';

describe('private addresses', () => {
  it.each(['10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.1.2', 'fd00::2', 'fc12::1', 'FD00::2'])(
    '%s is one',
    (address) => {
      expect(isPrivate(address)).toBe(true);
    },
  );

  it.each([
    '9.255.255.255',
    '11.0.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '203.0.113.5',
    '2001:db8::1',
    'fe80::1',
    'nonsense',
  ])('%s is none', (address) => {
    expect(isPrivate(address)).toBe(false);
  });

  it.each([
    ['169.254.1.1', true],
    ['fe80::1', true],
    ['febf::1', true],
    ['fec0::1', false],
    ['192.168.1.1', false],
  ])('%s is link-local: %s', (address, expected) => {
    expect(isLinkLocal(address)).toBe(expected);
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.168.1.2', 24, '192.168.1.0', '255.255.255.0'],
    ['10.1.2.3', 8, '10.0.0.0', '255.0.0.0'],
    ['172.16.37.1', 20, '172.16.32.0', '255.255.240.0'],
    ['192.168.1.200', 26, '192.168.1.192', '255.255.255.192'],
    ['fd00::2', 64, 'fd00::', '64'],
    ['fd12:3456:789a:bcde:1:2:3:4', 60, 'fd12:3456:789a:bcd0::', '60'],
    ['fd12:3456:789a:bcde:1:2:3:4', 48, 'fd12:3456:789a::', '48'],
  ])('of %s/%i is %s, %s', (address, prefix, network, mask) => {
    expect(networkOf(address, prefix)).toEqual({ address: network, mask });
  });
});

describe('addresses of this host', () => {
  it('are those of its interfaces, without loopback and link-local ones', () => {
    const common = { netmask: '', mac: '' };
    expect(
      listAddresses({
        lo: [
          { ...common, family: 'IPv4', address: '127.0.0.1', cidr: '127.0.0.1/8', internal: true },
          { ...common, family: 'IPv6', address: '::1', cidr: '::1/128', scopeid: 0, internal: true },
          { ...common, family: 'IPv4', address: '203.0.113.9', cidr: '203.0.113.9/32', internal: true },
        ],
        eth0: [
          { ...common, family: 'IPv4', address: '192.168.1.2', cidr: '192.168.1.2/24', internal: false },
          { ...common, family: 'IPv6', address: 'fe80::1', cidr: 'fe80::1/64', scopeid: 2, internal: false },
          { ...common, family: 'IPv6', address: 'fd00::2', cidr: 'fd00::2/64', scopeid: 0, internal: false },
        ],
      }),
    ).toEqual([
      { address: '203.0.113.9', prefix: 32, interface: 'lo' },
      { address: '192.168.1.2', prefix: 24, interface: 'eth0' },
      { address: 'fd00::2', prefix: 64, interface: 'eth0' },
    ]);
  });
});
