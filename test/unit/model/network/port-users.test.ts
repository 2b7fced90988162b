import { describe, expect, it } from 'vitest';
import { containerPorts, foreignUser, portFinder, servicePorts } from '../../../../src/model/network/port-users.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

describe('servicePorts', () => {
  const named = (...args: Parameters<typeof servicePorts> | [Parameters<typeof servicePorts>[0]]): readonly string[] =>
    servicePorts(args[0], args[1] ?? factsWith()).map(({ port, protocol, who }) => `${port}/${protocol} ${who}`);

  it('are those of services that are not disabled', () => {
    const server = serverWith(
      {},
      {
        sshd: { status: 'enabled', TCPPort: '22' },
        named: { UDPPort: '53', TCPPorts: '53,953' },
        ftp: { status: 'disabled', TCPPort: '21' },
        odd: { TCPPort: 'x' },
      },
    );
    expect(named(server)).toEqual([
      '80/tcp service "httpd" (TCPPort) of db configuration',
      '443/tcp service "httpd" (SSLPort) of db configuration',
      '53/tcp service "named" (TCPPorts) of db configuration',
      '953/tcp service "named" (TCPPorts) of db configuration',
      '53/udp service "named" (UDPPort) of db configuration',
      '22/tcp service "sshd" (TCPPort) of db configuration',
    ]);
  });

  it('has the default ports of an Apache that is there, enabled or not set, and not of one that is not', () => {
    const port80 = '80/tcp service "httpd" (TCPPort) of db configuration';
    expect(named(serverWith({}, { httpd: { TCPPort: '' } }))).toContain(port80);
    expect(named(serverWith({}, { httpd: { status: 'disabled' } }))).toEqual([]);
    const bare = factsWith({ host: { ...factsWith().host, apacheLayout: undefined } });
    expect(named(serverWith({}, { httpd: {} }), bare)).toEqual([]);
    expect(named(serverWith({}, { httpd: { TCPPort: '80' } }), bare)).toEqual([port80]);
  });
});

describe('containerPorts', () => {
  const server = serverWith(
    {
      a: { TCPPort: '8080' },
      b: { TCPPort: '8080', WebHostPort: '47000' },
      c: { TCPPort: '82', status: 'disabled' },
      d: { TCPPort: 'broken' },
    },
    { sshd: { TCPPort: '22', status: 'enabled' } },
  );

  it('are those of enabled containers, web ports included', () => {
    expect(containerPorts(server, factsWith()).map(({ port, who }) => `${port} ${who}`)).toEqual([
      '8080 container "a"',
      '8080 container "b"',
      '47000 container "b" (WebHostPort)',
    ]);
  });

  it('are found by their number and protocol, with services and without the container that asks', () => {
    const find = portFinder(server, factsWith());
    const tcp = (port: number, except: string): string | undefined => find({ port, protocol: 'tcp' }, except)?.who;
    expect([
      tcp(8080, 'a'),
      tcp(8080, 'b'),
      tcp(8080, 'd'),
      tcp(47_000, 'b'),
      tcp(82, 'a'),
      tcp(22, 'a'),
      find({ port: 80, protocol: 'udp' }, 'd'),
    ]).toEqual([
      'container "b"',
      'container "a"',
      'container "a"',
      undefined,
      undefined,
      'service "sshd" (TCPPort) of db configuration',
      undefined,
    ]);
  });
});

describe('foreignUser', () => {
  const server = serverWith({ ours: {}, off: { status: 'disabled' } });
  const find = (
    facts: Parameters<typeof factsWith>[0],
    addresses?: readonly string[],
    protocol: 'tcp' | 'udp' = 'tcp',
  ): string | undefined => foreignUser(server, factsWith(facts), { port: 80, protocol }, addresses);
  const published = (container: string, ours: boolean): Parameters<typeof factsWith>[0] => ({
    publishedPorts: [{ protocol: 'tcp', address: '0.0.0.0', port: 80, container, ours }],
  });

  it('is a container of others, even under a name of ours', () => {
    expect(find(published('theirs', false))).toBe('container "theirs", which is not docksmith\'s');
    expect(find(published('ours', false))).toBe('container "ours", which is not docksmith\'s');
  });

  it('is an orphan of ours, and says how to get rid of it', () => {
    expect(find(published('gone', true))).toMatch(/^container "gone", whose record is gone \(.*--remove-orphans/);
  });

  it('is no container that has a record: that one is ours to move', () => {
    expect(
      find({
        ...published('off', true),
        listeners: [{ protocol: 'tcp', address: '0.0.0.0', port: 80, process: 'docker-proxy (pid 3)' }],
      }),
    ).toBeUndefined();
  });

  const listener = { protocol: 'tcp', address: '192.168.1.2', port: 80, process: 'nginx (pid 812)' } as const;
  it('is a process that listens on one of the addresses, or on all', () => {
    expect(find({ listeners: [listener] })).toBe('nginx (pid 812) that listens on 192.168.1.2 port 80');
    expect(find({ listeners: [listener] }, ['192.168.1.2', '127.0.0.1'])).toBe(
      'nginx (pid 812) that listens on 192.168.1.2 port 80',
    );
    expect(find({ listeners: [listener] }, ['127.0.0.1'])).toBeUndefined();
    expect(find({ listeners: [{ ...listener, address: '::' }] }, ['127.0.0.1'])).toMatch(/^nginx/);
    expect(find({ listeners: [listener] }, undefined, 'udp')).toBeUndefined();
    expect(find({ listeners: [{ protocol: 'tcp', address: '0.0.0.0', port: 80 }] })).toBe(
      'a process that listens on 0.0.0.0 port 80',
    );
  });

  it('is no proxy of an engine that does not answer', () => {
    expect(find({ listeners: [{ ...listener, process: 'docker-proxy (pid 9)' }] })).toBeUndefined();
  });
});
