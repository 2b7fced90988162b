import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startApache } from '../support/apache.ts';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeWebImage } from '../support/image.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { writeRestartScript } from '../support/restart-script.ts';
import { runOrFail } from '../support/run.ts';

const OUTSIDE = '203.0.113.1';
const MISSING = "PREROUTING of nat does not lead to the engine's rules";

/** As an SME Server's `masq` begins: everything of all tables goes, and what comes in is dropped. */
const FLUSH = `for table in filter nat mangle; do iptables -t $table -F; iptables -t $table -X; done
iptables -P INPUT DROP; iptables -P FORWARD DROP; iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`;

needs('dockerd')('what a firewall of others has flushed', () => {
  let namespace: Namespace;
  let foreign: Namespace;
  let host: Host;
  let engine: Dockerd;

  beforeAll(async () => {
    namespace = await makeNamespace();
    foreign = await namespace.connect(`${OUTSIDE}/24`, '203.0.113.9/24');
    await namespace.connect('192.168.1.2/24', '192.168.1.77/24');
    host = makeHost({ namespace });
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 192.168.1.2',
      `configuration set docker service status enabled Socket ${host.file('/run/docker.sock')} DataRoot ${host.file('/data')}`,
      'configuration set httpd service status disabled',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
    );
    host.writeFragment(
      '/etc/docker/daemon.json',
      '99ipv6',
      JSON.stringify({ ipv6: true, 'fixed-cidr-v6': 'fd00:17::/64', experimental: true, ip6tables: true }),
    );
    mkdirSync(host.file('/run'), { recursive: true });
    await host.runOrFail('signal-event', ['post-install']);
    engine = await startDockerd({
      namespace,
      configFile: host.file('/etc/docker/daemon.json'),
      socket: host.file('/run/docker.sock'),
      args: host
        .read('/etc/sysconfig/docker')
        .split('\n')
        .flatMap((line) => /^OPTIONS="?(.*?)"?$/.exec(line)?.[1]?.split(' ') ?? [])
        .filter((word) => word !== ''),
    });
    await makeWebImage(engine, 'web:80', 'web');
    await host.db(
      'docker_containers set shop service status enabled Image web:80 PortMapping custom PortMappingPorts 8081:80 access public',
      'docker_containers set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80 access private',
    );
    writeRestartScript(host, engine);
    await host.runOrFail('signal-event', ['docker-update']);
  });
  afterAll(async () => {
    await engine.stop();
    host.stop();
    namespace.remove();
  });

  const inside = (...command: readonly [string, ...string[]]): Promise<string> =>
    runOrFail(...namespace.command(command[0], command.slice(1)));
  const isAnswered = async (url: string): Promise<boolean> => {
    const limits = ['--connect-timeout', '1', '--max-time', '3'];
    return (await foreign.run('curl', ['--silent', '--noproxy', '*', ...limits, url])).exitCode === 0;
  };
  const [pub, priv] = [`http://${OUTSIDE}:8081/`, `http://192.168.1.2:8080/`];
  const listStarts = (): Promise<string> =>
    engine.docker('inspect', '--format', '{{.Name}} {{.Id}} {{.State.StartedAt}}', 'shop', 'wiki');

  it('is said by status, exposure and doctor, and put back by one event: the public port is reached, the private one not, and no container stops', async () => {
    expect(await isAnswered(pub)).toBe(true);
    expect(await isAnswered(priv)).toBe(false);
    expect((await host.run('docksmith', ['exposure', 'shop'])).exitCode).toBe(0);
    const before = await listStarts();

    await inside('sh', '-c', FLUSH);
    expect(await isAnswered(pub)).toBe(false);
    expect((await host.run('docksmith', ['exposure', 'shop'])).stdout.replace(/\s+/g, ' ')).toContain(MISSING);
    expect((await host.run('docksmith', ['status'])).stdout.replace(/\s+/g, ' ')).toContain(`shop: ${MISSING}`);
    expect((await host.run('docksmith', ['doctor'])).stdout.replace(/\s+/g, ' ')).toContain(
      `the kernel has lost rules of the engine: ${MISSING}`,
    );
    expect(await host.runOrFail('docksmith', ['firewall', '--dry-run'])).toContain('engine would be restarted: ');

    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      `S30docker-filter: engine restarted, no container stopped: ${MISSING}`,
    );
    expect(await isAnswered(pub)).toBe(true);
    expect(await isAnswered(priv)).toBe(false);
    expect(await listStarts()).toBe(before);
    expect((await host.run('docksmith', ['exposure', 'shop'])).exitCode).toBe(0);

    // and the command alone, for who puts it behind a firewall's own start
    await inside('sh', '-c', FLUSH);
    expect(await host.runOrFail('docksmith', ['firewall'])).toContain('engine restarted, no container stopped: ');
    expect(await isAnswered(pub)).toBe(true);
    expect(await isAnswered(priv)).toBe(false);
    // nothing more to do
    expect(await host.runOrFail('docksmith', ['firewall'])).not.toContain('engine');
  });

  it('is that of IPv6 as well, where the engine keeps rules for it: a way and single rules', async () => {
    const before = await listStarts();
    await inside('sh', '-c', 'ip6tables -t nat -F PREROUTING');
    const lost = `${MISSING} for IPv6`;
    expect((await host.run('docksmith', ['exposure', 'shop'])).stdout.replace(/\s+/g, ' ')).toContain(lost);
    // its only port is one of IPv4
    expect((await host.run('docksmith', ['exposure', 'wiki'])).stdout.replace(/\s+/g, ' ')).not.toContain(lost);
    expect(await host.runOrFail('docksmith', ['firewall'])).toContain(`no container stopped: ${lost}`);
    expect((await host.run('docksmith', ['exposure', 'shop'])).exitCode).toBe(0);

    await inside('sh', '-c', 'for table in filter nat; do ip6tables -t $table -F; ip6tables -t $table -X; done');
    expect((await host.run('docksmith', ['doctor'])).stdout.replace(/\s+/g, ' ')).toContain(
      'no rule for port 8081 of IPv6',
    );
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(`no container stopped: ${lost}`);
    expect(await inside('ip6tables', '-t', 'nat', '-S', 'DOCKER')).toMatch(/--dport 8081 -j DNAT/);
    expect(await host.runOrFail('docksmith', ['firewall'])).not.toContain('engine');
    expect(await listStarts()).toBe(before);
  });

  it('is one rule alone: its port is named, and a restart that does not help is not tried again', async () => {
    const { exitCode } = await namespace.run('sh', [
      '-c',
      'iptables -t nat -D DOCKER $(iptables -t nat -S DOCKER | sed -n "s/^-A DOCKER \\(.*--dport 8081.*\\)/\\1/p")',
    ]);
    expect(exitCode).toBe(0);
    expect((await host.run('docksmith', ['exposure', 'shop'])).stdout).toContain('no rule for port 8081');
    const configuration = host.read('/var/lib/docksmith/db/configuration');
    host.write(
      '/var/lib/docksmith/db/configuration',
      configuration.replace(/\|RestartCommand\|[^|]*/, '|RestartCommand|true'),
    );
    expect(await host.runOrFail('docksmith', ['firewall'])).toContain('engine restarted');
    const { stdout, stderr } = await host.run('docksmith', ['firewall']);
    expect(stdout).not.toContain('engine restarted');
    expect(stderr).toContain(
      'no rule for port 8081; restart the engine, which puts them back: docksmith does not, since it was restarted for them before',
    );
  });

  it('is left to the admin where containers would stop with the engine, and to the admin of a foreign one', async () => {
    const configuration = host.read('/var/lib/docksmith/db/configuration');
    await host.db('configuration setprop docker LiveRestore disabled');
    const before = await listStarts();
    await inside('sh', '-c', FLUSH);
    expect((await host.run('docksmith', ['firewall'])).stderr).toContain(
      'that would stop shop, wiki (no live-restore)',
    );
    host.write('/var/lib/docksmith/db/configuration', configuration);
    await host.db('configuration setprop docker Daemon foreign');
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain(
      'its admin manages it (Daemon foreign)',
    );
    expect(await listStarts()).toBe(before);
  });
});

