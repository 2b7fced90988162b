import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import type { Result } from '../support/run.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Takes its time until its own check succeeds. */
const DATABASE =
  '#!/bin/sh\ntrap "exit 0" TERM\nrm -f /state/up\nsleep 1\ntouch /state/up\nwhile :; do sleep 3600 & wait $!; done\n';
/** Does something that takes a second, and says how often it was run. */
const INIT = '#!/bin/sh\nsleep 1\necho prepared\n';

const APPLICATION = `
services:
  app:
    image: sleep:1
    container_name: app
    depends_on: { db: { condition: service_healthy, restart: true } }
  db:
    image: db:1
    container_name: db
    restart: always
    healthcheck: { test: "test -e /state/up", interval: 1s, retries: 9 }
  init:
    image: init:1
    container_name: init
    depends_on: { db: { condition: service_healthy } }
  worker:
    image: sleep:1
    container_name: worker
    restart: unless-stopped
    depends_on:
      init: { condition: service_completed_successfully }
      cache: { condition: service_started }
      tracing: { condition: service_started, required: false }
  cache: { image: "sleep:1", container_name: cache, restart: always }
`;

needs('dockerd')('containers that wait for others', () => {
  const machine = useMachine({ clears: true });
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1');
    await makeSleepImage(machine.engine, 'busybox:local');
    await makeImage(machine.engine, 'db:1', { cmd: ['/db'], files: { '/db': DATABASE, '/state/no': '' } });
    await makeImage(machine.engine, 'init:1', { cmd: ['/init'], files: { '/init': INIT } });
    await makeImage(machine.engine, 'broken:1', {
      cmd: ['/broken'],
      files: { '/broken': '#!/bin/sh\necho no schema\nexit 3\n' },
    });
  });
  beforeEach(async () => {
    host = await machine.makeServer(
      [
        'configuration set docker service status enabled Daemon foreign',
        'configuration set docksmith service status enabled HealthUptime 200ms',
      ],
      { waitsForHealth: true },
    );
  });
  afterEach(async () => {
    await machine.removeContainers();
    await machine.engine.docker('network', 'prune', '--force');
  });

  const set = (...lines: readonly string[]): Promise<void> =>
    host.db(...lines.map((line) => `docker_containers set ${line}`));
  const format = (name: string, template: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', template, name);
  const startOf = async (name: string): Promise<number> => Date.parse(await format(name, '{{.State.StartedAt}}'));
  const endOf = async (name: string): Promise<number> => Date.parse(await format(name, '{{.State.FinishedAt}}'));
  /** when the check that it waits for had succeeded first */
  const healthyAt = async (name: string): Promise<number> =>
    Math.min(
      ...(await format(name, '{{range .State.Health.Log}}{{if eq .ExitCode 0}}{{json .End}} {{end}}{{end}}'))
        .trim()
        .split(' ')
        .map((time) => Date.parse(JSON.parse(time) as string)),
    );
  const listRunning = async (): Promise<readonly string[]> =>
    (await machine.engine.docker('ps', '--format', '{{.Names}}')).split('\n').sort();
  const adopt = async (file: string): Promise<void> => {
    await host.runOrFail('docksmith', ['adopt', '--json', '-f', file]);
  };
  const done = ({ stdout }: Result, step: string): readonly string[] =>
    stdout.split('\n').flatMap((line) => new RegExp(`^S\\d+${step}: (.*)$`).exec(line)?.[1] ?? []);
  async function expectOrder(): Promise<void> {
    expect(await listRunning()).toEqual(['app', 'cache', 'db', 'worker']);
    expect(await healthyAt('db')).toBeLessThanOrEqual(await startOf('app'));
    expect(await startOf('cache')).toBeLessThan(await startOf('worker'));
  }

  it('are started in order on the engine, and after a reboot too, when what has completed is not run again', async () => {
    host.write('/opt/app/compose.yaml', APPLICATION);
    await adopt(host.file('/opt/app/compose.yaml'));
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', 'worker', 'DependsOn'])).toBe(
      'init:completed,cache\n',
    );
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', 'app', 'DependsOn'])).toBe(
      'db:healthy:restart\n',
    );
    const dry = await host.runOrFail('signal-event', ['--dry-run', 'docker-update']);
    expect(dry).toMatch(/create app: not there; when db is healthy$/m);
    expect(dry).toMatch(/create worker: not there; when cache is started, init has completed$/m);

    await host.runOrFail('signal-event', ['docker-update']);
    await expectOrder();
    expect(await healthyAt('db')).toBeLessThanOrEqual(await startOf('init'));
    expect(await endOf('init')).toBeLessThanOrEqual(await startOf('worker'));
    // what is needed by nobody who waits is not held up by those
    expect(await startOf('cache')).toBeLessThan(await startOf('init'));
    const status = await host.runOrFail('docksmith', ['status']);
    expect(status).toMatch(/^init +completed +0\b/m);
    await machine.expectNothingToDo(host);

    const init = await format('init', '{{.Id}} {{.State.StartedAt}}');
    await machine.engine.shutDown();
    await machine.engine.startAgain();
    await host.runOrFail('signal-event', ['docker-boot']);
    await expectOrder();
    expect(await format('init', '{{.Id}} {{.State.StartedAt}}')).toBe(init);
    expect(await machine.engine.docker('logs', 'init')).toBe('prepared');
    await machine.expectNothingToDo(host, 'docker-boot');
    await machine.expectNothingToDo(host);

    // another run spec is another run, before those that wait for it
    await host.db('docker_containers setprop init Env.SCHEMA 2');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await format('init', '{{.Id}} {{.State.StartedAt}}')).not.toBe(init);
    await machine.expectNothingToDo(host);
    // who asked to be restarted along is, when the other one is healthy again
    const app = await format('app', '{{.Id}} {{.State.StartedAt}}');
    await host.db('docker_containers setprop db Env.OTHER 1');
    expect(done(await host.run('signal-event', ['docker-update']), 'docker-reconcile')).toEqual([
      'recreate db: environment OTHER added',
      'restart app: db, which it depends on, is recreated',
      expect.stringContaining('not restarted: ') as string,
    ]);
    expect((await format('app', '{{.Id}} {{.State.StartedAt}}')).slice(0, 64)).toBe(app.slice(0, 64));
    expect(await healthyAt('db')).toBeLessThanOrEqual(await startOf('app'));
    await machine.expectNothingToDo(host);
  });

  it('are not started where what must complete has failed, and the others are', async () => {
    await set(
      'init service status enabled Image broken:1 Restart no',
      'worker service status enabled Image sleep:1 DependsOn init:completed',
      'second service status enabled Image sleep:1 DependsOn worker',
      'free service status enabled Image sleep:1 DependsOn init:completed?',
      'alone service status enabled Image sleep:1',
    );
    const first = await host.run('signal-event', ['docker-update']);
    expect([first.exitCode, first.stderr]).toEqual([
      1,
      expect.stringMatching(
        /cannot create container "worker": it needs "init", and that did not complete: it ended with exit code 3[^]*cannot create container "second": it needs "worker", which was not started: it needs "init"/,
      ),
    ]);
    expect(await listRunning()).toEqual(['alone', 'free']);
    const status = await host.run('docksmith', ['status']);
    expect(status.stdout).toMatch(/^init +failed +3\b/m);
    expect(status.stdout).toContain('init: its run ended with exit code 3, and free, worker wait for it');
    machine.proxy.reset();
    const next = await host.run('signal-event', ['docker-update']);
    expect([next.exitCode, next.stdout]).toEqual([
      1,
      expect.stringMatching(
        /failed init: [^]*not started worker: it needs init[^]*not started second: it needs worker/,
      ),
    ]);
    expect(machine.proxy.listMutating()).toEqual([]);
    await host.db('docker_containers setprop init Image init:1');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await listRunning()).toEqual(['alone', 'free', 'second', 'worker']);
    await machine.expectNothingToDo(host);
  });

  it('wait for what must complete also with HealthWait 0, which is about health alone', async () => {
    await host.db('configuration setprop docksmith HealthWait 0');
    await set(
      'db service status enabled Image db:1 HealthCmd "test -e /state/up" HealthInterval 1s HealthRetries 9',
      'app service status enabled Image sleep:1 DependsOn db:healthy',
      'init service status enabled Image init:1 Restart no',
      'worker service status enabled Image sleep:1 DependsOn init:completed',
      'broken service status enabled Image broken:1 Restart no HealthWait 0',
      'second service status enabled Image sleep:1 DependsOn broken:completed',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('it needs "broken", and that did not complete: it ended with exit code 3'),
    ]);
    expect(await endOf('init')).toBeLessThanOrEqual(await startOf('worker'));
    // one that takes a second until it is healthy was not waited for
    expect(await listRunning()).toEqual(['app', 'db', 'worker']);
    expect((await startOf('app')) - (await startOf('db'))).toBeLessThan(1000);
    await host.db('docker_containers delete broken', 'docker_containers delete second');
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.expectNothingToDo(host);
  });

  it('are restarted and started by hand only when what they need is ready', async () => {
    await set(
      'db service status enabled Image db:1 HealthCmd "test -e /state/up" HealthInterval 1s HealthRetries 9',
      'app service status enabled Image sleep:1 DependsOn db:healthy',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await host.runOrFail('docksmith', ['restart', 'app', 'db']);
    expect(await healthyAt('db')).toBeLessThanOrEqual(await startOf('app'));
    await host.runOrFail('docksmith', ['stop', 'app', 'db']);
    const alone = await host.run('docksmith', ['start', 'app']);
    expect([alone.exitCode, alone.stderr]).toEqual([
      1,
      expect.stringContaining('cannot start container "app": it needs "db", and that is not healthy'),
    ]);
    await host.runOrFail('docksmith', ['start', 'app', 'db']);
    expect(await healthyAt('db')).toBeLessThanOrEqual(await startOf('app'));
  });

  it.each([
    [
      ['app service status enabled Image sleep:1 DependsOn gone'],
      /needs container "gone" by DependsOn, and db docker_/,
    ],
    [
      ['app service status enabled Image sleep:1 DependsOn db', 'db service status disabled Image sleep:1'],
      /needs container "db" by DependsOn, which is disabled/,
    ],
    [
      ['aa service status enabled Image sleep:1 DependsOn bb', 'bb service status enabled Image sleep:1 DependsOn aa'],
      /it needs itself in the end: aa -> bb -> aa[^]*DependsOn of aa, or DependsOn of bb/,
    ],
    [
      ['app service status enabled Image sleep:1 DependsOn db:completed', 'db service status enabled Image sleep:1'],
      /its DependsOn asks that "db" is completed, and that never ends: its Restart is unless-stopped/,
    ],
    [
      [
        'app service status enabled Image sleep:1 DependsOn job:completed',
        'job service status enabled Image init:1 Role job',
      ],
      /asks that "job" is completed, and the Role of that is job: it runs only when it is asked to/,
    ],
  ])('are refused: %j', async (lines, message) => {
    await set(...lines);
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(await listRunning()).toEqual(['']);
  });

  it.each(['depends-healthy', 'depends-optional'])('the Compose file %s comes over whole', async (name) => {
    host.write(
      `/opt/${name}/compose.yaml`,
      readFileSync(path.join(ROOT, `test/data/compose/${name}/compose.yaml`), 'utf8'),
    );
    const said = JSON.parse(
      await host.runOrFail('docksmith', ['adopt', '--json', '-f', host.file(`/opt/${name}/compose.yaml`)]),
    ) as { readonly leftOut: readonly unknown[] };
    expect(said.leftOut).toEqual([]);
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.expectNothingToDo(host);
  });
});
