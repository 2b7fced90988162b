import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { detectHost, readTraces, type Traces } from '../../../src/host/detect.ts';
import { findPaths } from '../../../src/base/paths.ts';

const NO_TRACES: Traces = { hostName: '', hostnameFile: '', hostsFile: '', resolvFile: '', addresses: [], sockets: [] };

function detect(traces: Partial<Traces>): ReturnType<typeof detectHost> {
  return detectHost({ ...NO_TRACES, ...traces });
}

describe('the names of a host', () => {
  it.each<[string, Partial<Traces>, string | undefined, string | undefined]>([
    ['the host name with its domain', { hostName: 'Host.Example.test' }, 'host', 'example.test'],
    [
      '/etc/hostname before the kernel, which a container of a build names otherwise',
      { hostName: 'builder', hostnameFile: '# name\nhost\n' },
      'host',
      undefined,
    ],
    [
      'the full name in /etc/hosts',
      {
        hostName: 'host',
        hostsFile: '127.0.0.1 localhost localhost.localdomain\n192.168.1.2 host.example.test host # me\n',
      },
      'host',
      'example.test',
    ],
    [
      'not the domain of another host',
      { hostName: 'host', hostsFile: '192.168.1.3 hosting.other.test hosting\n' },
      'host',
      undefined,
    ],
    [
      'the search list of the resolver',
      { hostName: 'host', resolvFile: 'nameserver 192.168.1.1\nsearch . lan.example.test other.test\n' },
      'host',
      'lan.example.test',
    ],
    ['its domain', { hostName: 'host', resolvFile: 'domain example.test.\n' }, 'host', 'example.test'],
    [
      'nothing where there is only what every host is called',
      {
        hostName: 'localhost',
        hostnameFile: 'localhost.localdomain\n',
        hostsFile: '127.0.0.1 localhost.localdomain localhost\n',
      },
      undefined,
      undefined,
    ],
    ['nothing that is no name', { hostName: 'my_host!' }, undefined, undefined],
  ])('are taken from %s', (_, traces, systemName, domainName) => {
    expect(detect(traces)).toMatchObject({ systemName, domainName });
  });
});

describe('the local address and network', () => {
  const address = (text: string, name: string): Traces['addresses'][number] => {
    const [ip = '', prefix] = text.split('/');
    return { address: ip, prefix: Number(prefix), interface: name };
  };
  const detectFrom = (...addresses: Traces['addresses']): ReturnType<typeof detectHost> => detect({ addresses });

  it('are the private ones of the one real interface', () => {
    const found = detectFrom(
      address('fd00::2/64', 'eth0'),
      address('192.168.1.2/24', 'eth0'),
      address('172.17.0.1/16', 'docker0'),
      address('172.30.0.1/16', 'br-0123456789ab'),
      address('192.168.122.1/24', 'virbr0'),
      address('10.8.0.1/24', 'tun0'),
    );
    expect(found).toMatchObject({
      localIP: '192.168.1.2',
      localNetworks: [
        { address: '192.168.1.0', mask: '255.255.255.0' },
        { address: 'fd00::', mask: '64' },
      ],
      undecided: [],
    });
  });

  it("stand on a bridge too, where it is the host's own", () => {
    expect(detectFrom(address('10.0.0.2/8', 'br0')).localIP).toBe('10.0.0.2');
  });

  it('are never public', () => {
    expect(detectFrom(address('203.0.113.5/24', 'eth0'), address('2001:db8::5/64', 'eth0'))).toMatchObject({
      localIP: undefined,
      localNetworks: [],
    });
    expect(detectFrom(address('203.0.113.5/24', 'eth0'), address('192.168.1.1/24', 'eth1')).localIP).toBe(
      '192.168.1.1',
    );
  });

  it('are left open where there are two, since the wrong one would be let in', () => {
    const candidates = [address('192.168.1.1/24', 'eth1'), address('10.0.0.2/24', 'eth0')];
    expect(detectFrom(...candidates)).toMatchObject({ localIP: undefined, localNetworks: [], undecided: candidates });
  });

  it('hold no network where the address has no neighbours', () => {
    expect(detectFrom(address('10.0.0.2/32', 'eth0'))).toMatchObject({ localIP: '10.0.0.2', localNetworks: [] });
  });
});

describe('traces', () => {
  it("are read under the root, and the engine's socket where DOCKER_HOST has it", async () => {
    const root = mkdtempSync(path.join(os.tmpdir(), 'docksmith-traces-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(path.join(root, 'etc'));
    writeFileSync(path.join(root, 'etc/hostname'), 'host\n');
    const socket = path.join(root, 'engine.sock');
    const server = createServer().listen(socket);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const traces = readTraces(findPaths({ DOCKSMITH_ROOT: root }), { DOCKER_HOST: `unix://${socket}` });
    expect(traces).toMatchObject({ hostnameFile: 'host\n', hostsFile: '' });
    expect(detectHost(traces).engineSocket).toBe(socket);
    expect(
      readTraces(findPaths({ DOCKSMITH_ROOT: root }), { DOCKER_HOST: `unix://${root}/none.sock` }).sockets,
    ).not.toContain(`${root}/none.sock`);
  });
});
