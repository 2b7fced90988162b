import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

/** Ends at once until a file is there. */
const FRAGILE = '#!/bin/sh\ntrap "exit 0" TERM\n[ -e /flag/go ] || exit 3\nwhile :; do sleep 3600 & wait $!; done\n';

/** Runs for a moment, as if it was well. */
const SHORT = '#!/bin/sh\nsleep 3\nexit 3\n';
/** The same, and it answers meanwhile. */
const SHORT_WEB = '#!/bin/sh\nnc -ll -p 80 -e /bin/true &\nsleep 0.5\nexit 3\n';

needs('dockerd')('recovery on a real engine', () => {
  let host: Host;
  let refuse: (call: string) => number | undefined = () => undefined;
  const machine = useMachine({ proxy: { refuse: (call) => refuse(call) }, clears: true });
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1');
    await makeImage(machine.engine, 'short:1', { cmd: ['/short'], files: { '/short': SHORT } });
    await makeImage(machine.engine, 'short-web:1', { cmd: ['/short'], files: { '/short': SHORT_WEB } });
    await makeImage(machine.engine, 'fragile:1', { cmd: ['/fragile'], files: { '/fragile': FRAGILE } });
  });
  afterEach(() => {
    refuse = () => undefined;
  });

  async function makeOwnHost(...lines: readonly string[]): Promise<void> {
    host = await machine.makeHealthServer(lines);
  }
  const inspect = (name: string, format: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', format, name);
  const stateOf = (name: string): Promise<string> => inspect(name, '{{.State.Status}}');
  const listNames = async (): Promise<readonly string[]> =>
    (await machine.engine.docker('ps', '--all', '--format', '{{.Names}} {{.State}}'))
      .split('\n')
      .filter((line) => line !== '')
      .sort();

  const STATES = ['created', 'running', 'paused', 'restarting', 'exited'] as const;
  /** A container of each state, all of one run spec but for their names, and with all of them healthy once. */
  async function makeOneOfEach(): Promise<string> {
    const flag = path.join(machine.engine.dir, `flag-${flags++}`);
    mkdirSync(flag);
    writeFileSync(path.join(flag, 'go'), '');
    await makeOwnHost(
      ...STATES.map(
        (state) => `docker_containers set ${state} service status enabled Image fragile:1 MountPath ${flag}:/flag`,
      ),
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const labels = JSON.parse(await inspect('created', '{{json .Config.Labels}}')) as Record<string, string>;
    await machine.engine.docker('rm', '--force', 'created');
    await machine.engine.docker(
      'create',
      '--name',
      'created',
      '--restart',
      'unless-stopped',
      '--volume',
      `${flag}:/flag`,
      ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
      'fragile:1',
    );
    await machine.engine.docker('pause', 'paused');
    await machine.engine.docker('kill', 'exited');
    rmSync(path.join(flag, 'go'));
    // it may be gone before that says how it went
    await machine.engine.tryDocker('exec', 'restarting', 'kill', '-TERM', '1');
    await expect.poll(() => stateOf('restarting'), { timeout: 60_000, interval: 20 }).toBe('restarting');
    expect(await listNames()).toEqual(STATES.map((state) => `${state} ${state}`).sort());
    return path.join(flag, 'go');
  }
  let flags = 0;

  it('starts what is not running of an unchanged record, whatever state it is in', async () => {
    writeFileSync(await makeOneOfEach(), '');
    const running = await inspect('running', '{{.Id}} {{.State.StartedAt}}');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await listNames()).toEqual(STATES.map((state) => `${state} running`).sort());
    expect(await inspect('running', '{{.Id}} {{.State.StartedAt}}')).toBe(running);
  });

  it('puts another run spec in place, whatever state the old container is in: one that ends again and again is repaired by one change and one event', async () => {
    await makeOneOfEach();
    await host.db(...STATES.map((state) => `docker_containers setprop ${state} Image sleep:1`));
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await listNames()).toEqual(STATES.map((state) => `${state} running`).sort());
    expect(await inspect('restarting', '{{.Config.Image}}')).toBe('sleep:1');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
  });

  it('stops what is disabled and removes what has no record, whatever state it is in', async () => {
    await makeOneOfEach();
    await host.db(...STATES.map((state) => `docker_containers setprop ${state} status disabled`));
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await listNames()).toEqual(
      STATES.map((state) => `${state} ${state === 'created' ? 'created' : 'exited'}`).sort(),
    );
    host.stop();
    const ids = (await machine.engine.docker('ps', '--all', '--quiet')).split('\n');
    await machine.engine.docker('rm', ...ids);
    await makeOneOfEach();
    await host.db(...STATES.map((state) => `docker_containers delete ${state}`));
    await host.runOrFail('signal-event', ['docker-update']);
    await host.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
    expect(await listNames()).toEqual([]);
  });

  it('does not end well while a container ends again and again, also where it runs at that moment', async () => {
    await makeOwnHost(
      'docker_containers set short service status enabled Image short:1 Restart always',
      'docker_containers set git service status enabled Image sleep:1',
    );
    // what runs for a moment may be taken for well once
    await host.run('signal-event', ['docker-update']);
    for (const restarts of [1, 2]) {
      await expect
        .poll(() => inspect('short', '{{.RestartCount}} {{.State.Status}}'), { timeout: 60_000, interval: 50 })
        .toMatch(new RegExp(`^(?:[${restarts}-9]|\\d\\d+) running$`));
      const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
      expect(stderr).toMatch(/"short" (ends again and again|has failed before)|container "short"/);
      expect(stderr).not.toContain('git');
      expect(exitCode).toBe(1);
    }
    await host.db('docker_containers setprop short Image sleep:1');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
  });

  it('does not take for well what answers and ends a moment later', async () => {
    await makeOwnHost(
      'docker_containers set short service status enabled Image short-web:1 TCPPort 80 access public Restart always',
      'configuration setprop docksmith HealthUptime 2s',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect(stderr).toMatch(/cannot run container "short": .*it ended/);
    expect(exitCode).toBe(1);
  });

  it('lets the rest go on beside a container that the engine cannot remove, says so once, and is not held up by it again', async () => {
    await makeOwnHost(
      'docker_containers set wiki service status enabled Image sleep:1',
      'docker_containers set git service status enabled Image sleep:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const stuck = path.join(await inspect('wiki', '{{.GraphDriver.Data.UpperDir}}'), 'stuck');
    const id = await inspect('wiki', '{{.Id}}');
    writeFileSync(stuck, '');
    expect((await run('chattr', ['+i', stuck])).exitCode).toBe(0);
    onTestFinished(async () => {
      await run('chattr', ['-i', stuck]);
      await machine.engine.tryDocker('rm', '--force', id);
    });
    await host.db('docker_containers setprop wiki Env A=1', 'docker_containers setprop git Env A=1');
    const event = await host.run('signal-event', ['docker-update']);
    expect([event.exitCode, event.stderr]).toEqual([
      1,
      expect.stringContaining(`cannot remove container "wiki.dead-${id.slice(0, 12)}": `),
    ]);
    const after = ['git running', `wiki.dead-${id.slice(0, 12)} dead`, 'wiki running'].sort();
    expect(await listNames()).toEqual(after);
    machine.proxy.reset();
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(`orphan wiki.dead-${id.slice(0, 12)}: `);
    expect(machine.proxy.listMutating()).toEqual([]);
    // also where the dead one is what has the name
    await machine.engine.docker('rm', '--force', 'wiki');
    await machine.engine.docker('rename', id, 'wiki');
    await host.run('signal-event', ['docker-update']);
    expect(await listNames()).toEqual(after);
    await run('chattr', ['-i', stuck]);
    await host.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
    expect(await listNames()).toEqual(['git running', 'wiki running']);
  });

  it.each([
    ['rename', /\/rename\?/],
    ['create', /\/containers\/create\?/],
    ['stop', /\/stop/],
    ['start', /\/start$/],
    ['remove', /^DELETE /],
  ])('does not hold it against the run spec when the engine fails to %s', async (_, pattern) => {
    await makeOwnHost('docker_containers set wiki service status enabled Image sleep:1');
    await host.runOrFail('signal-event', ['docker-update']);
    await host.db('docker_containers setprop wiki Env A=1');
    let faults = 0;
    refuse = (call) => (pattern.test(call) && faults++ === 0 ? 500 : undefined);
    const event = await host.run('signal-event', ['docker-update']);
    expect([event.exitCode, event.stderr]).toEqual([1, expect.stringContaining('a fault of the engine')]);
    expect(await stateOf('wiki')).toBe('running');
    expect(await host.runOrFail('signal-event', ['docker-update'])).not.toContain('failed wiki');
    expect(await listNames()).toEqual(['wiki running']);
    expect(await inspect('wiki', '{{json .Config.Env}}')).toContain('A=1');
  });

  it('waits for a check that ran after a container was unpaused', async () => {
    await makeOwnHost(
      'docker_containers set job service status enabled Image sleep:1 HealthCmd true HealthInterval 1s HealthRetries 1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('pause', 'job');
    expect(await inspect('job', '{{.State.Health.Status}}')).toBe('unhealthy');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await inspect('job', '{{.State.Status}} {{.State.Health.Status}}')).toBe('running healthy');
  });
});
