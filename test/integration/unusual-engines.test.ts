import { existsSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { inParallel } from '../support/run.ts';

const OURS = ['w1', 'w2', 'w3', 'w4', 'w5'] as const;

needs('dockerd')('an engine that is restarted in the middle of an event', () => {
  let onMutated: (call: string) => boolean | Promise<boolean> = () => true;
  const machine = useMachine({ proxy: { onMutated: (call) => onMutated(call) }, clears: true });
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1', { changes: ['VOLUME /state'] });
  });
  afterEach(() => {
    onMutated = () => true;
  });

  async function restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (signal === 'SIGTERM') await machine.engine.shutDown();
    else {
      const { pid } = machine.engine;
      process.kill(pid, 'SIGKILL');
      while (existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '))
        await setTimeout(20);
    }
    // its containerd has ended with it; nobody may have collected that process, and dockerd would wait for it
    rmSync(path.join(machine.engine.dir, 'exec/containerd/containerd.pid'), { force: true });
    await machine.engine.startAgain();
  }

  it.each([
    ['SIGTERM', 'create'],
    ['SIGTERM', 'start'],
    ['SIGKILL', 'create'],
    ['SIGKILL', 'start'],
  ] as const)(
    'by %s at the third %s: the event says so, and the next one completes it, with every container once',
    { timeout: 300_000 },
    async (signal, moment) => {
      host = await machine.makeServer(
        [
          'configuration set LocalIP 127.0.0.1',
          'configuration set docker service status enabled Daemon foreign',
          'configuration set docksmith service status enabled HealthWait 30s HealthUptime 300ms',
          ...OURS.map(
            (name) => `docker_containers set ${name} service status enabled Image sleep:1 Env A=1 Restart always`,
          ),
        ],
        { waitsForHealth: true },
      );
      await host.runOrFail('signal-event', ['docker-update']);
      for (const name of OURS) await machine.engine.docker('exec', name, 'sh', '-c', `echo ${name} > /state/mark`);
      await host.db(...OURS.map((name) => `docker_containers setprop ${name} Env A=2`));
      const volumes = await machine.engine.docker('volume', 'ls', '--quiet');
      let count = 0;
      onMutated = async (call) => {
        if (!call.includes(moment === 'create' ? '/containers/create' : '/start') || ++count !== 3) return true;
        await restart(signal);
        return false;
      };
      const event = await host.run('signal-event', ['docker-update']);
      expect(count).toBeGreaterThanOrEqual(3);
      onMutated = () => true;
      expect([event.exitCode, event.stderr]).toEqual([
        1,
        expect.stringMatching(/the engine at .* does not answer: the connection was broken off\n/),
      ]);
      expect(event.stderr).not.toMatch(/^\s+at /m);
      // the old one of the third has its name again
      expect(Object.keys(await machine.listContainers())).toEqual(OURS);
      const next = await host.run('signal-event', ['docker-update']);
      expect([next.exitCode, next.stderr]).toEqual([0, '']);
      const after = await machine.listContainers();
      expect(Object.entries(after).map(([name, state]) => `${name} ${state.split(' ')[1] ?? ''}`)).toEqual(
        OURS.map((name) => `${name} running`),
      );
      for (const name of OURS)
        expect(await machine.engine.docker('exec', name, 'sh', '-c', 'echo $A $(cat /state/mark)')).toBe(`2 ${name}`);
      expect(await machine.engine.docker('volume', 'ls', '--quiet')).toBe(volumes);
      expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    },
  );
});

needs('dockerd')('a thousand containers of others', () => {
  const machine = useMachine();
  const COUNT = 1000;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1');
    await inParallel([...Array(COUNT).keys()], (n) => createForeign(`foreign-${n}`));
  }, 600_000);

  async function createForeign(name: string): Promise<void> {
    const body = JSON.stringify({ Image: 'sleep:1', Labels: { 'com.example.of': 'others' } });
    await new Promise<void>((resolve, reject) => {
      const request = http.request(
        {
          socketPath: machine.engine.socket,
          method: 'POST',
          path: `/containers/create?name=${name}`,
          headers: { 'content-type': 'application/json', 'content-length': body.length },
        },
        (answer) => {
          answer
            .resume()
            .on('end', () => (answer.statusCode === 201 ? resolve() : reject(new Error(`${answer.statusCode ?? 0}`))));
        },
      );
      request.on('error', reject).end(body);
    });
  }
  const listForeign = async (): Promise<readonly string[]> =>
    (
      await machine.engine.docker(
        'ps',
        '--all',
        '--no-trunc',
        '--filter',
        'label=com.example.of',
        '--format',
        '{{.ID}} {{.Names}} {{.Status}}',
      )
    )
      .split('\n')
      .sort();

  it('are left alone, cost no call each, and are not in the way of what status, doctor and exposure say', {
    timeout: 600_000,
  }, async () => {
    const before = await listForeign();
    expect(before).toHaveLength(COUNT);
    const host = await machine.makeServer([
      'configuration set LocalIP 127.0.0.1',
      'configuration set docker service status enabled Daemon foreign',
      ...OURS.map((name) => `docker_containers set ${name} service status enabled Image sleep:1`),
    ]);
    const ids = before.map((line) => line.slice(0, 64));
    const asked = async (work: () => Promise<string>): Promise<readonly [text: string, calls: number]> => {
      machine.proxy.reset();
      const text = await work();
      const { calls } = machine.proxy;
      expect(calls.filter((call) => call.includes('foreign-') || ids.some((id) => call.includes(id)))).toEqual([]);
      expect(calls.length).toBeLessThan(100);
      return [text, calls.length];
    };
    expect((await asked(() => host.runOrFail('signal-event', ['docker-update'])))[0]).toContain(
      'create w5: not there\n',
    );
    await host.db('docker_containers setprop w1 Env A=1', 'docker_containers delete w2');
    expect((await asked(() => host.runOrFail('signal-event', ['docker-update'])))[0]).toContain('recreate w1: ');
    expect((await asked(() => host.runOrFail('docksmith', ['reconcile', '--remove-orphans'])))[0]).toMatch(/remove w2/);
    for (const verb of ['status', 'doctor', 'exposure', 'plan']) {
      const [text] = await asked(async () => (await host.run('docksmith', [verb])).stdout);
      expect([verb, text.split('\n').length < 40, text.includes('foreign-')]).toEqual([verb, true, false]);
    }
    expect(await listForeign()).toEqual(before);
  });
});
