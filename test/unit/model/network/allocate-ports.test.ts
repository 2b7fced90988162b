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
    expect(allocated({ b: WEB, a: { WebAlias: 'a' } })).toEqual({ 'a.WebHostPort': '47000', 'b.WebHostPort': '47001' });
  });

  it('gives none to what needs none', () => {
    expect(
      allocated({
        plain: {},
        off: { ...WEB, status: 'disabled' },
        host: { ...WEB, network: 'host' },
        has: { ...WEB, WebHostPort: '47009' },
      }),
    ).toEqual({});
  });

  it('gives no port twice', () => {
    const facts = factsWith({
      listeners: [
        { protocol: 'tcp', address: '127.0.0.1', port: 47_005, process: 'nginx (pid 8)' },
        { protocol: 'udp', address: '0.0.0.0', port: 47_008 },
      ],
      publishedPorts: [{ protocol: 'tcp', address: '10.0.0.1', port: 47_006, container: 'theirs', ours: false }],
      portsInFiles: () => new Map([[47_007, '/etc/httpd/conf.d/zz-docksmith-2-gone.conf']]),
    });
    const others = {
      has: { ...WEB, WebHostPort: '47000' },
      off: { ...WEB, status: 'disabled', WebHostPort: '47001' },
      native: { TCPPort: '47002' },
      custom: { PortMapping: 'custom', PortMappingPorts: '47003:80' },
    };
    expect(allocated({ ...others, new: WEB }, facts, { app: { status: 'enabled', TCPPort: '47004' } })).toEqual({
      'new.WebHostPort': '47008',
    });
  });

  it('gives nothing more once all is given', () => {
    const server = serverWith({ a: WEB, b: WEB });
    expect(allocatePorts(withChanges(server, allocatePorts(server, factsWith())), factsWith())).toEqual([]);
  });

  it('says when all are taken', () => {
    expect(() => allocated({ a: WEB, b: WEB }, factsWith(), { docksmith: { PortRange: '47000-47000' } })).toThrow(
      /cannot give "b" of db docker_containers a loopback port: all of 47000-47000 are taken/,
    );
  });

  it.each(['47000', '47010-47000', '80-90', '60000-70000'])('refuses the range %j', (PortRange) => {
    expect(() => allocated({ a: WEB }, factsWith(), { docksmith: { PortRange } })).toThrow(
      'it is FIRST-LAST, from 1024 to 65535',
    );
  });

  it('never gives a port twice, whatever there is already', () => {
    const port = fc.integer({ min: 47_000, max: 47_020 });
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
