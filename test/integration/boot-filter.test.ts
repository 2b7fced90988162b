import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeWebImage } from '../support/image.ts';
import type { Namespace } from '../support/namespace.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import type { Result } from '../support/run.ts';

const LOCAL = '192.168.1.2';
const LOCAL6 = 'fd00:1::2';
const DROP_IN = '/etc/systemd/system/docker.service.d/docksmith-filter.conf';
/** What a caller finds docksmith by. */
const PROGRAMS = path.resolve(import.meta.dirname, '../../bin/path');

needs('dockerd')('while a machine comes up, containers that the engine starts by itself', () => {
  let foreign: Namespace;
  let neighbour: Namespace;
  const machine = useMachine({
    network: async (own) => {
      neighbour = await own.connect(`${LOCAL}/24`, '192.168.1.77/24', [`${LOCAL6}/64`, 'fd00:1::77/64']);
      foreign = await own.connect('203.0.113.1/24', '203.0.113.9/24', ['2001:db8::1/64', '2001:db8::9/64']);
      await own.run('sysctl', ['-q', '-w', 'net.ipv6.conf.all.forwarding=1']);
    },
    args: ['--ipv6', '--fixed-cidr-v6', 'fd00:99::/64', '--experimental', '--ip6tables'],
  });
  let host: Host;
  /** to both containers, over IPv4 and IPv6 */
  let ways: readonly string[];

  beforeAll(async () => {
    await makeWebImage(machine.engine, 'web:80', 'web');
    await makeWebImage(machine.engine, 'web:9000', 'host', 9000);
    host = machine.makeHost({ env: {} });
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      `configuration set LocalIP ${LOCAL},${LOCAL6}`,
      `configuration set docker service status enabled Daemon foreign Socket ${machine.engine.socket}`,
      'configuration set httpd service status disabled',
      'configuration set docksmith service ServiceManager systemd',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'networks set fd00:1:: network Mask 64',
      'docker_containers set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80 access private Restart always',
      'docker_containers set mail service status enabled Image web:9000 TCPPort 9000 network host access private Restart always',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    ways = [`http://${LOCAL}:8080/`, `http://[${LOCAL6}]:8080/`, `http://${LOCAL}:9000/`, `http://[${LOCAL6}]:9000/`];
  });

  const saved = (program: 'iptables-save' | 'ip6tables-save'): Promise<string> =>
    machine.inside(program, '-t', 'filter');
  async function isAnswered(from: Namespace, url: string): Promise<boolean> {
    const { stdout } = await from.run('curl', [
      '--silent',
      '--noproxy',
      '*',
      '--connect-timeout',
      '0.5',
      '--max-time',
      '1',
      url,
    ]);
    return stdout.startsWith('I am ');
  }
  const listAnswered = async (from: Namespace, of = ways): Promise<readonly string[]> =>
    (await Promise.all(of.map(async (url) => ((await isAnswered(from, url)) ? [url] : [])))).flat();
  const runs = async (): Promise<boolean> =>
    (await machine.engine.docker('ps', '--format', '{{.Names}}')).split('\n').length === 2;

  /** What a machine's kernel knows after a reboot: nothing. */
  async function shutDown(): Promise<void> {
    await machine.engine.shutDown();
    for (const program of ['iptables', 'ip6tables']) {
      for (const table of ['filter', 'nat'])
        await machine.inside(program, '-t', table, '-F').then(() => machine.inside(program, '-t', table, '-X'));
      await machine.inside(program, '-P', 'FORWARD', 'ACCEPT');
    }
    await machine.inside('ip', 'link', 'del', 'docker0');
    expect(await saved('iptables-save')).not.toContain('DOCK');
  }

  function runUnit(setting: string): Promise<Result> {
    const command = new RegExp(`^${setting}=-/bin/sh -c '(.*)'$`, 'm').exec(host.read(DROP_IN))?.[1] ?? '';
    return machine.namespace.run('/bin/sh', ['-c', command], {
      env: { DOCKSMITH_ROOT: host.root, PATH: `${PROGRAMS}:${process.env['PATH'] ?? ''}` },
    });
  }

  it('are open to foreign hosts where the filter is not set before the engine starts', async () => {
    await shutDown();
    await machine.engine.startAgain();
    await expect.poll(runs, { timeout: 60_000 }).toBe(true);
    await expect.poll(() => listAnswered(foreign), { timeout: 60_000 }).toEqual(ways);
  });

  it("are never answered to them with what the drop-in of the engine's unit does, but for published IPv6 ports of an engine that overtakes our rules, until it is up", async () => {
    await shutDown();
    // no engine is there that could be asked, and nobody waits for one
    const before = await runUnit('ExecStartPre');
    expect(before).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: 'packet filter IPv4 set: not there\npacket filter IPv6 set: not there\n',
    });
    const own = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('-A DOCKSMITH'));
    const set = { IPv4: own(await saved('iptables-save')), IPv6: own(await saved('ip6tables-save')) };
    expect(set.IPv4.length).toBeGreaterThan(4);

    // this engine has ip6tables and knows no DOCKER-USER there: its own rules for what it forwards come in front
    const overtaken = ways.filter((url) => url.endsWith('[fd00:1::2]:8080/'));
    const kept = ways.filter((url) => !overtaken.includes(url));
    const answered: string[] = [];
    const state = { isOver: false };
    const asking = (async (): Promise<void> => {
      while (!state.isOver) answered.push(...(await listAnswered(foreign, kept)));
    })();
    await machine.engine.startAgain();
    await expect.poll(runs, { timeout: 60_000 }).toBe(true);
    await expect.poll(() => listAnswered(neighbour), { timeout: 60_000 }).toEqual(ways);
    state.isOver = true;
    await asking;
    expect(answered).toEqual([]);
    await expect.poll(() => listAnswered(foreign)).toEqual(overtaken);
    expect(await runUnit('ExecStartPost')).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: "packet filter IPv6 set: in FORWARD the engine's own rules come before DOCKER-USER\n",
    });
    expect(await listAnswered(foreign)).toEqual([]);

    // the engine has put its own rules behind, and left ours
    expect({ IPv4: own(await saved('iptables-save')), IPv6: own(await saved('ip6tables-save')) }).toEqual(set);
    for (const text of [await saved('iptables-save'), await saved('ip6tables-save')]) {
      expect(text.split('\n').find((line) => line.startsWith('-A FORWARD'))).toBe('-A FORWARD -j DOCKER-USER');
      expect(text.split('\n').find((line) => line.startsWith('-A DOCKER-USER'))).toBe('-A DOCKER-USER -j DOCKSMITH');
    }
    expect(await host.runOrFail('signal-event', ['docker-boot'])).not.toContain('packet filter');
  });
});