needs('apache', 'dockerd')('an Apache that does not include the files of the vhosts', () => {
  it('is named by the event that wrote them, by status, doctor and exposure, with the remedy, until it does', async () => {
    const namespace = await makeNamespace();
    const engine = await startDockerd({ namespace });
    const host = makeHost({ namespace, env: { DOCKER_HOST: `unix://${engine.socket}` } });
    const apache = await startApache({ namespace, include: [host.file('/included/*.conf')] });
    onTestFinished(async () => {
      await apache.stop();
      host.stop();
      await engine.stop();
      namespace.remove();
    });
    await makeWebImage(engine, 'web:80', 'web');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 127.0.0.1',
      `configuration set docker service status enabled Daemon foreign Socket ${engine.socket} Filter disabled`,
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'docker_containers set wiki service status enabled Image web:80 SubDomain enabled WebPort 80 access private',
      'docker_containers set shop service status enabled Image web:80 WebAlias shop WebPort 80 access public',
    );
    host.write(
      '/var/lib/docksmith/db/configuration',
      `${host.read('/var/lib/docksmith/db/configuration').trimEnd()}\nhttpd=service|status|enabled|ConfDir|/etc/httpd/conf.d|DocumentRoot|${apache.dir}/htdocs|TCPPort|80|ReloadCommand|${apache.reloadCommand}\n`,
    );
    const strange = (name: string, url: string): string =>
      `${name}: ${url} is answered by another site: Apache runs without its vhost; see that its files include /etc/httpd/conf.d/*.conf, and reload it`;
    const both = [strange('wiki', 'http://wiki.example.test/'), strange('shop', 'http://host.example.test/shop/')];
    const event = await host.run('signal-event', ['docker-update']);
    expect(event.exitCode).toBe(0);
    for (const words of both) expect(event.stderr).toContain(`warning: ${words}`);
    for (const command of ['status', 'doctor', 'exposure']) {
      const { stdout } = await host.run('docksmith', [command]);
      expect(stdout.replace(/\s+/g, ' '), command).toContain('http://wiki.example.test/ is answered by another site');
    }

    host.write('/included/ours.conf', `IncludeOptional ${host.file('/etc/httpd/conf.d/*.conf')}\n`);
    const again = await host.run('signal-event', ['--force', 'docker-update']);
    expect(again.stderr).not.toContain('another site');
    for (const command of ['status', 'doctor', 'exposure'])
      expect((await host.run('docksmith', [command])).stdout, command).not.toContain('another site');
  });
});
