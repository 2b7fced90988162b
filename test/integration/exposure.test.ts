import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const LOCAL = '192.168.1.2';
const LOCAL6 = 'fd00:1::2';

interface Shown {
  readonly mismatches: number;
  readonly containers: readonly {
    name: string;
    mismatches: readonly string[];
    ports: readonly { port: number; reached: string; addresses: readonly string[]; mismatches: readonly string[] }[];
    addresses: readonly { mismatches: readonly string[] }[];
    urls: readonly { url: string; reached: string; mismatches: readonly string[] }[];
  }[];
}

needs('dockerd')('docksmith exposure, by a real engine with IPv6 and the real packet filter', () => {
  const machine = useMachine({
    addresses: [`${LOCAL}/24`, `${LOCAL6}/64`],
    args: ['--ipv6', '--fixed-cidr-v6', 'fd00:99::/64'],
  });
  let host: Host;

  beforeAll(async () => {
    await makeWebImage(machine.engine, 'web:80', 'web');
    await makeWebImage(machine.engine, 'web:9000', 'host', 9000);
    host = machine.makeHost({ env: {} });
    host.write('/etc/httpd/conf.d/.keep', '');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      `configuration set LocalIP ${LOCAL},${LOCAL6}`,
      `configuration set docker service status enabled Daemon foreign Socket ${machine.engine.socket}`,
      'configuration set httpd service status enabled Layout redhat',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'networks set fd00:1:: network Mask 64',
      'docker_containers set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80 access private SubDomain enabled WebPort 80',
      'docker_containers set shop service status enabled Image web:80 PortMapping custom PortMappingPorts 8081:80 access public',
      'docker_containers set mail service status enabled Image web:9000 TCPPort 9000 network host access private',
    );
    await host.runOrFail('signal-event', ['docker-update']);
  });
  async function show(...names: readonly string[]): Promise<Shown> {
    const { stdout, exitCode } = await host.run('docksmith', ['exposure', '--json', ...names]);
    const shown = JSON.parse(stdout) as Shown;
    expect(exitCode).toBe(shown.mismatches === 0 ? 0 : 1);
    return shown;
  }

  it('says that all is as declared after an event, in 80 columns', async () => {
    // what was made with bindings of IPv6 answers there
    expect(
      await machine.inside(
        'curl',
        '--silent',
        '--noproxy',
        '*',
        '--retry',
        '20',
        '--retry-connrefused',
        `http://[${LOCAL6}]:8080/`,
      ),
    ).toContain('I am ');
    const { exitCode, stdout } = await host.run('docksmith', ['exposure']);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('all is as declared\n')]);
    expect(stdout).toContain(`wiki: private, network bridge\n  8080: the local networks\n    address  `);
    expect(stdout).toContain('    filter   IPv4 192.168.1.0/24; IPv6 fd00:1::/64\n');
    expect(stdout).toContain(
      '  http://wiki.example.test/: the local networks\n    Apache   Require ip 127.0.0.0/8 ::1; Require ip ',
    );
    expect(stdout).toContain('shop: public, network bridge\n  8081: everybody\n');
    expect(stdout).toContain("mail: private, network host\n  9000, on the host's network: the local networks\n");
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const {
      containers: [wiki],
    } = await show('wiki');
    expect(wiki?.ports.map(({ port, addresses, reached }) => [port, [...addresses].sort(), reached])).toEqual([
      [8080, [LOCAL, LOCAL6, '127.0.0.1', '::1'].sort(), 'local networks'],
      [23_000, ['127.0.0.1'], 'this host'],
    ]);
  });

  it('says in words that a filter was flushed, and nothing after it was put back', async () => {
    await machine.inside('iptables', '-F', 'DOCKSMITH');
    await machine.inside('ip6tables', '-D', 'INPUT', '-j', 'DOCKSMITH-INPUT');
    const { containers } = await show();
    expect(containers.map(({ name, ports }) => [name, ...ports.flatMap(({ mismatches }) => mismatches)])).toEqual([
      ['mail', 'the IPv6 filter does not block it: INPUT does not lead to DOCKSMITH-INPUT'],
      ['shop'],
      [
        'wiki',
        'the IPv4 filter does not block it: DOCKSMITH has no rule for it',
        'the IPv6 filter does not block it: INPUT does not lead to DOCKSMITH-INPUT',
        'the IPv4 filter does not keep hosts on the same network from 127.0.0.1: DOCKSMITH has no rule for it',
      ],
    ]);
    expect(
      containers.map(({ name, addresses }) => [name, ...addresses.flatMap(({ mismatches }) => mismatches)]),
    ).toEqual([
      ['mail'],
      ['shop', 'the IPv4 filter does not block it: DOCKSMITH has no rule for it'],
      ['wiki', 'the IPv4 filter does not block it: DOCKSMITH has no rule for it'],
    ]);
    await host.runOrFail('docksmith', ['firewall']);
    expect((await show()).mismatches).toBe(0);
  });

  it('says that a container runs as it was made before, that one does not run, and that a vhost was opened by hand', async () => {
    await host.db(
      'docker_containers setprop shop access private',
      'docker_containers setprop wiki MaxMemory 64 Hostname wiki',
    );
    await host.runOrFail('expand-template', ['/etc/docksmith/containers/wiki.yaml']);
    await host.runOrFail('docksmith', ['stop', 'mail']);
    const vhost = '/etc/httpd/conf.d/zz-docksmith-2-wiki.conf';
    host.write(vhost, host.read(vhost).replace('<Location "/">\n', '<Location "/">\n        Require all granted\n'));
    const shown = Object.fromEntries(
      (await show()).containers.map(({ name, mismatches, ports, urls }) => [
        name,
        [...mismatches, ...ports.flatMap((port) => port.mismatches), ...urls.flatMap((url) => url.mismatches)],
      ]),
    );
    expect(shown['shop']).toEqual(
      expect.arrayContaining([
        'bound to every address',
        'the IPv4 filter does not block it: DOCKSMITH has no rule for it',
      ]),
    );
    expect(shown['wiki']).toEqual([
      'it runs with an older run spec',
      `${vhost} lets everybody in`,
      `${vhost} was changed by hand`,
    ]);
    expect(shown['mail']).toEqual(['it does not run (exited)', 'nothing listens there']);
    expect(await host.run('docksmith', ['exposure', 'wikki'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('did you mean "wiki"?') as string,
    });
  });
});
