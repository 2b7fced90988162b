import { expect, it } from 'vitest';
import { findPortUsers, parsePortTarget } from '../../../../src/features/why/why-port.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

it('takes a colon and a port for one, and nothing else', () => {
  expect(parsePortTarget(':8080')).toEqual({ port: 8080, protocol: 'tcp' });
  expect(parsePortTarget(':53/udp')).toEqual({ port: 53, protocol: 'udp' });
  for (const other of ['8080', ':0', ':70000', ':80/sctp', 'host:80', ':'])
    expect(parsePortTarget(other)).toBeUndefined();
});

it('names all that have a port: records, containers, processes, connections, files, the kernel', () => {
  const server = serverWith({
    wiki: { WebHostPort: '40000', SubDomain: 'enabled' },
    off: { WebHostPort: '40000', status: 'disabled' },
    dns: { UDPPort: '40000' },
  });
  const facts = factsWith({
    listeners: [{ protocol: 'tcp', address: '127.0.0.1', port: 40_000, process: 'nginx (pid 8)' }],
    publishedPorts: [{ protocol: 'tcp', address: '127.0.0.1', port: 40_000, container: 'theirs', ours: false }],
    connectedPorts: new Set([40_000]),
    portsInFiles: () => new Map([[40_000, '/etc/httpd/conf.d/zz-docksmith-2-gone.conf']]),
  });
  expect(findPortUsers(server, facts, { port: 40_000, protocol: 'tcp' })).toEqual({
    port: 40_000,
    protocol: 'tcp',
    records: ['container "wiki" (WebHostPort)', 'container "off" (WebHostPort), which is disabled'],
    published: [{ container: 'theirs', address: '127.0.0.1', ours: false }],
    listeners: [{ process: 'nginx (pid 8)', address: '127.0.0.1' }],
    isConnected: true,
    namedIn: '/etc/httpd/conf.d/zz-docksmith-2-gone.conf',
    isLocal: true,
  });
  expect(findPortUsers(server, facts, { port: 40_000, protocol: 'udp' }).records).toEqual(['container "dns"']);
  expect(findPortUsers(server, facts, { port: 1, protocol: 'tcp' })).toMatchObject({
    records: [],
    published: [],
    listeners: [],
    isConnected: false,
    namedIn: null,
    isLocal: false,
  });
});
