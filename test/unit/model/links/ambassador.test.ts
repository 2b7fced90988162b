import { describe, expect, it } from 'vitest';
import { Container } from '../../../../src/model/container.ts';
import { ambassadorCommand, listTlsMounts } from '../../../../src/model/links/ambassador.ts';
import { parseTargets } from '../../../../src/model/links/targets.ts';
import { checkByKind } from '../../../../src/db/kinds.ts';
import { webPort } from '../../../../src/model/web.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

const ambassador = (props: Readonly<Record<string, string>>): Container =>
  new Container(serverWith({ door: { Role: 'ambassador', ...props } }), 'door');

describe('a target', () => {
  it.each<readonly [string, object]>([
    ['redis:6379', { listen: 6379, protocol: 'tcp', host: 'redis', port: 6379, isContainer: true }],
    ['dns:53/udp', { listen: 53, protocol: 'udp', host: 'dns', port: 53, isContainer: true }],
    ['6380=redis:6379', { listen: 6380, protocol: 'tcp', host: 'redis', port: 6379, isContainer: true }],
    ['tcp://192.168.1.52:1', { listen: 1, protocol: 'tcp', host: '192.168.1.52', port: 1, isContainer: false }],
    ['80=udp://[fd00::1]:53', { listen: 80, protocol: 'udp', host: '[fd00::1]', port: 53, isContainer: false }],
  ])('%s', (text, target) => {
    expect(checkByKind('targets', text)).toBeUndefined();
    expect(parseTargets(text)).toEqual([target]);
  });

  it.each([
    'redis',
    'redis:',
    'redis:0',
    'redis:65536',
    '0=redis:1',
    'tcp://:1',
    'tcp://host:1/udp',
    'http://host:1',
    'tcp://-x:1',
    'tcp://[::x]:1',
    'a b:1',
    'redis:1,fork',
    "redis:1'",
    'redis:1,exec:sh',
  ])('%s is none', (text) => {
    expect(checkByKind('targets', text)).toBeDefined();
  });
});

describe('what an ambassador runs', () => {
  it('is a socat for one port, without a shell', () => {
    expect(ambassadorCommand(ambassador({ Target: 'redis:6379' }))).toEqual([
      'socat',
      'TCP-LISTEN:6379,fork,reuseaddr',
      'TCP:redis:6379',
    ]);
  });

  it('is a shell that ends with the first of several', () => {
    expect(ambassadorCommand(ambassador({ Target: 'redis:6379,53=udp://[fd00::1]:5353' }))).toEqual([
      '/bin/sh',
      '-c',
      `trap 'exit 143' TERM
('socat' 'TCP-LISTEN:6379,fork,reuseaddr' 'TCP:redis:6379'; kill $$) &
('socat' '-T60' 'UDP-LISTEN:53,fork,reuseaddr' 'UDP6:[fd00::1]:5353'; kill $$) &
wait`,
    ]);
  });

  it('speaks TLS on the side that TargetTLS names, with the files that are mounted', () => {
    const connecting = ambassador({ Target: 'tcp://far:1', TargetTLS: 'connect', TargetCA: '/etc/ca.pem' });
    expect(ambassadorCommand(connecting)[2]).toBe('OPENSSL:far:1,cafile=/run/tls/ca.pem');
    expect(listTlsMounts(connecting)).toEqual(['/etc/ca.pem:/run/tls/ca.pem:ro']);
    const listening = ambassador({ Target: 'a:1', TargetTLS: 'listen', Certificate: '/c', CertificateKey: '/k' });
    expect(ambassadorCommand(listening)[1]).toBe(
      'OPENSSL-LISTEN:1,fork,reuseaddr,verify=0,cert=/run/tls/cert.pem,key=/run/tls/key.pem',
    );
    expect(listTlsMounts(listening)).toEqual(['/c:/run/tls/cert.pem:ro', '/k:/run/tls/key.pem:ro']);
  });

  it('is nothing for any other container', () => {
    const other = new Container(serverWith({ wiki: { Target: 'redis:1', TargetTLS: 'connect' } }), 'wiki');
    expect([ambassadorCommand(other), listTlsMounts(other), other.links]).toEqual([[], [], []]);
  });
});

describe('the web port of an ambassador', () => {
  it.each<Readonly<Record<string, string>>>([{}, { TCPPort: 'exposed' }, { network: 'host', TCPPort: 'exposed' }])(
    'is that of its target, with %o',
    (props) => {
      expect(webPort(ambassador({ Target: 'tcp://far:8081,53=udp://far:53', ...props }), factsWith())).toBe(8081);
    },
  );
});
