import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage, makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/docksmith.js');

/** Counts its runs in its volume, and goes on until it is told to end. */
const JOB = '#!/bin/sh\necho run >> /data/runs\ntrap "exit 143" TERM\nwhile [ ! -e /data/end ]; do sleep 0.1; done\n';

/** Each is dozens of processes. */
const LONG = { timeout: 600_000 };

needs('dockerd', 'socat')('what is killed half way and run again', () => {
  /** told of each call that the engine has done */
  let onDone: (call: string, count: number) => boolean = () => true;
  const machine = useMachine({ proxy: { onMutated: (call, count) => onDone(call, count) } });
  let host: Host;
  beforeAll(async () => {
    host = await machine.makeServer([
      'configuration set LocalIP 192.168.1.2',
      `configuration set docker service status enabled Daemon foreign Socket ${machine.proxy.socket}`,
    ]);
    for (const n of ['1', '2']) {
      await makeSleepImage(machine.engine, `home:${n}`, { changes: ['VOLUME /home', `ENV N=${n}`] });
      await makeWebImage(machine.engine, `web:${n}`, n);
      await makeImage(machine.engine, `job:${n}`, { cmd: ['/job'], files: { '/job': JOB, '/data/readme': n } });
    }
    await makeSleepImage(machine.engine, 'app:1');
    await makeSleepImage(machine.engine, 'dom0:latest');
  });
  afterEach(() => machine.forgetContainers(host));

  const set = (...lines: readonly string[]): Promise<void> =>
    host.db(...lines.map((line) => `docker_containers ${line}`));
  const inspect = (name: string, format: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', format, name);
  const exec = (name: string, ...command: readonly string[]): Promise<string> =>
    machine.engine.docker('exec', name, ...command);

  /** @returns whether it was killed, once the engine had done so many things for it */
  async function killAfter(count: number, args: readonly string[]): Promise<boolean> {
    machine.proxy.reset();
    const [command, words] = machine.namespace.command(process.execPath, [PROGRAM, ...args]);
    const child = spawn(command, words, {
      env: {
        ...process.env,
        DBPATH: undefined,
        DOCKSMITH_ROOT: host.root,
        DOCKER_HOST: `unix://${machine.proxy.socket}`,
      },
      stdio: 'ignore',
    });
    const ended = once(child, 'close');
    onDone = (_call, done) => {
      if (done !== count) return true;
      child.kill('SIGKILL');
      return false;
    };
    await ended;
    onDone = () => true;
    return child.signalCode === 'SIGKILL';
  }

  /**
   * Kills what brings about a change after each thing that it has the engine do, and runs it again.
   * @param change the nth; each is another one
   * @param check that all is as wanted
   * @returns how often it was killed
   */
  async function killEverywhere(
    args: readonly string[],
    change: (n: number) => Promise<unknown>,
    check: (n: number) => Promise<unknown>,
  ): Promise<number> {
    for (let n = 1; ; n++) {
      await change(n);
      const isKilled = await killAfter(n, args);
      if (isKilled) await host.runOrFail('docksmith', args);
      await check(n);
      machine.proxy.reset();
      const again = await host.runOrFail('docksmith', ['signal-event', 'docker-update']);
      expect([n, machine.proxy.listMutating(), again]).toEqual([n, [], expect.stringContaining('nothing to do')]);
      expect([n, await listAside()]).toEqual([n, []]);
      if (!isKilled) return n - 1;
    }
  }

  const listAside = async (): Promise<readonly string[]> =>
    Object.keys(await machine.listContainers()).filter((name) => name.includes('.docksmith-'));

  const UPDATE = ['signal-event', 'docker-update'];

  it('recreates a container for data with its data, and those that use it', LONG, async () => {
    await set(
      'set home service status enabled Image home:2 Role data',
      'set shop service status enabled Image app:1 VolumesFrom home',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await exec('shop', 'sh', '-c', 'echo kept > /home/file');
    const volume = await inspect('home', '{{(index .Mounts 0).Name}}');
    const kills = await killEverywhere(
      UPDATE,
      (n) => set(`setprop home Image home:${2 - (n % 2)}`),
      async (n) => {
        expect([n, await inspect('home', '{{.State.Status}} {{.Config.Image}} {{(index .Mounts 0).Name}}')]).toEqual([
          n,
          `created home:${2 - (n % 2)} ${volume}`,
        ]);
        expect([n, await exec('shop', 'cat', '/home/file')]).toEqual([n, 'kept']);
      },
    );
    expect(kills).toBeGreaterThan(5);
  });

  it('starts dom0 and then all others at boot', LONG, async () => {
    await set(
      'set dom0 service status enabled Role dom0',
      'set app service status enabled Image app:1 InterLinkPriority -5',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const kills = await killEverywhere(
      ['signal-event', 'docker-boot'],
      () => machine.engine.docker('stop', 'app', 'dom0'),
      async (n) => {
        const [dom0, app] = [
          await inspect('dom0', '{{.State.StartedAt}}'),
          await inspect('app', '{{.State.StartedAt}}'),
        ];
        expect([n, Date.parse(dom0) <= Date.parse(app)]).toEqual([n, true]);
        for (const name of ['dom0', 'app']) expect(await inspect(name, '{{.State.Running}}')).toBe('true');
      },
    );
    expect(kills).toBe(2);
  });

  it('makes an ambassador, leads it elsewhere, and removes it', LONG, async () => {
    await set(
      'set one service status enabled Image web:1',
      'set two service status enabled Image web:2',
      'set app service status enabled Image app:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const targets = ['two:80', 'one:80'];
    const ask = (): Promise<string> => exec('app', 'wget', '-q', '-O-', 'http://web/');
    const answers = async (n: number, text: string): Promise<void> => {
      // socat may not listen yet
      await expect.poll(() => ask().catch(() => ''), { timeout: 20_000 }).toContain(`I am ${text}\n`);
      const consumers = await inspect('app', '{{.State.Running}}');
      expect([n, consumers]).toEqual([n, 'true']);
    };
    await set('set amb service status enabled Role ambassador Target 80=one:80', 'setprop app Interlinked amb:web');
    const made = await killEverywhere(
      UPDATE,
      (n) => (n === 1 ? Promise.resolve() : machine.engine.docker('rm', '--force', 'amb', 'app')),
      (n) => answers(n, '1'),
    );
    const switched = await killEverywhere(
      UPDATE,
      (n) => set(`setprop amb Target 80=${targets[(n + 1) % 2] ?? ''}`),
      (n) => answers(n, n % 2 === 1 ? '2' : '1'),
    );
    await set('delete amb', 'delprop app Interlinked');
    await host.runOrFail('docksmith', UPDATE);
    const remove = ['reconcile', '--remove-orphans'];
    expect(await killAfter(1, remove)).toBe(true);
    await host.runOrFail('docksmith', remove);
    expect(Object.keys(await machine.listContainers())).toEqual(['app', 'one', 'two']);
    expect([made > 2, switched > 2]).toEqual([true, true]);
  });

  describe('a job', () => {
    const runs = async (name: string): Promise<number> =>
      (
        await machine.engine
          .docker('run', '--rm', '-v', `${name}-data:/data`, 'app:1', 'cat', '/data/runs')
          .catch(() => '')
      )
        .split('\n')
        .filter((line) => line === 'run').length;
    const START = ['signal-event', 'docker-container-start', 'backup'];
    const end = async (name: string): Promise<void> => {
      await exec(name, 'touch', '/data/end');
      await expect.poll(() => inspect(name, '{{.State.Status}}'), { timeout: 10_000 }).toBe('exited');
    };
    const make = (name: string): Promise<void> =>
      set(`set ${name} service status enabled Image job:1 Role job Volumes ${name}-data:/data`);
    afterEach(async () => {
      await machine.removeContainers();
      for (const name of ['backup', 'first', 'second'])
        await machine.engine.docker('volume', 'rm', '--force', `${name}-data`);
    });

    it('runs once, whether docksmith was killed before or after it began, and after a change too', LONG, async () => {
      await make('backup');
      await host.runOrFail('signal-event', ['docker-update']);
      const all = new Set<string>();
      for (let n = 1; ; n++) {
        const before = await runs('backup');
        const isKilled = await killAfter(n, START);
        const id = (await machine.engine.tryDocker('inspect', '--format', '{{.Id}} {{.State.Running}}', 'backup'))
          .stdout;
        await host.runOrFail('docksmith', START);
        // one that ran already is the same, and goes on
        if (id.trim().endsWith('true')) expect(await inspect('backup', '{{.Id}} {{.State.Running}}')).toBe(id.trim());
        expect([n, await inspect('backup', '{{.State.Running}} {{.Config.Image}}')]).toEqual([
          n,
          `true job:${2 - (n % 2)}`,
        ]);
        await expect.poll(() => runs('backup')).toBe(before + 1);
        all.add(isKilled ? 'killed' : 'done');
        machine.proxy.reset();
        expect(await host.runOrFail('docksmith', UPDATE)).toContain('nothing to do');
        expect([n, machine.proxy.listMutating(), await listAside()]).toEqual([n, [], []]);
        // a change that is left until it has ended, for its next start
        await set(`setprop backup Image job:${2 - ((n + 1) % 2)}`);
        expect(await host.runOrFail('docksmith', UPDATE)).toContain('backup runs, and is a job');
        await exec('backup', 'sh', '-c', 'touch /data/end');
        await expect.poll(() => inspect('backup', '{{.State.Status}}'), { timeout: 10_000 }).toBe('exited');
        await machine.engine.docker('run', '--rm', '-v', 'backup-data:/data', 'app:1', 'rm', '/data/end');
        if (!isKilled) break;
      }
      expect([...all].sort()).toEqual(['done', 'killed']);
    });

    it('that is killed itself has failed, and nothing but its next start runs it', async () => {
      await make('backup');
      await host.runOrFail('signal-event', ['docker-update']);
      await host.runOrFail('docksmith', START);
      await expect.poll(() => runs('backup')).toBe(1);
      await machine.engine.docker('kill', 'backup');
      expect(await host.runOrFail('docksmith', ['status'])).toMatch(/^backup +failed +137/m);
      for (const event of ['docker-update', 'docker-boot'])
        expect(await host.runOrFail('signal-event', [event])).not.toContain('start backup');
      expect(await runs('backup')).toBe(1);
      expect(await host.runOrFail('docksmith', START)).toContain('start backup: asked for');
      await expect.poll(() => runs('backup')).toBe(2);
      await end('backup');
    });

    it('that was missed runs once, also where docker-boot was killed between two of them', LONG, async () => {
      for (const name of ['first', 'second']) await make(name);
      await set('setprop first RunAt "* * * * *" Persistent yes', 'setprop second RunAt "* * * * *" Persistent yes');
      await host.runOrFail('signal-event', ['docker-update']);
      await sleep(60_500 - (Date.now() % 60_000));
      expect(await killAfter(1, ['signal-event', 'docker-boot'])).toBe(true);
      await host.runOrFail('signal-event', ['docker-boot']);
      for (const name of ['first', 'second']) {
        await expect.poll(() => runs(name)).toBe(1);
        expect(await inspect(name, '{{.State.Running}}')).toBe('true');
      }
      // it is due again by now, but runs
      machine.proxy.reset();
      await host.runOrFail('signal-event', ['docker-boot']);
      expect(machine.proxy.listMutating()).toEqual([]);
      for (const name of ['first', 'second']) await end(name);
    });
  });
});
