import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeWebImage } from '../support/image.ts';
import type { Namespace } from '../support/namespace.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const LOCAL = '192.168.1.2';
const FILTER = '/etc/docksmith/filter/docker-user.v4';

needs('dockerd')('docksmith uninstall, while private containers run', () => {
  let foreign: Namespace;
  const machine = useMachine({
    addresses: [`${LOCAL}/24`],
    network: async (own) => {
      foreign = await own.connect('203.0.113.1/24', '203.0.113.9/24');
    },
  });
  let host: Host;
  let own: string;

  beforeAll(async () => {
    await makeWebImage(machine.engine, 'web:80', 'web');
    host = machine.makeHost({ env: {} });
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      `configuration set LocalIP ${LOCAL}`,
      `configuration set docker service status enabled Daemon foreign Socket ${machine.engine.socket}`,
      'configuration set httpd service status disabled',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'docker_containers set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80 access private Restart always',
      'docker_containers set shop service status enabled Image web:80 PortMapping custom PortMappingPorts 8081:80 access public',
    );
  });
  beforeEach(async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    const { NetworkSettings } = (await machine.engine.inspect('wiki')) as { NetworkSettings: { IPAddress: string } };
    own = NetworkSettings.IPAddress;
    expect(await isAnswered(machine.namespace, `http://${LOCAL}:8080/`, 30)).toBe(true);
  });

  async function isAnswered(from: Namespace, url: string, retries = 0): Promise<boolean> {
    const { exitCode, stdout } = await from.run('curl', [
      '--silent',
      '--noproxy',
      '*',
      '--connect-timeout',
      '1',
      '--max-time',
      '2',
      '--retry',
      String(retries),
      '--retry-delay',
      '1',
      '--retry-connrefused',
      url,
    ]);
    return exitCode === 0 && stdout.startsWith('I am ');
  }
  /** Asks from outside again and again while something is done. @returns how often, and what answered */
  async function watched(
    work: () => Promise<void>,
  ): Promise<{ readonly asked: number; readonly answered: readonly string[] }> {
    const urls = [`http://${LOCAL}:8080/`, `http://${own}/`];
    const answered = new Set<string>();
    let asked = 0;
    const ask = async (): Promise<void> => {
      for (const url of await Promise.all(urls.map(async (one) => ((await isAnswered(foreign, one)) ? one : ''))))
        if (url !== '') answered.add(url);
      asked++;
    };
    let isDone = false;
    await ask();
    const loops = [0, 1, 2].map(async () => {
      while (!isDone) await ask();
    });
    await work().finally(() => {
      isDone = true;
    });
    await Promise.all(loops);
    await ask();
    return { asked, answered: [...answered] };
  }

  it('shows whom foreign hosts could reach, asks, and takes no operands', async () => {
    const before = host.snapshot('/etc');
    const { exitCode, stdout, stderr } = await host.run('docksmith', ['uninstall']);
    expect([exitCode, stderr]).toEqual([
      1,
      'docksmith: cannot uninstall docksmith: there is no terminal to ask at\nhint: docksmith uninstall --yes\n',
    ]);
    expect(stdout).toContain('would remove  /etc/docksmith/containers/wiki.yaml\n');
    expect(stdout).toContain(`the packet filter stays, since without it foreign hosts could reach:\n`);
    expect(stdout).toContain(`  wiki (private): ${LOCAL}:8080, ${own}\n`);
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.includes('/etc/'))).toEqual([]);
    for (const args of [
      ['--dry-run', 'wiki'],
      ['wiki'],
      ['--yes', 'wiki'],
      ['--yes', '--drop-firewall', '--stop-containers'],
      ['--yes', '--all'],
    ])
      expect((await host.run('docksmith', ['uninstall', ...args])).exitCode, args.join(' ')).toBe(2);
    expect((await host.run('docksmith', ['uninstall', '--json'])).exitCode).toBe(1);
    expect(
      JSON.parse(await host.runOrFail('docksmith', ['uninstall', '--json', '--dry-run', '--drop-firewall'])),
    ).toMatchObject({
      isDone: false,
      filter: 'removed',
      stop: [],
      reachableWithoutFilter: [
        { name: 'shop', access: 'public' },
        { name: 'wiki', access: 'private', places: [`${LOCAL}:8080`, own] },
      ],
    });
    expect(host.snapshot('/etc')).toEqual(before);
  });

  it('keeps the packet filter unless told otherwise: foreign hosts get no answer before, during and after', async () => {
    const { asked, answered } = await watched(async () => {
      const stdout = await host.runOrFail('docksmith', ['uninstall', '--yes']);
      expect(stdout).toContain('removed  /etc/docksmith/containers/wiki.yaml\n');
      expect(stdout).toContain(`left     ${FILTER} (containers run behind the packet filter)\n`);
    });
    expect([asked > 2, answered]).toEqual([true, []]);
    expect(await isAnswered(machine.namespace, `http://${LOCAL}:8080/`)).toBe(true);
    expect(await isAnswered(foreign, 'http://203.0.113.1:8081/', 5)).toBe(true);
    expect(Object.keys(host.snapshot('/etc'))).not.toContain('/etc/docksmith/containers/wiki.yaml');
    // what a reboot takes away comes back, and with the containers the rest goes
    for (const chain of ['DOCKSMITH', 'DOCKSMITH-INPUT']) await machine.inside('iptables', '-F', chain);
    await host.run('signal-event', ['docker-boot']);
    expect(await isAnswered(foreign, `http://${LOCAL}:8080/`)).toBe(false);
    await machine.engine.docker('rm', '--force', 'wiki', 'shop');
    expect(await host.runOrFail('docksmith', ['uninstall', '--yes'])).toContain(`removed  ${FILTER}\n`);
    expect(await machine.inside('iptables-save')).not.toContain('DOCKSMITH');
  });

  it('stops them before the filter goes, for good, where that is asked for', async () => {
    const { asked, answered } = await watched(async () => {
      const stdout = await host.runOrFail('docksmith', ['uninstall', '--yes', '--stop-containers']);
      expect(stdout).toMatch(/^stopped +container wiki$/m);
      expect(stdout).toMatch(new RegExp(`^removed +${FILTER}$`, 'm'));
      expect(stdout).not.toContain('wiki (private)');
    });
    expect([asked > 2, answered]).toEqual([true, []]);
    expect(await machine.inside('iptables-save')).not.toContain('DOCKSMITH');
    await machine.engine.shutDown();
    await machine.engine.startAgain();
    expect(await machine.engine.inspect('wiki')).toMatchObject({ State: { Running: false } });
    expect(await isAnswered(foreign, 'http://203.0.113.1:8081/', 30)).toBe(true);
    expect(await isAnswered(foreign, `http://${LOCAL}:8080/`)).toBe(false);
    await machine.engine.docker('rm', '--force', 'wiki', 'shop');
  });

  it('lets the filter go where that is asked for, and says who is reached', async () => {
    const stdout = await host.runOrFail('docksmith', ['uninstall', '--yes', '--drop-firewall']);
    expect(stdout).toContain(`without the packet filter foreign hosts can reach:\n`);
    expect(stdout).toContain(`  wiki (private): ${LOCAL}:8080, ${own}\n`);
    expect(await isAnswered(foreign, `http://${LOCAL}:8080/`, 5)).toBe(true);
  });
});
