import { beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import type { Namespace } from '../support/namespace.ts';
import { describeSwarm, useSwarm } from '../support/swarm.ts';

interface Node {
  readonly hostName: string;
  readonly role: string;
  readonly availability: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

const TOKEN = /SWMTKN-1-[0-9a-z-]+/;

describeSwarm('the part of hosts in a swarm', () => {
  const swarm = useSwarm({ nodes: 3, joined: 0, images: () => Promise.resolve() });
  const hosts: Host[] = [];
  const hostOf = (n: number): Host => hosts[n - 1] as Host;
  const update = (n: number, ...args: readonly string[]): Promise<string> =>
    hostOf(n).runOrFail('docksmith', ['swarm', 'update', ...args]);
  const nodes = async (n = 1): Promise<ReadonlyMap<string, Node>> => {
    const all = JSON.parse(await hostOf(n).runOrFail('docksmith', ['swarm', 'nodes', '--json'])) as readonly Node[];
    return new Map(all.map((node) => [node.hostName, node]));
  };
  const secretOf = async (n: number, key: string): Promise<string> =>
    (await hostOf(n).runOrFail('db', ['secrets', 'getprop', key, 'Value'])).trim();
  /** as `docksmith push` brings them */
  const copySecrets = (from: number, to: number): void =>
    hostOf(to).write('/var/lib/docksmith/db/secrets', hostOf(from).read('/var/lib/docksmith/db/secrets'), 0o600);

  beforeAll(async () => {
    for (const n of [1, 2, 3]) {
      const host = swarm.makeHost(n);
      hosts.push(host);
      await host.db(
        `configuration set SystemName node${n}`,
        'configuration set DomainName example.test',
        'configuration set docker service status enabled Daemon foreign ReadTimeout 4s WriteTimeout 8s',
        ...[1, 2, 3].map((node) => `hosts set node${node} docksmith NodeAddress 10.77.0.${node}`),
      );
    }
  });

  describe('a host without Swarm', () => {
    it('asks the engine nothing more than before, and says so', async () => {
      await hostOf(3).db('docker_containers set none service status disabled Image web:1');
      swarm.machine(3).proxy.reset();
      await hostOf(3).run('signal-event', ['docker-update']);
      expect(swarm.machine(3).proxy.calls.filter((call) => /swarm|nodes|services|tasks/.test(call))).toEqual([]);
      expect(await update(3)).toBe('nothing to do\n');
      expect(swarm.machine(3).proxy.listMutating()).toEqual([]);
    });
  });

  describe('making and joining one', () => {
    it('a manager with nobody to join makes it, and keeps its tokens among the secrets', async () => {
      await hostOf(1).db('configuration setprop docker Swarm manager');
      expect(await update(1, '--dry-run')).toBe(
        'would init node1: docker Swarm is manager, and JoinAddress names nobody else\ndry run, nothing was changed\n',
      );
      expect(swarm.machine(1).proxy.listMutating()).toEqual([]);
      const said = await update(1);
      expect(said).toContain('init node1: docker Swarm is manager');
      expect(said).toContain('store swarm-manager-token: not in db secrets');
      expect(said).not.toMatch(TOKEN);
      expect(await secretOf(1, 'swarm-manager-token')).toMatch(TOKEN);
      swarm.machine(1).proxy.reset();
      expect(await update(1)).toBe('nothing to do\n');
      expect(swarm.machine(1).proxy.listMutating()).toEqual([]);
    });

    it('listens for nodes on that address alone', async () => {
      const { stdout } = await swarm.inNamespace(1, 'ss', '-ltnH');
      expect(stdout).toContain('10.77.0.1:2377');
      expect(stdout).not.toMatch(/(0\.0\.0\.0|\*):2377/);
    });

    it('without the token, joining is refused and says where it is; a wrong one is the engine’s to refuse', async () => {
      await hostOf(2).db('configuration setprop docker Swarm worker JoinAddress 10.77.0.1');
      const refused = await hostOf(2).run('docksmith', ['swarm', 'update']);
      expect(refused).toMatchObject({ exitCode: 1 });
      expect(refused.stderr).toContain(
        'cannot join the swarm of "10.77.0.1:2377" as worker: db secrets has no "swarm-worker-token"',
      );
      await hostOf(2).db('secrets set swarm-worker-token secret Value SWMTKN-1-wrong');
      const wrong = await hostOf(2).run('docksmith', ['swarm', 'update']);
      expect(wrong.exitCode).toBe(1);
      expect(wrong.stderr).toContain('cannot join the swarm of "10.77.0.1:2377": ');
      expect(wrong.stderr).not.toContain('SWMTKN-1-wrong');
    });

    it('with it, a worker joins, and a manager does', async () => {
      copySecrets(1, 2);
      expect(await update(2)).toBe('join node2: as worker of 10.77.0.1:2377\n');
      expect(await update(2)).toBe('nothing to do\n');
      await hostOf(3).db('configuration setprop docker Swarm manager JoinAddress 10.77.0.1,10.77.0.3');
      copySecrets(1, 3);
      expect(await hostOf(3).runOrFail('signal-event', ['docker-swarm-update'])).toContain(
        'join node3: as manager of 10.77.0.1:2377',
      );
      const all = await nodes();
      expect([...all].map(([name, { role }]) => `${name} ${role}`).sort()).toEqual([
        'node1 manager',
        'node2 worker',
        'node3 manager',
      ]);
      expect(await hostOf(2).runOrFail('docksmith', ['swarm', 'status'])).toMatch(/^engine +in a swarm as worker$/m);
    });

    it('no token is in a URL, an output or a run', async () => {
      for (const { proxy } of swarm.machines) expect(proxy.calls.filter((call) => TOKEN.test(call))).toEqual([]);
      for (const host of hosts) expect(await host.runOrFail('docksmith', ['runs', '--json'])).not.toMatch(TOKEN);
      const runs = hosts.flatMap((host) => host.files('/var/lib/docksmith/state/runs').map((file) => host.read(file)));
      expect(runs.length).toBeGreaterThan(3);
      expect(runs.filter((text) => TOKEN.test(text))).toEqual([]);
    });
  });

  describe('a manager brings nodes to their records', () => {
    it('warns of an even number of managers, promotes, labels and drains, and does nothing more', async () => {
      expect((await hostOf(1).run('docksmith', ['swarm', 'update'])).stderr).toContain(
        'an even number of managers (2)',
      );
      await hostOf(1).db('hosts setprop node2 SwarmRole manager NodeLabels zone=a,disk=ssd Availability drain');
      const said = await update(1);
      expect(said).toBe(
        'update node2: promoted to manager, Availability active -> drain, NodeLabels (none) -> disk=ssd,zone=a\n',
      );
      expect((await nodes()).get('node2')).toMatchObject({
        role: 'manager',
        availability: 'drain',
        labels: { zone: 'a', disk: 'ssd' },
      });
      swarm.machine(1).proxy.reset();
      expect(await update(1)).toBe('nothing to do\n');
      expect(swarm.machine(1).proxy.listMutating()).toEqual([]);
      await hostOf(1).db('hosts setprop node2 Availability active');
      expect(await update(1)).toBe('update node2: Availability drain -> active\n');
    });

    it('what was changed by hand meanwhile is read again', async () => {
      await swarm.machine(1).engine.docker('node', 'update', '--availability', 'pause', '--label-add', 'x=y', 'node2');
      expect(await update(1)).toBe(
        'update node2: Availability pause -> active, NodeLabels disk=ssd,x=y,zone=a -> disk=ssd,zone=a\n',
      );
    });

    it('a token that was rotated is stored again', async () => {
      const old = await secretOf(1, 'swarm-worker-token');
      await swarm.machine(1).engine.docker('swarm', 'join-token', '--rotate', 'worker');
      expect(await update(1)).toBe('store swarm-worker-token: it was rotated\n');
      expect(await secretOf(1, 'swarm-worker-token')).not.toBe(old);
    });

    it('records that contradict each other are refused, and nothing is done', async () => {
      await hostOf(1).db('hosts setprop node1 SwarmRole worker');
      const { stderr, exitCode } = await hostOf(1).run('docksmith', ['swarm', 'update']);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('docker Swarm is manager, and hosts node1 SwarmRole is worker');
      await hostOf(1).db('hosts delprop node1 SwarmRole');
    });
  });

  describe('the ports between nodes', () => {
    /** whether a connection is made; a packet that is dropped is never answered, however long one waits */
    const isOpen = async (from: Namespace, port: number): Promise<boolean> =>
      (await from.run('busybox', ['nc', '-w', '1', '10.77.0.1', String(port), '-e', 'true'])).exitCode === 0;

    it('are for nodes alone, as soon as their records are there', async () => {
      const node = swarm.machine(2).namespace;
      expect([await isOpen(swarm.client, 2377), await isOpen(node, 2377)]).toEqual([true, true]);
      const said = await hostOf(1).runOrFail('signal-event', ['docker-swarm-update']);
      expect(said).toContain('packet filter IPv4 set');
      for (const port of [2377, 7946])
        expect([port, await isOpen(swarm.client, port), await isOpen(node, port)]).toEqual([port, false, true]);
      expect(await hostOf(1).runOrFail('signal-event', ['docker-swarm-update'])).toContain('nothing to do');
      expect((await nodes()).get('node2')?.state).toBe('ready');
    });
  });

  describe('a node that is killed', () => {
    it('is shown as down, and does not keep others from being changed', async () => {
      await swarm.kill(3);
      await swarm.until('node3 is down', async () =>
        nodes()
          .then((all) => all.get('node3')?.state === 'down')
          .catch(() => false),
      );
      await hostOf(1).db('hosts setprop node2 NodeLabels zone=b');
      expect(await update(1)).toContain('update node2: NodeLabels disk=ssd,zone=a -> zone=b');
      expect(await hostOf(1).runOrFail('docksmith', ['swarm', 'status'])).toContain('not ready: node3');
    });

    it('managers are not demoted below what answers', async () => {
      await hostOf(1).db('hosts setprop node2 SwarmRole worker');
      const { stderr, exitCode } = await hostOf(1).run('docksmith', ['swarm', 'update']);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(
        'cannot demote "node2": of the 2 managers that would be left only 1 answer, and 2 are needed',
      );
      await hostOf(1).db('hosts setprop node2 SwarmRole manager');
    });

    it('without a quorum, each command ends in a message that counts who answers', async () => {
      await swarm.kill(2);
      let said = '';
      await swarm.until('it is noticed', async () => {
        const { stderr } = await hostOf(1).run('docksmith', ['swarm', 'update']);
        said = stderr;
        return said.includes('no leader: 1 of 3');
      });
      expect(said).toMatch(/the swarm has no leader: 1 of 3 managers answers, and 2 are needed/);
      expect(said).toContain('docker swarm init --force-new-cluster');
      const status = await hostOf(1).run('docksmith', ['swarm', 'status']);
      expect(status.exitCode).toBe(1);
      expect(status.stdout).toContain('1 of 3 managers');
      await swarm.revive(2);
      await swarm.revive(3);
      for (const n of [1, 3])
        await swarm.until(`node${n} goes on`, async () => {
          const { exitCode } = await hostOf(n).run('docksmith', ['swarm', 'status']);
          return exitCode === 0;
        });
    });
  });

  describe('leaving', () => {
    it('needs --leave, and that the record does not want it', async () => {
      const refused = await hostOf(3).run('docksmith', ['swarm', 'update', '--leave']);
      expect(refused.stderr).toContain('docker Swarm is manager, so that it would join again');
      await hostOf(3).db('configuration setprop docker Swarm none');
      expect((await hostOf(3).run('docksmith', ['swarm', 'update'])).stderr).toContain('--leave takes it out');
      expect(await update(3, '--leave')).toContain('leave node3: docker Swarm is none');
      expect(await update(3, '--leave')).toBe('nothing to do\n');
      expect(await secretOf(3, 'swarm-manager-token')).toMatch(TOKEN);
      await swarm.until('node3 is gone', async () => (await nodes()).get('node3')?.state === 'down');
      expect((await nodes()).get('node3')?.role).toBe('worker');
    });

    it('the last manager leaves by force alone, and then its tokens go', async () => {
      await hostOf(1).db('hosts setprop node2 SwarmRole worker');
      expect(await update(1)).toContain('update node2: demoted to worker');
      await swarm.until('node2 is a worker', async () => (await nodes()).get('node2')?.role === 'worker');
      await hostOf(1).db('configuration setprop docker Swarm none');
      const { stderr } = await hostOf(1).run('docksmith', ['swarm', 'update', '--leave']);
      expect(stderr).toContain('this is its last manager');
      expect(await update(1, '--leave', '--force')).toContain('leave node1');
      expect(hostOf(1).read('/var/lib/docksmith/db/secrets')).not.toMatch(/^swarm-/m);
    });
  });
});
