import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeWebImage } from '../support/image.ts';
import type { Namespace } from '../support/namespace.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import type { Result } from '../support/run.ts';

const LOCAL = '192.168.1.2';

needs('dockerd')('a private container on its way out', () => {
  let foreign: Namespace;
  let neighbour: Namespace;
  const machine = useMachine({
    network: async (own) => {
      neighbour = await own.connect(`${LOCAL}/24`, '192.168.1.77/24');
      foreign = await own.connect('203.0.113.1/24', '203.0.113.9/24');
    },
  });
  let host: Host;
  const port = (number: number): string => `http://${LOCAL}:${number}/`;

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
    );
  });

  const saved = (): Promise<string> => machine.inside('iptables-save', '-t', 'filter');
  const set = (...lines: readonly string[]): Promise<void> =>
    host.db(...lines.map((line) => `docker_containers ${line}`));
  const addressOf = async (name: string): Promise<string> =>
    `http://${await machine.engine.docker('inspect', '--format', '{{.NetworkSettings.Networks.bridge.IPAddress}}', name)}/`;
  const isAnswered = async (from: Namespace, url: string): Promise<boolean> =>
    (await from.run('curl', ['--silent', '--noproxy', '*', '--max-time', '2', url])).stdout.startsWith('I am ');
  /** Runs an event while a foreign host asks all the time. */
  async function signal(urls: readonly string[], ...args: readonly string[]): Promise<Result> {
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const asking = ask(urls, over);
    const result = await host.run('signal-event', args);
    end();
    expect(await asking).toEqual([]);
    return result;
  }
  /** What answered a foreign host. */
  async function ask(urls: readonly string[], over: Promise<void>): Promise<readonly string[]> {
    const answered: string[] = [];
    const state = { isOver: false };
    void over.then(() => {
      state.isOver = true;
    });
    while (!state.isOver) {
      const results = await Promise.all(
        urls.map((url) =>
          foreign.run('curl', ['--silent', '--noproxy', '*', '--connect-timeout', '0.3', '--max-time', '0.5', url]),
        ),
      );
      answered.push(...results.flatMap(({ stdout }, n) => (stdout === '' ? [] : [urls[n] ?? ''])));
    }
    return answered;
  }

  it('answers no foreign host before it is stopped, by its port and its own address, and its rules go afterwards', async () => {
    // the last one of all: then there is no file any more
    await set(
      'set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8080:80 access private',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await isAnswered(neighbour, port(8080))).toBe(true);
    await set('setprop wiki status disabled');
    const { stdout, exitCode } = await signal([port(8080), await addressOf('wiki')], 'docker-update');
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining(
        'S60docker-filter-release: packet filter IPv4 removed: there are no private ports to protect\n',
      ),
    ]);
    expect(stdout).not.toContain('S30docker-filter:');
    expect(await saved()).not.toContain('DOCKSMITH');

    await set(
      'setprop wiki status enabled',
      'set shop service status enabled Image web:80 PortMapping custom PortMappingPorts 8081:80 access public',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    // one among others, and the port of one for another, that is public
    await set('setprop wiki PortMappingPorts 8082:80', 'setprop shop PortMappingPorts 8081:80,8080:80');
    const changed = await signal([await addressOf('wiki'), port(8082)], 'docker-update');
    expect(changed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /S60docker-filter-release: packet filter IPv4 set: some of its rules are no longer needed\n/,
      ) as string,
    });
    expect(await isAnswered(foreign, port(8080))).toBe(true);
    expect(await isAnswered(foreign, port(8082))).toBe(false);
    expect(await saved()).not.toContain('8080');
    // nothing is left to do
    expect((await host.run('signal-event', ['docker-update'])).stdout).not.toContain('packet filter');
  });

  it('stays behind the filter for as long as it runs: where the event was for another container, and as an orphan', async () => {
    await set('setprop wiki status disabled');
    await signal([port(8082)], 'docker-container-update', 'shop');
    expect(await isAnswered(neighbour, port(8082))).toBe(true);
    await set('delete wiki');
    await signal([port(8082), await addressOf('wiki')], 'docker-update');
    await signal([port(8082), await addressOf('wiki')], 'docker-update', '--force');
    expect(await isAnswered(neighbour, port(8082))).toBe(true);
    expect((await host.run('docksmith', ['firewall'])).stdout).toContain('packet filter IPv4 in place\n');
    // after a flush, too
    await machine.inside('iptables', '-F', 'DOCKSMITH');
    await host.runOrFail('docksmith', ['firewall']);
    expect(await isAnswered(foreign, port(8082))).toBe(false);
    await machine.engine.docker('rm', '--force', 'wiki');
    expect(await host.runOrFail('docksmith', ['firewall', '--release'])).toContain(
      'packet filter IPv4 set: some of its rules are no longer needed\n',
    );
    expect(await saved()).not.toContain('8082');
  });

  it('is not protected where the admin has disabled the filter, and plans, dry runs and the doctor name it', async () => {
    await set(
      'set wiki service status enabled Image web:80 PortMapping custom PortMappingPorts 8082:80 access private',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await host.db('configuration setprop docker Filter disabled');
    const places = `shop (${new URL(await addressOf('shop')).hostname}), wiki (${LOCAL}:8082, ${new URL(await addressOf('wiki')).hostname})`;
    for (const [bin, ...args] of [
      ['docksmith', 'plan'],
      ['signal-event', '--dry-run', 'docker-update'],
    ] as const) {
      expect((await host.run(bin, args)).stderr).toContain(
        `Filter of docker is disabled: foreign hosts could reach ${places}`,
      );
    }
    expect(JSON.parse((await host.run('docksmith', ['plan', '--json'])).stdout)).toMatchObject({
      warnings: [expect.stringContaining(places) as string],
    });
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      'packet filter IPv4 removed: there are no private ports to protect\n',
    );
    expect(await saved()).not.toContain('DOCKSMITH');
    expect(await isAnswered(foreign, port(8082))).toBe(true);
    const { findings } = JSON.parse((await host.run('docksmith', ['doctor', '--json'])).stdout) as {
      findings: readonly { check: string; words: string }[];
    };
    expect(findings.filter(({ check }) => check === 'exposure').map(({ words }) => words)).toContainEqual(
      expect.stringContaining(`foreign hosts can reach wiki: ${LOCAL}:8082`),
    );
  });
});
