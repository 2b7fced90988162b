import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeWebImage } from '../support/image.ts';
import type { Namespace } from '../support/namespace.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { runOrFail } from '../support/run.ts';

const LOCAL = '192.168.1.2';
const LOCAL6 = 'fd00:1::2';

interface Place {
  readonly container: string;
  readonly address: string;
  readonly port: number;
}

interface Shown {
  readonly mismatches: number;
  readonly containers: readonly {
    readonly name: string;
    readonly addresses: readonly {
      readonly address: string;
      readonly reached: string;
      readonly mismatches: readonly string[];
    }[];
  }[];
}

needs('dockerd')("a container's own address, from outside", () => {
  let foreign: Namespace;
  let neighbour: Namespace;
  const machine = useMachine({
    network: async (own) => {
      neighbour = await own.connect(`${LOCAL}/24`, '192.168.1.77/24', [`${LOCAL6}/64`, 'fd00:1::77/64']);
      foreign = await own.connect('203.0.113.1/24', '203.0.113.9/24', ['2001:db8::1/64', '2001:db8::9/64']);
      await own.run('sysctl', ['-q', '-w', 'net.ipv6.conf.all.forwarding=1']);
    },
    args: ['--ipv6', '--fixed-cidr-v6', 'fd00:99::/64'],
  });
  let host: Host;
  /** everything that answers by itself, of both families */
  let places: readonly Place[];

  beforeAll(async () => {
    await makeWebImage(machine.engine, 'web:80', 'web');
    await makeWebImage(machine.engine, 'web:9000', 'host', 9000);
    // one that was there before docksmith, with a bridge that the engine named
    await machine.engine.docker('network', 'create', 'legacy');
    host = machine.makeHost({ env: {} });
    host.write('/etc/httpd/conf.d/.keep', '');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      `configuration set LocalIP ${LOCAL},${LOCAL6}`,
      `configuration set docker service status enabled Daemon foreign Socket ${machine.engine.socket} Filter disabled`,
      'configuration set httpd service status enabled Layout redhat',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'networks set fd00:1:: network Mask 64',
      'docker_networks set back network Subnet 10.55.0.0/24,fd00:98::/64',
      'docker_networks set legacy network',
      'docker_containers set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80 access private',
      'docker_containers set notes service status enabled Image web:80 access private SubDomain enabled WebPort 80',
      'docker_containers set shop service status enabled Image web:80 PortMapping custom PortMappingPorts 8081:80 access public',
      'docker_containers set cellar service status enabled Image web:80 PortMapping custom PortMappingPorts 8082:80 access private network custom:back',
      'docker_containers set old service status enabled Image web:80 access private network custom:legacy',
      'docker_containers set app service status enabled Image web:80 access private Interlinked wiki',
      'docker_containers set mail service status enabled Image web:9000 TCPPort 9000 network host access private',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    places = (
      await Promise.all(
        ['wiki', 'notes', 'shop', 'cellar', 'old', 'app'].map(async (container) => {
          const {
            NetworkSettings: { Networks },
          } = (await machine.engine.inspect(container)) as {
            NetworkSettings: { Networks: Record<string, { IPAddress: string; GlobalIPv6Address: string }> };
          };
          return Object.values(Networks)
            .flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address])
            .filter((address) => address !== '')
            .map((address) => ({ container, address, port: 80 }));
        }),
      )
    ).flat();
  });
  const urlOf = ({ address, port }: Place): string =>
    `http://${address.includes(':') ? `[${address}]` : address}:${port}/`;

  /** Whether the web server answers; what is dropped never does, however long one waits. */
  async function isAnswered(from: Namespace, url: string, expected: boolean): Promise<boolean> {
    const limit = expected
      ? ['--retry', '20', '--retry-connrefused', '--retry-delay', '1', '--max-time', '30']
      : ['--connect-timeout', '1', '--max-time', '2'];
    const { exitCode, stdout } = await from.run('curl', ['--silent', '--noproxy', '*', ...limit, url]);
    return exitCode === 0 && stdout.startsWith('I am ');
  }
  /** Those of the URLs that do not behave as expected. */
  async function listOthers(from: Namespace, urls: readonly string[], expected: boolean): Promise<readonly string[]> {
    const found = await Promise.all(
      urls.map(async (url) => ((await isAnswered(from, url, expected)) === expected ? [] : [url])),
    );
    return found.flat();
  }
  /** Where Apache finds the one that is bound to loopback. */
  async function backEnd(): Promise<string> {
    const {
      NetworkSettings: { Ports },
    } = (await machine.engine.inspect('notes')) as {
      NetworkSettings: { Ports: Record<string, readonly { HostPort: string }[]> };
    };
    return `http://127.0.0.1:${Ports['80/tcp']?.[0]?.HostPort ?? ''}/`;
  }
  async function show(): Promise<Shown> {
    const { stdout, exitCode } = await host.run('docksmith', ['exposure', '--json']);
    const shown = JSON.parse(stdout) as Shown;
    expect(exitCode, stdout).toBe(shown.mismatches === 0 ? 0 : 1);
    return shown;
  }
  const PUBLIC = ['http://203.0.113.1:8081/', `http://${LOCAL}:8081/`, 'http://[2001:db8::1]:8081/'];
  const PRIVATE = [
    `http://${LOCAL}:8080/`,
    `http://[${LOCAL6}]:8080/`,
    `http://${LOCAL}:8082/`,
    `http://[${LOCAL6}]:8082/`,
    'http://203.0.113.1:8080/',
    'http://203.0.113.1:9000/',
    'http://[2001:db8::1]:9000/',
  ];

  it('answers everybody without the filter, over IPv4 and IPv6, and exposure shows it', async () => {
    expect(places.map(({ container }) => container).sort()).toEqual(
      ['app', 'cellar', 'cellar', 'notes', 'notes', 'old', 'shop', 'shop', 'wiki', 'wiki', 'wiki'].sort(),
    );
    await machine.inside('iptables', '-P', 'FORWARD', 'ACCEPT');
    // those of networks apart are kept by the engine's own rules where nothing is published there
    expect(
      await listOthers(
        foreign,
        places.filter(({ container }) => ['wiki', 'shop', 'cellar'].includes(container)).map(urlOf),
        true,
      ),
    ).toEqual([]);
    const { containers } = await show();
    expect(
      containers
        .flatMap(({ addresses }) => addresses.map(({ reached }) => reached))
        .every((reached) => reached === 'everybody'),
    ).toBe(true);
  });

  it.each(['ACCEPT', 'DROP'])(
    'is refused with the filter, whatever else is forwarded (%s); what is published and what containers ask for goes on',
    async (policy) => {
      await host.db('configuration setprop docker Filter enabled');
      await host.runOrFail('signal-event', ['docker-update']);
      for (const program of ['iptables', 'ip6tables']) await machine.inside(program, '-P', 'FORWARD', policy);

      expect(await listOthers(foreign, [...places.map(urlOf), ...PRIVATE], false)).toEqual([]);
      expect(await listOthers(foreign, PUBLIC, true)).toEqual([]);
      expect(
        await listOthers(
          neighbour,
          [...PRIVATE.filter((url) => !url.includes('203.') && !url.includes('2001')), ...PUBLIC],
          true,
        ),
      ).toEqual([]);
      expect(
        await listOthers(
          machine.namespace,
          [...places.map(urlOf), 'http://127.0.0.1:8080/', 'http://[::1]:8080/', 'http://127.0.0.1:9000/'],
          true,
        ),
      ).toEqual([]);
      // Apache's way to the one that is bound to loopback
      expect(await listOthers(machine.namespace, [await backEnd()], true)).toEqual([]);

      // containers ask each other, on one bridge and by a name, and what is outside
      await machine.engine.docker(
        'exec',
        'notes',
        'wget',
        '-q',
        '-O-',
        `http://${places.find(({ container }) => container === 'shop')?.address ?? ''}/`,
      );
      await machine.engine.docker('exec', 'app', 'wget', '-q', '-O-', 'http://wiki/');
      const served = foreign.run('timeout', [
        '20',
        'busybox',
        'nc',
        '-l',
        '-p',
        '7777',
        '-e',
        '/bin/echo',
        'I am outside',
      ]);
      expect(
        await machine.engine.docker(
          'exec',
          'old',
          'sh',
          '-c',
          'for i in 1 2 3 4 5 6 7 8 9; do nc 203.0.113.9 7777 </dev/null && exit 0; sleep 1; done; exit 1',
        ),
      ).toContain('I am outside');
      await served;
      expect((await show()).mismatches).toBe(0);
      // and a second event sees nothing to do in that
      expect(await host.runOrFail('signal-event', ['docker-update'])).not.toContain('packet filter');
    },
  );

  it('lets a neighbour of the local networks route there, where forwarding is let through at all', async () => {
    for (const program of ['iptables', 'ip6tables']) await machine.inside(program, '-P', 'FORWARD', 'ACCEPT');
    expect(
      await listOthers(
        neighbour,
        places
          .filter(({ container }) => container === 'wiki')
          .map(urlOf)
          .slice(0, 2),
        true,
      ),
    ).toEqual([]);
  });

  it('is not reached by way of the loopback address that a port is bound to', async () => {
    // a host that sends packets for 127.0.0.1 over its wire
    await runOrFail(
      ...foreign.command('sysctl', [
        '-q',
        '-w',
        'net.ipv4.conf.all.route_localnet=1',
        'net.ipv4.conf.eth0.route_localnet=1',
      ]),
    );
    await runOrFail(...foreign.command('ip', ['addr', 'del', '127.0.0.1/8', 'dev', 'lo']));
    await runOrFail(
      ...foreign.command('ip', ['route', 'add', '127.0.0.1/32', 'via', '203.0.113.1', 'src', '203.0.113.9']),
    );
    const url = await backEnd();
    expect(await isAnswered(foreign, url, false)).toBe(false);
    await machine.inside(
      'iptables',
      '-D',
      'DOCKSMITH',
      '-m',
      'conntrack',
      '--ctstate',
      'DNAT',
      '--ctorigdst',
      '127.0.0.0/8',
      '-j',
      'DROP',
    );
    expect(await isAnswered(foreign, url, true)).toBe(true);
    const { stdout, exitCode } = await host.run('docksmith', ['exposure', 'notes']);
    expect([exitCode, stdout.replace(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining(
        'the IPv4 filter does not keep hosts on the same network from 127.0.0.1: DOCKSMITH has no rule for it',
      ),
    ]);
    await host.runOrFail('docksmith', ['filter']);
    expect(await isAnswered(foreign, url, false)).toBe(false);
  });

  it('is refused again after a restart of the machine.engine, and after a flush that exposure tells of', async () => {
    await machine.inside('iptables', '-F', 'DOCKSMITH');
    const shown = await show();
    expect(shown.containers.find(({ name }) => name === 'notes')?.addresses[0]).toMatchObject({
      reached: 'everybody',
      mismatches: ['the IPv4 filter does not block it: DOCKSMITH has no rule for it'],
    });
    await host.runOrFail('signal-event', ['docker-boot']);
    expect((await show()).mismatches).toBe(0);
    await machine.engine.shutDown();
    await machine.engine.startAgain();
    expect(await listOthers(foreign, places.map(urlOf), false)).toEqual([]);
  });

  it('is refused on a network that is made after the filter was set', async () => {
    await host.db(
      'docker_networks set late network',
      'docker_containers set last service status enabled Image web:80 access private network custom:late PortMapping custom PortMappingPorts 8090:80',
    );
    await host.runOrFail('signal-event', ['docker-container-update', 'last']);
    const {
      NetworkSettings: { Networks },
    } = (await machine.engine.inspect('last')) as {
      NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
    };
    expect(await isAnswered(machine.namespace, `http://${Networks['late']?.IPAddress ?? ''}/`, true)).toBe(true);
    expect(await isAnswered(foreign, `http://${Networks['late']?.IPAddress ?? ''}/`, false)).toBe(false);
    expect(
      (await show()).containers.find(({ name }) => name === 'last')?.addresses.map(({ reached }) => reached),
    ).toEqual(['local networks']);
  });
});
