import { beforeAll, describe, expect, it } from 'vitest';
import { connectSwarmEngine } from '../../src/engine/docker/swarm/docker-swarm-engine.ts';
import { USUAL_LIMITS } from '../../src/engine/engine-limits.ts';
import type { ServiceBody } from '../../src/engine/swarm-api.ts';
import { NoQuorum, OutOfSequence, type SwarmEngine, type SwarmNode } from '../../src/engine/swarm-engine.ts';
import { RegistryLogin } from '../../src/model/image-source.ts';
import { describeSwarm, useSwarm, WEB_IMAGE } from '../support/swarm.ts';

const SECRET = 'cbb4f0a1-not-for-logs';

function makeBody(change: Partial<ServiceBody> = {}): ServiceBody {
  return {
    Name: 'web',
    Labels: { 'docksmith.managed': 'yes' },
    TaskTemplate: { ContainerSpec: { Image: WEB_IMAGE, Env: ['A=b'] }, RestartPolicy: { Condition: 'any' } },
    Mode: { Replicated: { Replicas: 2 } },
    EndpointSpec: { Mode: 'dnsrr', Ports: [] },
    ...change,
  };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describeSwarm('the engine’s swarm', () => {
  const swarm = useSwarm({ nodes: 3, joined: 0 });
  const engines: SwarmEngine[] = [];
  const engineOf = (n: number): SwarmEngine => engines[n - 1] as SwarmEngine;
  const nodeOf = async (n: number): Promise<SwarmNode> =>
    (await engineOf(1).listNodes()).find(({ hostName }) => hostName === `node${n}`) as SwarmNode;

  beforeAll(async () => {
    for (const { proxy } of swarm.machines)
      engines.push(await connectSwarmEngine(proxy.socket, { ...USUAL_LIMITS, read: 4000, write: 8000 }));
  });

  describe('membership', () => {
    it('is none at first, and then what asks for managers is refused in the engine’s words', async () => {
      expect(await engineOf(1).readMembership()).toEqual({
        state: 'inactive',
        node: '',
        address: '',
        isManager: false,
        error: '',
        managers: [],
      });
      expect(await failureOf(engineOf(1).listNodes())).toMatchObject({
        message: expect.stringContaining(
          'cannot list the nodes of the swarm: This node is not a swarm manager',
        ) as string,
      });
    });

    it('init makes a swarm, join takes a token in its body', async () => {
      const listen = (n: number): { readonly advertise: string; readonly listen: string } => ({
        advertise: `10.77.0.${n}`,
        listen: `10.77.0.${n}:2377`,
      });
      await engineOf(1).init(listen(1));
      const tokens = await engineOf(1).readJoinTokens();
      expect(tokens.worker).toMatch(/^SWMTKN-1-/);
      expect(tokens.manager).not.toBe(tokens.worker);
      const remotes = ['10.77.0.1:2377'];
      await engineOf(2).join({ ...listen(2), remotes, token: tokens.worker });
      await engineOf(3).join({ ...listen(3), remotes, token: tokens.manager });
      expect(swarm.machine(2).proxy.listMutating()).toEqual(['POST /v1.41/swarm/join']);
      expect(await engineOf(3).readMembership()).toMatchObject({
        state: 'active',
        address: '10.77.0.3',
        isManager: true,
        error: '',
        managers: expect.arrayContaining([expect.objectContaining({ address: '10.77.0.1:2377' })]) as unknown,
        swarm: { dataPathPort: 4789 },
      });
      expect(await engineOf(2).readMembership()).toMatchObject({ state: 'active', isManager: false });
      expect(await failureOf(engineOf(2).join({ remotes, token: tokens.worker }))).toMatchObject({
        message: expect.stringContaining('already part of a swarm') as string,
      });
    });

    it('lists nodes, and changes role, availability and labels of one', async () => {
      const nodes = await engineOf(3).listNodes();
      expect(nodes.map(({ hostName, role, address }) => [hostName, role, address]).sort()).toEqual([
        ['node1', 'manager', '10.77.0.1'],
        ['node2', 'worker', '10.77.0.2'],
        ['node3', 'manager', '10.77.0.3'],
      ]);
      expect(nodes.filter(({ manager }) => manager?.isLeader).map(({ hostName }) => hostName)).toEqual(['node1']);
      const old = await nodeOf(2);
      await engineOf(1).updateNode(old, { role: 'manager', labels: { zone: 'a' } });
      await swarm.until('node2 is a manager', async () => (await engineOf(2).readMembership()).isManager);
      await engineOf(1).updateNode(await nodeOf(2), { availability: 'drain' });
      expect(await nodeOf(2)).toMatchObject({ availability: 'drain', labels: { zone: 'a' }, role: 'manager' });
      await engineOf(1).updateNode(await nodeOf(2), { availability: 'active' });
      const error = await failureOf(engineOf(1).updateNode(old, { labels: {} }));
      expect(error).toBeInstanceOf(OutOfSequence);
      expect(error).toMatchObject({ message: 'cannot update node "node2": it was changed meanwhile' });
    });
  });

  describe('services', () => {
    it('are made, read back, changed and removed; a login is in a header', async () => {
      const id = await engineOf(1).createService(makeBody(), new RegistryLogin('127.0.0.1:5999', 'admin', SECRET));
      const [service] = await engineOf(2).listServices();
      expect(service).toMatchObject({ id, name: 'web', body: { Labels: { 'docksmith.managed': 'yes' } } });
      expect(service?.body.TaskTemplate.ContainerSpec).toMatchObject({ Image: WEB_IMAGE, Env: ['A=b'] });
      expect(service?.update).toBeUndefined();
      await swarm.until('two tasks run', async () => {
        const tasks = await engineOf(1).listTasks(id);
        return tasks.filter(({ state, container, node }) => state === 'running' && container && node).length === 2;
      });
      const read = service ?? { id, name: 'web', version: 0 };
      await engineOf(1).updateService(read, makeBody({ Mode: { Replicated: { Replicas: 3 } } }));
      expect(await failureOf(engineOf(1).updateService(read, makeBody()))).toBeInstanceOf(OutOfSequence);
      expect((await engineOf(1).listServices())[0]).toMatchObject({
        body: { Mode: { Replicated: { Replicas: 3 } } },
        previous: { Mode: { Replicated: { Replicas: 2 } } },
      });
      expect((await engineOf(1).listTasks()).every(({ service: of }) => of === id)).toBe(true);
      await engineOf(1).removeService(id);
      await engineOf(1).removeService(id);
      expect(await engineOf(1).listServices()).toEqual([]);
    });

    it('a task that fails says why', async () => {
      const id = await engineOf(1).createService(
        makeBody({
          Name: 'broken',
          Mode: { Replicated: { Replicas: 1 } },
          TaskTemplate: {
            ContainerSpec: { Image: WEB_IMAGE, Command: ['/bin/sh', '-c', 'exit 7'] },
            RestartPolicy: { Condition: 'none' },
          },
        }),
      );
      await swarm.until('it failed', async () => (await engineOf(1).listTasks(id))[0]?.state === 'failed');
      expect((await engineOf(1).listTasks(id))[0]).toMatchObject({
        exitCode: 7,
        error: 'task: non-zero exit (7)',
        slot: 1,
        image: WEB_IMAGE,
      });
      await engineOf(1).removeService(id);
    });
  });

  describe.each(['secret', 'config'] as const)('a %s', (kind) => {
    it('of 400 KB is made, listed and removed, and no URL has anything of it', async () => {
      const bytes = Buffer.concat([Buffer.from(SECRET), Buffer.alloc(400_000, 'x')]);
      const id = await engineOf(1).createKept(kind, { name: 'data-1', labels: { a: 'b' }, bytes });
      expect(await engineOf(2).listKept(kind)).toEqual([
        { id, name: 'data-1', labels: { a: 'b' }, created: expect.any(String) as string },
      ]);
      expect(await failureOf(engineOf(1).createKept(kind, { name: 'data-1', labels: {}, bytes }))).toMatchObject({
        message: expect.stringContaining(`cannot create ${kind} "data-1": `) as string,
      });
      await engineOf(1).removeKept(kind, id);
      await engineOf(1).removeKept(kind, id);
      expect(await engineOf(1).listKept(kind)).toEqual([]);
    });
  });

  it('no URL has anything secret', () => {
    const calls = swarm.machines.flatMap(({ proxy }) => proxy.calls);
    expect(calls.length).toBeGreaterThan(30);
    const shown = [SECRET, Buffer.from(SECRET).toString('base64').slice(0, 20), 'SWMTKN'];
    expect(calls.filter((call) => shown.some((text) => call.includes(text)) || call.length > 300)).toEqual([]);
  });

  describe('managers that end', () => {
    it('a killed leader is followed by another one, and calls go on', async () => {
      const leader = (await engineOf(1).listNodes()).find(({ manager }) => manager?.isLeader);
      expect(leader?.hostName).toBe('node1');
      await swarm.kill(1);
      await swarm.until('another leader', async () => {
        const nodes = await engineOf(2)
          .listNodes()
          .catch(() => []);
        return nodes.some(({ manager, hostName }) => manager?.isLeader === true && hostName !== 'node1');
      });
      expect(await engineOf(3).listKept('secret')).toEqual([]);
    });

    it('without a quorum, reading and writing end in a message within the limit, and say what answers', async () => {
      expect((await engineOf(2).readMembership()).managers).toHaveLength(3);
      await swarm.kill(3);
      let error: unknown;
      await swarm.until('it is noticed', async () => {
        const began = performance.now();
        error = await failureOf(engineOf(2).createKept('secret', { name: 'x', labels: {}, bytes: Buffer.from('x') }));
        // the limit, a second for what the engine knows and a second in which managers are counted
        expect(performance.now() - began).toBeLessThan(8000 + 3000);
        // for a while the engine does not even say which managers there are, and the time limit alone is told
        expect([undefined, 'Failure', 'NoQuorum', 'EngineGone']).toContain(
          (error as Error | undefined)?.constructor.name,
        );
        return error instanceof NoQuorum;
      });
      expect(error).toMatchObject({
        // how many answer is counted from the network of the engine, in which this process is not
        message: expect.stringMatching(
          /^cannot create secret "x": the swarm has no leader: \d of 3 managers answer/,
        ) as string,
      });
      // the last leader answers reads until it has noticed, too
      for (const call of [() => engineOf(2).listNodes(), () => engineOf(2).listServices()])
        await swarm.until('it is noticed by reads', async () => {
          const began = performance.now();
          error = await failureOf(call());
          expect(performance.now() - began).toBeLessThan(4000 + 3000);
          return error instanceof NoQuorum;
        });
      // as soon as the managers have found that out
      await swarm.until('it is in a swarm', async () =>
        engineOf(2)
          .readMembership()
          .then(({ state, isManager }) => state === 'active' && isManager)
          .catch(() => false),
      );
    });

    it('one that comes back is enough', async () => {
      await swarm.revive(1);
      await swarm.until('a leader', async () => (await failureOf(engineOf(2).listNodes())) === undefined);
      expect((await engineOf(2).listKept('config')).length).toBe(0);
      await engineOf(1).leave({ force: true });
      expect(await engineOf(1).readMembership()).toMatchObject({ state: 'inactive' });
    });
  });
});
