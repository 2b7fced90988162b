import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Apache, startApache } from '../support/apache.ts';
import type { Host } from '../support/host.ts';
import { makeImage } from '../support/image.ts';
import { type Load, type Seen, startLoad } from '../support/load.ts';
import { describeSwarm, useSwarm } from '../support/swarm.ts';

const WEB = '127.0.0.1:5999/web';
const SERVE = '#!/bin/sh\necho serving\ntrap "exit 0" TERM\nhttpd -f -p 80 -h /www &\nwait $!\n';
/** requests a second of the visitor */
const RATE = 20;
/** Apache and the events are on the second machine: the first, and the third, are lost. */
const WEB_NODE = 2;

describeSwarm(
  'a service of a swarm, seen by a visitor over Apache,',
  () => {
    const swarm = useSwarm({
      images: async (engine, n) => {
        for (const version of ['1', '2'])
          await makeImage(engine, `${WEB}:${version}`, {
            cmd: ['/serve'],
            files: { '/serve': SERVE, '/healthy': '', '/www/index.html': `version ${version} on node${n}\n` },
          });
        await makeImage(engine, `${WEB}:sick`, {
          cmd: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'],
        });
      },
    });
    let host: Host;
    let apache: Apache;
    let load: Load | undefined;
    const report: string[] = [];

    const event = (...args: readonly string[]): ReturnType<Host['run']> => host.run('signal-event', args);
    const running = async (): Promise<readonly string[]> => {
      const lines = await swarm
        .machine(WEB_NODE)
        .engine.docker(
          'service',
          'ps',
          '--filter',
          'desired-state=running',
          '--format',
          '{{.Node}} {{.CurrentState}}',
          'web',
        );
      return lines
        .split('\n')
        .flatMap((line) => (/ Running/.test(line) ? [line.split(' ')[0] ?? ''] : []))
        .sort();
    };
    const listNodes = async (): Promise<string> =>
      (await swarm.machine(WEB_NODE).engine.tryDocker('node', 'ls')).stdout;
    const untilRunning = (...nodes: readonly string[]): Promise<void> =>
      swarm.until(`tasks on ${nodes.join(', ')}`, async () => (await running()).join() === nodes.join(), 90);
    const note = (what: string, { asked, lost, slowest }: Seen): void => {
      const how =
        lost.length === 0
          ? ''
          : ` (${[...new Set(lost.map(({ status, text }) => (status === 0 ? text : String(status))))].join(', ')})`;
      report.push(`${what}: ${asked} requests, ${lost.length} lost${how}, the slowest ${slowest} ms`);
    };
    /** As without power: it does not even refuse. */
    const lose = async (n: number): Promise<void> => {
      await swarm.inNamespace(n, 'ip', 'link', 'set', 'eth0', 'down');
      await swarm.kill(n);
    };
    const bringBack = async (n: number): Promise<void> => {
      await swarm.inNamespace(n, 'ip', 'link', 'set', 'eth0', 'up');
      await swarm.inNamespace(n, 'ip', 'route', 'add', 'default', 'via', '10.77.0.254');
      await swarm.revive(n);
    };

    beforeAll(async () => {
      host = swarm.makeHost(WEB_NODE, { waitsForHealth: true });
      apache = await startApache({
        namespace: swarm.machine(WEB_NODE).namespace,
        include: [`${host.root}/etc/httpd/conf.d/*.conf`],
        modules: ['proxy_balancer', 'lbmethod_byrequests', 'slotmem_shm', 'proxy_hcheck'],
      });
      host.write('/etc/httpd/conf.d/.keep', '');
      await host.db(
        'configuration set DomainName example.test',
        'configuration set SystemName node2',
        'configuration set docker service status enabled Swarm manager Daemon foreign ReadTimeout 10s WriteTimeout 15s',
        `configuration set httpd service status enabled ConfDir /etc/httpd/conf.d DocumentRoot ${apache.dir}/htdocs ServiceName httpd CheckCommand "${apache.checkCommand}" ReloadCommand "${apache.reloadCommand}"`,
        'configuration set docksmith service status enabled ServiceManager command HealthWait 20s HealthUptime 500ms',
        ...[1, 2, 3].map((n) => `hosts set node${n} docksmith NodeAddress 10.77.0.${n} SwarmRole manager`),
        'docker_networks set back network Driver overlay',
        `docker_containers set web service status enabled Image ${WEB}:1 Replicas 3 MaxPerNode 1 network custom:back SubDomain enabled WebPort 80 access public HealthExec "test -e /healthy" HealthInterval 500ms HealthRetries 2 HealthTimeout 1s`,
      );
      await host.runOrFail('signal-event', ['docker-update']);
      await untilRunning('node1', 'node2', 'node3');
      load = startLoad(swarm.client, swarm.machine(WEB_NODE).address, 'web.example.test', 1000 / RATE);
    });
    afterAll(async () => {
      await load?.stop();
      await apache.stop();
      console.log(report.join('\n'));
    });

    /** What the visitor saw while something happened; at most so many requests may be lost. */
    const watch = async (what: string, most: number, happens: () => Promise<unknown>): Promise<Seen> => {
      await load?.look();
      await happens();
      const seen = (await load?.look()) ?? { asked: 0, lost: [], slowest: 0, texts: {} };
      note(what, seen);
      expect(seen.asked).toBeGreaterThan(0);
      expect(seen.lost.length, report.at(-1)).toBeLessThanOrEqual(most);
      return seen;
    };

    it('is served by all of its tasks', async () => {
      const { texts } = await watch('nothing happens', 0, () => sleep(3000));
      expect(Object.keys(texts).sort()).toEqual([1, 2, 3].map((n) => `version 1 on node${n}`));
    });

    it('is shown with its nodes, and its logs and commands are found on them', async () => {
      const [title = '', row = ''] = (await host.runOrFail('docksmith', ['status'])).split('\n');
      expect([title, row]).toEqual([
        expect.stringMatching(/^NAME +STATE +NODES +REACHED AT$/),
        expect.stringMatching(/^web +3\/3 +node1 node2 node3 +http:\/\/web\.example\.test\/$/),
      ]);
      const {
        containers: [web],
      } = JSON.parse(await host.runOrFail('docksmith', ['status', '--json', 'web'])) as {
        containers: readonly { service: unknown }[];
      };
      expect(web?.service).toMatchObject({ wanted: 3, running: 3, nodes: ['node1', 'node2', 'node3'] });
      expect((await host.runOrFail('docksmith', ['logs', 'web'])).trim().split('\n').sort()).toEqual(
        [1, 2, 3].map((n) => `web node${n} | serving`),
      );
      expect(await host.runOrFail('docksmith', ['why', 'http://web.example.test/'])).toMatch(
        /\nasks +balancer:\/\/docksmith-23000\n(?: +http:\/\/10\.77\.0\.\d:23000\/ on node\d\n){3}service +web \(3\/3\)\n/,
      );
      expect((await host.run('docksmith', ['exposure', 'web'])).stdout).toMatch(
        /^web\b.*3\/3[^]*http:\/\/web\.example\.test\//,
      );
      // nobody goes around Apache, but its own node
      const straight = [
        '-e',
        'fetch("http://10.77.0.2:23000/", {signal: AbortSignal.timeout(1500)}).then(() => process.exit(0), () => process.exit(3))',
      ];
      expect((await swarm.fromClient(process.execPath, ...straight)).exitCode).toBe(3);
      expect((await swarm.inNamespace(WEB_NODE, process.execPath, ...straight)).exitCode).toBe(0);
      expect(await host.runOrFail('docksmith', ['exec', 'web', 'cat', '/www/index.html'])).toBe('version 1 on node2\n');
    });

    it('goes on while a node is lost, and comes back', async () => {
      await watch('a node is lost', 5, async () => {
        await lose(3);
        await swarm.until('node3 is down', async () => /node3.*Down/.test(await listNodes()), 60);
      });
      expect((await host.runOrFail('docksmith', ['status'])).split('\n')[1]).toMatch(/^web +2\/3 +node1 node2 /);
      await watch('it comes back', 2, async () => {
        await bringBack(3);
        await untilRunning('node1', 'node2', 'node3');
      });
    });

    it('goes on while the leader is lost, and events go on with the next one', async () => {
      await expect.poll(listNodes, { timeout: 20_000 }).toMatch(/node1.*Leader/);
      await watch('the leader is lost', 5, async () => {
        await lose(1);
        await swarm.until('there is a new leader', async () => /node[23].*Leader/.test(await listNodes()), 60);
        expect((await event('docker-container-update', 'web')).stdout).toContain('S50docker-reconcile: nothing to do');
      });
      await watch('it comes back, too', 2, async () => {
        await bringBack(1);
        await untilRunning('node1', 'node2', 'node3');
      });
    });

    it('goes on while a node is drained by its record, and used again', async () => {
      await watch('a node is drained', 2, async () => {
        await host.db('hosts setprop node3 Availability drain');
        expect((await event('docker-swarm-update')).stdout).toContain('update node3: Availability active -> drain');
        await untilRunning('node1', 'node2');
      });
      await watch('it is active again', 2, async () => {
        await host.db('hosts setprop node3 Availability active');
        await host.runOrFail('signal-event', ['docker-swarm-update']);
        await untilRunning('node1', 'node2', 'node3');
      });
    });

    it('goes on while it is updated to an image that never becomes healthy, and back', async () => {
      const { texts } = await watch('an update that never becomes healthy', 2, async () => {
        await host.db(`docker_containers setprop web Image ${WEB}:sick`);
        const { exitCode, stderr } = await event('docker-container-update', 'web');
        expect([exitCode, stderr]).toEqual([1, expect.stringContaining('web')]);
        await untilRunning('node1', 'node2', 'node3');
      });
      expect(Object.keys(texts).every((text) => /^version 1 on node\d$/.test(text))).toBe(true);
    });

    it('goes on while it is updated', async () => {
      const { texts } = await watch('an update', 2, async () => {
        await host.db(`docker_containers setprop web Image ${WEB}:2`);
        await host.runOrFail('signal-event', ['docker-container-update', 'web']);
        await untilRunning('node1', 'node2', 'node3');
      });
      expect(Object.keys(texts)).toContain('version 2 on node2');
    });
  },
  'apache',
);
