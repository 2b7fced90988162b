import { expect, it } from 'vitest';
import { formatExposure } from '../../../../../src/cli/commands/show/exposure.ts';
import type { Exposure } from '../../../../../src/features/exposure/exposure.ts';

const plain = (_style: unknown, text: string): string => text;
const WIKI: Exposure = {
  name: 'wiki',
  access: 'private',
  network: 'bridge',
  state: 'running',
  mismatches: [],
  ports: [
    {
      port: 8080,
      protocol: 'tcp',
      kind: 'published',
      declared: 'local networks',
      addresses: ['192.168.1.2', 'fd00:1111:2222:3333::2', '127.0.0.1', '::1'],
      reached: 'local networks',
      mismatches: [],
      filter: [
        { family: 'IPv4', isKnown: true, networks: ['192.168.1.0/24'], why: undefined },
        { family: 'IPv6', isKnown: true, networks: ['fd00:1111:2222:3333::/64'], why: undefined },
      ],
    },
  ],
  addresses: [
    {
      address: '172.17.0.2',
      network: 'bridge',
      driver: 'bridge',
      filter: [{ family: 'IPv4', isKnown: true, networks: ['192.168.1.0/24'], why: undefined }],
      reached: 'local networks',
      mismatches: [],
    },
  ],
  urls: [
    {
      url: 'http://wiki.example.test/',
      declared: 'local networks',
      requires: ['ip 127.0.0.0/8 ::1', 'ip 192.168.1.0/24'],
      reached: 'local networks',
      hasPassword: true,
      mismatches: [],
    },
  ],
};

it('shows what is declared, and who can reach it by address, filter and Apache', () => {
  expect(formatExposure([WIKI], plain, 80)).toBe(`wiki: private, network bridge
  8080: the local networks
    address  192.168.1.2, fd00:1111:2222:3333::2, 127.0.0.1, ::1
    filter   IPv4 192.168.1.0/24; IPv6 fd00:1111:2222:3333::/64
  172.17.0.2, its own on bridge: the local networks
    filter   IPv4 192.168.1.0/24
  http://wiki.example.test/: the local networks, with a password
    Apache   Require ip 127.0.0.0/8 ::1; Require ip 192.168.1.0/24

all is as declared
`);
});

it('marks in words what is not as declared, and keeps to 80 columns', () => {
  const ports = WIKI.ports.map((port) => ({
    ...port,
    protocol: 'udp' as const,
    kind: 'host' as const,
    reached: 'everybody' as const,
    filter: [
      { family: 'IPv4' as const, isKnown: true, networks: undefined, why: 'INPUT does not lead to DOCKSMITH-INPUT' },
    ],
    mismatches: ['the IPv4 filter does not block it: INPUT does not lead to DOCKSMITH-INPUT'],
  }));
  const text = formatExposure(
    [
      { ...WIKI, state: 'exited', ports, addresses: [], urls: [], mismatches: ['it does not run (exited)'] },
      { ...WIKI, name: 'gone', access: undefined, ports: [], addresses: [], urls: [] },
    ],
    plain,
    80,
  );
  expect(text).toBe(`wiki: private, network bridge, exited
    MISMATCH it does not run (exited)
  8080/udp, on the host's network: everybody
    address  192.168.1.2, fd00:1111:2222:3333::2, 127.0.0.1, ::1
    filter   IPv4 everybody (INPUT does not lead to DOCKSMITH-INPUT)
    MISMATCH the IPv4 filter does not block it: INPUT does not lead to
             DOCKSMITH-INPUT
gone: no record
  nothing leads to it

not as declared: 2
`);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(formatExposure([], plain, 80)).toBe('no containers\n');
});
