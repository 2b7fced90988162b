import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeWebImage } from '../support/image.ts';
import { killProcessesOf } from '../support/leftovers.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const DOMAIN = 'containers.internal';

/**
 * Restarts a dnsmasq of the host in the folder, as a service manager would: the paths in the file are the host's.
 * Where `kill` is there, it kills who asked for it first.
 */
const restart = (root: string): string => `#!/bin/sh
cd ${root}
if [ -e kill ]; then rm kill; kill -KILL $PPID; exit 1; fi
if [ -s pid ]; then
  old=$(cat pid); kill $old 2>/dev/null
  while kill -0 $old 2>/dev/null; do sleep 0.05; done
fi
echo restarted >> restarts
: > dnsmasq.conf
[ -e etc/dnsmasq.d/docksmith.conf ] && sed 's#=/etc/docksmith#=${root}/etc/docksmith#' etc/dnsmasq.d/docksmith.conf > dnsmasq.conf
exec dnsmasq --conf-file=${root}/dnsmasq.conf --pid-file=${root}/pid --user=root --no-resolv --no-hosts
`;

needs('dockerd', 'dnsmasq')('names of containers, with a real dnsmasq', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24', 'fd00::2/64'], args: ['--bip', '172.30.0.1/16'] });
  let host: Host;
  beforeAll(async () => {
    await makeWebImage(machine.engine, 'web:1', 'web');
    await makeImage(machine.engine, 'app:1', {
      cmd: ['sleep', '3600'],
      programs: ['/usr/bin/dig'],
    });
    host = machine.makeHost();
    host.write('/restart', restart(host.root));
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 192.168.1.2,fd00::2',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status disabled',
      `configuration set dnsmasq service status disabled RestartCommand ${host.file('/restart')} StopCommand true`,
      'docker_containers set client service status enabled Image app:1 StopTimeout 0s',
      'docker_containers set redis service status enabled Image web:1 access public PortMapping custom PortMappingPorts 10000:80',
      'docker_containers set www service status enabled Image web:1 PortMapping custom PortMappingPorts 8080:80,8443:443,8053:53/udp',
    );
  });
  afterAll(() => killProcessesOf(host.root));

  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
  const restarts = (): number =>
    existsSync(host.file('/restarts')) ? readFileSync(host.file('/restarts'), 'utf8').split('\n').length - 1 : 0;
  const dig = async (...question: readonly string[]): Promise<string> => {
    const server = question.some((word) => word.startsWith('@')) ? [] : ['@127.0.0.1'];
    const { stdout } = await machine.namespace.run('dig', ['+short', '+time=2', '+tries=1', ...server, ...question]);
    return stdout.trim().split('\n').sort().join(' ');
  };
  const digInside = async (...question: readonly string[]): Promise<string> =>
    (await machine.engine.docker('exec', 'client', 'dig', '+short', '+time=2', '+tries=2', ...question))
      .split('\n')
      .sort()
      .join(' ');
  /** dnsmasq is told of a file by the kernel, some time later. */
  async function until(ask: () => Promise<string>, wanted: string): Promise<void> {
    for (let tries = 0; tries < 100 && (await ask()) !== wanted; tries++) await setTimeout(50);
    expect(await ask()).toBe(wanted);
  }

  it('refuses what can be no domain, and a bridge that it does not know, before anything is touched', async () => {
    await update();
    const before = host.snapshot('/etc');
    machine.proxy.reset();
    await host.db('configuration setprop dnsmasq status enabled Domain example.test');
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `cannot give containers names below "example.test": this host's own domain example.test is there, whose other names nobody else would be asked for`,
    );
    expect(stderr).toContain('cannot tell containers where they ask for names');
    expect(host.snapshot('/etc')).toEqual(before);
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(restarts()).toBe(0);
  });

  const doctor = async (): Promise<readonly string[]> =>
    (await host.run('docksmith', ['doctor'])).stdout
      .split('\n')
      .filter((line) => line.includes('for names') || line.includes('does not know'));

  it('answers the host and containers, which ask it from their first moment on', async () => {
    await host.db('configuration setprop dnsmasq Address 172.30.0.1 Domain ""');
    const said = await update();
    expect(said).toMatch(/recreate client: .*dns/);
    expect(said.indexOf('restart dnsmasq')).toBeGreaterThan(-1);
    expect(await doctor()).toEqual([
      expect.stringContaining('answers at 127.0.0.1, where this host asks for names'),
      expect.stringContaining('answers at 172.30.0.1, where containers ask for names'),
    ]);
    process.kill(Number(readFileSync(host.file('/pid'), 'utf8')), 'SIGKILL');
    expect(await doctor()).toEqual([
      expect.stringContaining('no answer at 127.0.0.1'),
      expect.stringContaining('no answer at 172.30.0.1'),
    ]);
    // one that does not read our file
    await machine.inside(
      'dnsmasq',
      '--conf-file=/dev/null',
      `--pid-file=${host.file('/pid')}`,
      '--user=root',
      '--no-resolv',
      '--no-hosts',
    );
    expect(await doctor()).toEqual([
      expect.stringContaining('what answers at 127.0.0.1 does not know'),
      expect.stringContaining('what answers at 172.30.0.1 does not know'),
    ]);
    await machine.inside(host.file('/restart'));
    host.remove('/restarts');
    host.write('/restarts', 'restarted\n');
    expect(restarts()).toBe(1);
    for (const server of ['@127.0.0.1', '@192.168.1.2', '@172.30.0.1']) {
      expect(await dig(server, `redis.${DOMAIN}`)).toBe('192.168.1.2');
      expect(await dig(server, `redis.${DOMAIN}`, 'AAAA')).toBe('fd00::2');
    }
    expect(await dig(`redis.${DOMAIN}`, 'SRV')).toBe(`0 0 10000 redis.${DOMAIN}.`);
    expect(await dig(`_redis._tcp.${DOMAIN}`, 'SRV')).toBe(`0 0 10000 redis.${DOMAIN}.`);
    expect(await dig(`www-443.${DOMAIN}`, 'SRV')).toBe(`0 0 8443 www.${DOMAIN}.`);
    expect(await dig(`_www-53._udp.${DOMAIN}`, 'SRV')).toBe(`0 0 8053 www.${DOMAIN}.`);
    expect(await dig(`www-443.${DOMAIN}`)).toBe('192.168.1.2');
    // by its own resolv.conf
    expect(await digInside(`redis.${DOMAIN}`)).toBe('192.168.1.2');
    expect(await digInside(`_redis._tcp.${DOMAIN}`, 'SRV')).toBe(`0 0 10000 redis.${DOMAIN}.`);
    // and what is public is reached by it
    expect(await machine.engine.docker('exec', 'client', 'wget', '-q', '-O-', `http://redis.${DOMAIN}:10000/`)).toMatch(
      /^I am web/,
    );
    expect(await dig(`client.${DOMAIN}`), 'it publishes nothing').toBe('');
  });

  it('does nothing again where nothing changed', async () => {
    machine.proxy.reset();
    expect(await update()).toContain('nothing to do');
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(restarts()).toBe(1);
  });

  it('follows addresses without a restart, and services with one', async () => {
    await host.db(
      'docker_networks set lan network Subnet 10.5.0.0/24',
      'docker_containers set fixed service status enabled Image app:1 network custom:lan NetworkAddress 10.5.0.7 StopTimeout 0s',
    );
    await update();
    await until(() => dig(`fixed.${DOMAIN}`), '10.5.0.7');
    // on a network of its own it asks over the engine's own server
    expect(await machine.engine.docker('exec', 'fixed', 'dig', '+short', `redis.${DOMAIN}`)).toBe('192.168.1.2');
    await host.db('docker_containers setprop fixed NetworkAddress 10.5.0.8');
    await update();
    await until(() => dig(`fixed.${DOMAIN}`), '10.5.0.8');
    expect(restarts()).toBe(1);
    await host.db('docker_containers setprop redis PortMappingPorts 10001:80');
    expect(await host.runOrFail('signal-event', ['docker-container-update', 'redis'])).toContain('restart dnsmasq');
    expect(restarts()).toBe(2);
    expect(await dig(`redis.${DOMAIN}`, 'SRV')).toBe(`0 0 10001 redis.${DOMAIN}.`);
  });

  it('gives a name that several agree on, and lets go those of disabled and removed ones', async () => {
    await host.db(
      'docker_containers setprop redis ServiceName cache',
      'docker_containers setprop www ServiceName cache PortMappingPorts 8080:80',
      'docker_containers delete fixed',
    );
    await update();
    expect(await dig(`cache.${DOMAIN}`, 'SRV')).toBe(`0 0 10001 redis.${DOMAIN}. 0 0 8080 www.${DOMAIN}.`);
    expect(await dig(`cache.${DOMAIN}`)).toBe('192.168.1.2');
    await until(() => dig(`fixed.${DOMAIN}`), '');
    await host.db('docker_containers setprop www status disabled');
    await update();
    await until(() => dig(`www.${DOMAIN}`), '');
    expect(await dig(`cache.${DOMAIN}`, 'SRV')).toBe(`0 0 10001 redis.${DOMAIN}.`);
    expect(await dig(`_www-443._tcp.${DOMAIN}`, 'SRV')).toBe('');
  });

  it('leaves a container the servers that its record names', async () => {
    await host.db('docker_containers setprop client Dns 127.0.0.9');
    await update();
    expect(await machine.engine.docker('exec', 'client', 'cat', '/etc/resolv.conf')).toContain('nameserver 127.0.0.9');
    await host.db('docker_containers delprop client Dns');
    await update();
  });

  it('restarts dnsmasq by the next event where one was killed in the middle of it', async () => {
    const before = restarts();
    host.write('/kill', '');
    await host.db('docker_containers setprop redis PortMappingPorts 10002:80');
    expect((await host.run('signal-event', ['docker-update'])).exitCode).not.toBe(0);
    expect(await dig(`redis.${DOMAIN}`, 'SRV')).toBe('');
    await update();
    expect(restarts()).toBe(before + 1);
    expect(await dig(`cache.${DOMAIN}`, 'SRV')).toBe(`0 0 10002 redis.${DOMAIN}.`);
    machine.proxy.reset();
    expect(await update()).toContain('nothing to do');
    expect(machine.proxy.listMutating()).toEqual([]);
  });

  it('answers on the bridge when that comes up after it', async () => {
    await machine.engine.shutDown();
    await machine.inside('ip', 'link', 'del', 'docker0');
    await machine.inside(host.file('/restart'));
    expect(await dig(`redis.${DOMAIN}`)).toBe('192.168.1.2');
    expect(await dig('@172.30.0.1', `redis.${DOMAIN}`)).not.toContain('192.168.1.2');
    await machine.engine.startAgain();
    await until(() => dig('@172.30.0.1', `redis.${DOMAIN}`), '192.168.1.2');
    await host.runOrFail('signal-event', ['docker-boot']);
    expect(await digInside(`redis.${DOMAIN}`)).toBe('192.168.1.2');
  });

  it('takes the names away with dnsmasq, and the containers ask as the host does again', async () => {
    const before = restarts();
    await host.db('configuration setprop dnsmasq status disabled');
    const said = await update();
    expect(said).toContain('removed  /etc/dnsmasq.d/docksmith.conf');
    expect(said).toMatch(/recreate client: .*dns/);
    expect(said).toContain('stopped, since it is disabled: true');
    expect(restarts()).toBe(before);
    expect(host.files('/etc/docksmith').filter((file) => file.includes('/hosts/'))).toEqual([]);
  });
});
