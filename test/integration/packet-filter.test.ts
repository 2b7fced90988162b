import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeWebImage } from '../support/image.ts';
import type { Namespace } from '../support/namespace.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const LOCAL = '192.168.1.2';
const LOCAL6 = 'fd00:1::2';

needs('dockerd')('a private port, from outside', () => {
  let foreign: Namespace;
  let neighbour: Namespace;
  const machine = useMachine({
    network: async (own) => {
      // who has an address of the local network, and who has not; of IPv6 both
      neighbour = await own.connect(`${LOCAL}/24`, '192.168.1.77/24', [`${LOCAL6}/64`, 'fd00:1::77/64']);
      foreign = await own.connect('203.0.113.1/24', '203.0.113.9/24', ['2001:db8::1/64', '2001:db8::9/64']);
    },
    clears: true,
  });
  let host: Host;

  beforeAll(async () => {
    await makeWebImage(machine.engine, 'web:80', 'web');
    await makeWebImage(machine.engine, 'web:9000', 'host', 9000);
  });
  beforeEach(async () => {
    host = machine.makeHost({ env: {} });
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      `configuration set LocalIP ${LOCAL}`,
      `configuration set docker service status enabled Daemon foreign Socket ${machine.proxy.socket} Filter disabled`,
      'configuration set httpd service status disabled',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'networks set fd00:1:: network Mask 64',
    );
  });
  afterEach(async () => {
    await setFilter('disabled');
    await update();
  });

  const update = (...more: readonly string[]): Promise<string> =>
    host.runOrFail('signal-event', [...more, 'docker-update']);
  const setFilter = (value: string): Promise<string> =>
    host.runOrFail('db', ['configuration', 'setprop', 'docker', 'Filter', value]);

  /** Whether the web server answers; what is dropped never does, however long one waits. */
  async function isAnswered(from: Namespace, url: string, expected: boolean): Promise<boolean> {
    const limit = expected
      ? ['--retry', '20', '--retry-connrefused', '--retry-delay', '1', '--max-time', '30']
      : ['--connect-timeout', '1', '--max-time', '2'];
    const { exitCode, stdout } = await from.run('curl', ['--silent', '--noproxy', '*', ...limit, url]);
    return exitCode === 0 && stdout.startsWith('I am ');
  }
  const expectAnswer = async (from: Namespace, url: string): Promise<void> =>
    expect(await isAnswered(from, url, true), url).toBe(true);
  const expectSilence = async (from: Namespace, url: string): Promise<void> =>
    expect(await isAnswered(from, url, false), url).toBe(false);

  it("is refused on the host's own network, where no rule of the engine applies, over IPv4 and IPv6", async () => {
    await host.db(
      'docker_containers set mail service status enabled Image web:9000 TCPPort 9000 network host access private',
    );
    const urls = [`http://${LOCAL}:9000/`, 'http://203.0.113.1:9000/', `http://[${LOCAL6}]:9000/`];
    await update();
    for (const url of urls) await expectAnswer(foreign, url);
    await setFilter('enabled');
    await update();
    for (const url of urls) await expectSilence(foreign, url);
    await expectAnswer(neighbour, `http://${LOCAL}:9000/`);
    await expectAnswer(neighbour, `http://[${LOCAL6}]:9000/`);
    await expectAnswer(machine.namespace, 'http://127.0.0.1:9000/');
    await machine.inside('ip6tables', '-F');
    await expectAnswer(foreign, `http://[${LOCAL6}]:9000/`);
    expect(await host.runOrFail('signal-event', ['docker-boot'])).toContain('packet filter IPv6 set: ');
    await expectSilence(foreign, `http://[${LOCAL6}]:9000/`);
  });

  it('is refused over IPv4 and IPv6 where it is bound to addresses of both, and answered on loopback of both', async () => {
    await host.db(
      `configuration set LocalIP ${LOCAL},${LOCAL6}`,
      'docker_containers set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80 access private',
    );
    const urls = [`http://${LOCAL}:8080/`, `http://[${LOCAL6}]:8080/`] as const;
    await update();
    const bindings =
      (
        (await machine.engine.inspect('wiki')) as {
          HostConfig: { PortBindings: Record<string, readonly { HostIp: string }[]> };
        }
      ).HostConfig.PortBindings['80/tcp'] ?? [];
    expect(bindings.map(({ HostIp }) => HostIp).sort()).toEqual([LOCAL, LOCAL6, '127.0.0.1', '::1'].sort());
    for (const url of urls) await expectAnswer(foreign, url);
    await setFilter('enabled');
    expect(await update()).toContain('packet filter IPv6 set: not there\n');
    for (const url of urls) await expectSilence(foreign, url);
    for (const url of urls) await expectAnswer(neighbour, url);
    for (const url of ['http://127.0.0.1:8080/', 'http://[::1]:8080/']) await expectAnswer(machine.namespace, url);
    // and a second event sees nothing to do in that
    expect(await update()).toContain('S50docker-reconcile: nothing to do\n');
  });

  it('is left alone in a folder without a network of its own, and said so once', async () => {
    const bare = makeHost();
    await bare.db(
      `configuration set LocalIP ${LOCAL}`,
      `configuration set docker service status enabled Daemon foreign Socket ${machine.proxy.socket}`,
      'configuration set httpd service status disabled',
      'docker_containers set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80',
    );
    // no engine step here: what the machine's own addresses are is not ours to use
    const said = await bare.runOrFail('docksmith', ['firewall', '--dry-run']);
    expect(said).toBe(
      'packet filter IPv4 left alone, since this host is laid out in a folder and has no network of its own (ip netns)\npacket filter IPv6 left alone, since this host is laid out in a folder and has no network of its own (ip netns)\n',
    );
    bare.stop();
  });

  // last, since an engine whose own chains somebody removed starts no more containers
  it('is refused, and a public one answered, where without the filter both were; again after a flush; rules of others stay', async () => {
    const [priv, pub] = [`http://${LOCAL}:8080/`, `http://${LOCAL}:8081/`] as const;
    await host.db(
      'docker_containers set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80 access private',
      'docker_containers set shop service status enabled Image web:80 PortMapping custom PortMappingPorts 8081:80 access public',
    );
    await machine.inside('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '4444', '-j', 'DROP');
    await update();
    await expectAnswer(foreign, priv);
    await expectAnswer(foreign, pub);

    await setFilter('enabled');
    expect(await update('--dry-run')).toContain('packet filter IPv4 would be set: not there\n');
    expect(await machine.inside('iptables-save')).not.toContain('DOCKSMITH');
    expect(await update()).toContain('S30docker-filter: packet filter IPv4 set: not there\n');
    await expectSilence(foreign, priv);
    await expectAnswer(foreign, pub);
    await expectAnswer(neighbour, priv);
    await expectAnswer(machine.namespace, priv);

    // the second time nothing is said or done
    const before = await machine.inside('iptables-save');
    expect(await update()).not.toContain('packet filter');
    expect(await host.runOrFail('docksmith', ['firewall'])).toBe(
      'packet filter IPv4 in place\npacket filter IPv6 in place\n',
    );
    const withoutNumbers = (text: string): string => text.replace(/^#.*$/gm, '').replace(/\[\d+:\d+\]/g, '');
    expect(withoutNumbers(await machine.inside('iptables-save'))).toBe(withoutNumbers(before));

    // a firewall that starts anew: it flushes everything, and lets everything through
    for (const [n, flush] of [
      [['-F'], ['-P', 'FORWARD', 'ACCEPT']],
      [['-F'], ['-X'], ['-P', 'FORWARD', 'ACCEPT']],
      [['-t', 'nat', '-F'], ['-F'], ['-P', 'FORWARD', 'ACCEPT']],
    ].entries()) {
      for (const args of flush) await machine.inside('iptables', ...args);
      await expectAnswer(foreign, priv);
      await machine.inside('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '4444', '-j', 'DROP');
      expect(await update(), String(n)).toContain('packet filter IPv4 set: ');
      await expectSilence(foreign, priv);
      await expectAnswer(foreign, pub);
      await expectAnswer(neighbour, priv);
      expect(await machine.inside('iptables', '-S', 'INPUT')).toContain('--dport 4444 -j DROP');
    }

    // one rule taken out by hand
    await machine.inside('iptables', '-D', 'DOCKSMITH-INPUT', '-i', 'lo', '-j', 'RETURN');
    expect(await host.runOrFail('docksmith', ['firewall'])).toBe(
      'packet filter IPv4 set: others changed it\npacket filter IPv6 in place\n',
    );

    await setFilter('disabled');
    expect(await update()).toContain('packet filter IPv4 removed: there are no private ports to protect\n');
    const after = await machine.inside('iptables-save');
    expect(after).not.toContain('DOCKSMITH');
    expect(after).toContain('--dport 4444 -j DROP');
    await expectAnswer(foreign, priv);
    await machine.inside('iptables', '-D', 'INPUT', '-p', 'tcp', '--dport', '4444', '-j', 'DROP');
  });
});
