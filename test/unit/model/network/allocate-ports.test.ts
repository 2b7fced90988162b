import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges } from '../../../../src/db/snapshot.ts';
import { allocatePorts } from '../../../../src/model/network/allocate-ports.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

type Props = Readonly<Record<string, string>>;
const WEB = { SubDomain: 'enabled' };

function allocated(
  containers: Readonly<Record<string, Props>>,
  facts = factsWith(),
  configuration: Readonly<Record<string, Props>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    allocatePorts(serverWith(containers, configuration), facts).map(({ key, prop, value }) => [
      `${key}.${prop}`,
      value,
    ]),
  );
}

describe('allocatePorts', () => {
  it('gives the lowest free ports, in byte order of the keys', () => {
    expect(allocated({ b: WEB, a: { WebAlias: 'a' } })).toEqual({ 'a.WebHostPort': '23000', 'b.WebHostPort': '23001' });
  });

  it('gives ports to mappings that name none, and keeps them', () => {
    const ports = { PortMapping: 'custom', PortMappingPorts: '3000,8080:80,127.0.0.1::53/udp,9000-9002:81' };
    const first = { a: ports, b: { PortMapping: 'custom', PortMappingPorts: '9000:9000' }, c: WEB };
    expect(allocated(first)).toEqual({
      'a.PortMappingGiven': '23001:3000,127.0.0.1:23000:53/udp,9001:81',
      'c.WebHostPort': '23000',
    });
    const given = { PortMappingGiven: '23001:3000,127.0.0.1:23000:53/udp,9001:81' };
    expect(allocated({ a: { ...ports, ...given } })).toEqual({});
    const more = { ...ports, ...given, PortMappingPorts: '3000,127.0.0.1::53/udp,4000' };
    expect(allocated({ a: more })).toEqual({
      'a.PortMappingGiven': '23001:3000,127.0.0.1:23000:53/udp,23000:4000',
    });
    expect(() =>
      allocated({ a: { PortMapping: 'custom', PortMappingPorts: '9000-9000:80-80,9000-9001:81,9000-9001:82' } }),
    ).toThrow('cannot give "a" of db docker_containers a port: all of 9000-9001 are taken');
  });

  it('gives none to what needs none', () => {
    expect(
      allocated({
        plain: {},
        off: { ...WEB, status: 'disabled' },
        host: { ...WEB, network: 'host' },
        has: { ...WEB, WebHostPort: '23009' },
      }),
    ).toEqual({});
  });

  it('gives no port twice', () => {
    const facts = factsWith({
      listeners: [
        { protocol: 'tcp', address: '127.0.0.1', port: 23_005, process: 'nginx (pid 8)' },
        { protocol: 'udp', address: '0.0.0.0', port: 23_008 },
      ],
      publishedPorts: [{ protocol: 'tcp', address: '10.0.0.1', port: 23_006, container: 'theirs', ours: false }],
      portsInFiles: () => new Map([[23_007, '/etc/httpd/conf.d/zz-docksmith-2-gone.conf']]),
    });
    const others = {
      has: { ...WEB, WebHostPort: '23000' },
      off: { ...WEB, status: 'disabled', WebHostPort: '23001' },
      native: { TCPPort: '23002' },
      custom: { PortMapping: 'custom', PortMappingPorts: '23003:80' },
    };
    expect(allocated({ ...others, new: WEB }, facts, { app: { status: 'enabled', TCPPort: '23004' } })).toEqual({
      'new.WebHostPort': '23008',
    });
  });

  it('gives none that an outgoing connection has', () => {
    expect(allocated({ a: WEB }, factsWith({ connectedPorts: new Set([23_000, 23_001]) }))).toEqual({
      'a.WebHostPort': '23002',
    });
  });

  it('gives those last that the kernel gives to outgoing connections, and are not reserved', () => {
    const range = { docksmith: { PortRange: '40000-40003' } };
    const localPorts = { first: 32_768, last: 40_002, reserved: [[40_001, 40_001]] };
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((key) => `${key}.WebHostPort`) as [string, string, string, string];
    expect(allocated({ a: WEB, b: WEB, c: WEB, d: WEB }, factsWith({ localPorts }), range)).toEqual({
      [a]: '40001',
      [b]: '40003',
      [c]: '40000',
      [d]: '40002',
    });
  });

  it('has a range of its own below the usual one of the kernel', () => {
    const { last } = { last: Number(allocated({ a: WEB })['a.WebHostPort']) + 999 };
    expect(last).toBeLessThan(factsWith().localPorts.first);
  });

  it('gives nothing more once all is given', () => {
    const server = serverWith({ a: WEB, b: WEB });
    expect(allocatePorts(withChanges(server, allocatePorts(server, factsWith())), factsWith())).toEqual([]);
  });

  it('says when all are taken', () => {
    expect(() => allocated({ a: WEB, b: WEB }, factsWith(), { docksmith: { PortRange: '23000-23000' } })).toThrow(
      /cannot give "b" of db docker_containers a loopback port: all of 23000-23000 are taken/,
    );
  });

  it.each(['23000', '23010-23000', '80-90', '60000-70000'])('refuses the range %j', (PortRange) => {
    expect(() => allocated({ a: WEB }, factsWith(), { docksmith: { PortRange } })).toThrow(
      'it is FIRST-LAST, from 1024 to 65535',
    );
  });

  it('never gives a port twice, whatever there is already', () => {
    const port = fc.integer({ min: 23_000, max: 23_020 });
    fc.assert(
      fc.property(
        fc.uniqueArray(port, { maxLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.uniqueArray(port, { maxLength: 6 }),
        (taken, count, listening) => {
          const has = Object.fromEntries(taken.map((one, n) => [`has${n}`, { ...WEB, WebHostPort: String(one) }]));
          const needs = Object.fromEntries(Array.from({ length: count }, (_, n) => [`new${n}`, WEB]));
          const given = Object.values(
            allocated(
              { ...has, ...needs },
              factsWith({ listeners: listening.map((one) => ({ protocol: 'tcp', address: '::', port: one })) }),
            ),
          );
          expect(new Set([...given, ...taken.map(String), ...listening.map(String)]).size).toBe(
            new Set([...taken, ...listening]).size + count,
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});
