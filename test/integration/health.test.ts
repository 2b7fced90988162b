import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage, makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** A program that serves port 80 once a file is there: a database that takes its time. */
const SLOW =
  '#!/bin/sh\ntrap "exit 0" TERM\necho waiting for the word\nwhile [ ! -e /flag/go ]; do sleep 0.1; done\nnc -ll -p 80 -e /bin/true &\nwait $!\n';
/** One that says something and fails. */
const BROKEN = '#!/bin/sh\nfor n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $n"; done\nexit 3\n';

needs('dockerd')('the health of containers on a real engine', () => {
  const machine = useMachine({ clears: true });
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1', { changes: ['VOLUME /state'] });
    await makeWebImage(machine.engine, 'web:1', 'the web');
    await makeImage(machine.engine, 'slow:1', { cmd: ['/slow'], files: { '/slow': SLOW } });
    await makeImage(machine.engine, 'broken:1', { cmd: ['/broken'], files: { '/broken': BROKEN } });
  });
  afterEach(() => machine.proxy.reset());

  async function makeOwnHost(...lines: readonly string[]): Promise<void> {
    host = await machine.makeHealthServer(lines);
  }

  it('restores the old container when the new one does not become healthy, and does not try that spec again until it changes or is asked for', async () => {
    await makeOwnHost(
      'docker_containers set wiki service status enabled Image web:1 TCPPort 80 access public',
      'docker_containers set git service status enabled Image sleep:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const before = await machine.listContainers();
    await host.db('docker_containers setprop wiki Image broken:1');
    const failed = await host.run('signal-event', ['docker-update']);
    expect(failed.exitCode).toBe(1);
    // its own log, the last ten lines of it
    expect(failed.stderr).toMatch(
      /cannot recreate container "wiki": the new one was started, and it ended \d times, the last time with exit code 3; the old one runs again; its last lines were:\n/,
    );
    expect(failed.stderr).toMatch(/line 12$/m);
    expect(failed.stderr.match(/line \d+$/gm)).toHaveLength(10);
    // the same container as before serves again
    const after = await machine.listContainers();
    expect(Object.keys(after).sort()).toEqual(['git', 'wiki']);
    expect(after['git']).toBe(before['git']);
    expect(after['wiki']?.slice(0, 72)).toBe(before['wiki']?.slice(0, 72));

    // an unrelated event
    machine.proxy.reset();
    await host.db('docker_containers setprop git MaxMemory 64');
    const next = await host.run('signal-event', ['docker-update']);
    expect([next.exitCode, next.stdout, next.stderr]).toEqual([
      1,
      expect.stringMatching(/failed wiki: .*exit code 3.*; docksmith reconcile --retry tries again/),
      expect.stringContaining('cannot bring every container to its record: "wiki" has failed before'),
    ]);
    expect(machine.proxy.listMutating()).toHaveLength(1);
    expect(await machine.listContainers()).toEqual(after);
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-update'])).toMatch(/ {2}failed wiki: /);

    // asked for
    const again = await host.run('signal-event', ['--retry', 'docker-update']);
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('the old one runs again')]);
    const fromHere = await host.run('docksmith', ['reconcile', '--retry', '--dry-run']);
    expect(fromHere.stdout).toMatch(/^recreate wiki: /);

    // another spec
    await host.db('docker_containers setprop wiki Image web:1', 'docker_containers setprop wiki Env A=1');
    const changed = await host.runOrFail('signal-event', ['docker-update']);
    expect(changed).toMatch(/recreate wiki: /);
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
  });

  it('asks a port or a path from outside, also where nothing is published', async () => {
    await makeOwnHost(
      'docker_containers set wiki service status enabled Image web:1 HealthPort 80 HealthPath /redirect?elsewhere',
      'configuration setprop docksmith HealthWait 1s',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await host.db('docker_containers setprop wiki HealthPort 81 Env A=1');
    const wrong = await host.run('signal-event', ['docker-update']);
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/within 1s: port 81 does not answer \(connection refused\)/),
    ]);
    expect(Object.keys(await machine.listContainers())).toEqual(['wiki']);
    // what it is asked for is no reason to make it anew, and a change of it is a new try
    await host.db('docker_containers setprop wiki HealthPort 80');
    expect(await host.runOrFail('signal-event', ['docker-update'])).toMatch(/recreate wiki: environment A added/);
    await host.db('docker_containers setprop wiki HealthPath /other HealthWait 20s');
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-update'])).toMatch(/^ {2}nothing to do$/m);
  });

  it('keeps a published port from counting when only the proxy of the engine answers there', async () => {
    await makeOwnHost(
      'configuration setprop docksmith HealthWait 1s',
      'docker_containers set deaf service status enabled Image sleep:1 TCPPort 80 access public',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /cannot run container "deaf": it did not become healthy within 1s: port 80 does not answer/,
      ),
    ]);
    // there is nothing to come back, and it stays for whoever looks into it; the next event leaves it alone
    expect(Object.keys(await machine.listContainers())).toEqual(['deaf']);
    const next = await host.run('signal-event', ['docker-update']);
    expect([next.exitCode, next.stdout]).toEqual([1, expect.stringMatching(/failed deaf: /)]);
  });

  it('starts a container when what it needs is healthy', async () => {
    const flag = path.join(machine.engine.dir, 'flag-order');
    mkdirSync(flag);
    await makeOwnHost(
      `docker_containers set wikidb service status enabled Image slow:1 MountPath ${flag}:/flag HealthPort 80`,
      'docker_containers set wiki service status enabled Image sleep:1 Interlinked wikidb:db',
    );
    const event = host.run('signal-event', ['docker-update']);
    await expect.poll(async () => (await machine.listContainers())['wikidb'], { timeout: 60_000 }).toMatch(/running/);
    // its log tells that it waits, and docksmith has looked at it meanwhile
    await expect
      .poll(
        () => machine.proxy.calls.filter((call) => /^GET \/v[\d.]+\/containers\/[0-9a-f]{64}\/json/.test(call)).length,
        {
          timeout: 60_000,
        },
      )
      .toBeGreaterThan(3);
    expect(Object.keys(await machine.listContainers())).toEqual(['wikidb']);
    writeFileSync(path.join(flag, 'go'), '');
    expect((await event).exitCode).toBe(0);
    expect(Object.keys(await machine.listContainers()).sort()).toEqual(['wiki', 'wikidb']);
  });

  it('does not start what needs one that is not healthy', async () => {
    await makeOwnHost(
      'docker_containers set wikidb service status enabled Image broken:1 Restart no',
      'docker_containers set wiki service status enabled Image sleep:1 Interlinked wikidb:db',
      'docker_containers set git service status enabled Image sleep:1',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /cannot create container "wiki": it needs "wikidb", and that is not healthy: it ended with exit code 3/,
      ),
    ]);
    expect(Object.keys(await machine.listContainers()).sort()).toEqual(['git', 'wikidb']);
    const next = await host.run('signal-event', ['docker-update']);
    expect([next.exitCode, next.stdout, next.stderr]).toEqual([
      1,
      expect.stringMatching(/failed wikidb: [^]*not started wiki: it needs wikidb/),
      expect.stringContaining('"wikidb" has failed before, "wiki" needs "wikidb"'),
    ]);
  });

  it("heeds the check of the container's own", async () => {
    await makeOwnHost(
      'docker_containers set job service status enabled Image sleep:1 HealthCmd "test -e /state/well" HealthInterval 1s HealthRetries 2',
    );
    const sick = await host.run('signal-event', ['docker-update']);
    expect([sick.exitCode, sick.stderr]).toEqual([
      1,
      expect.stringContaining('cannot run container "job": its own check failed (exit code 1)'),
    ]);
    // it becomes well by itself: then it has not failed any more
    await machine.engine.docker('exec', 'job', 'touch', '/state/well');
    await expect
      .poll(() => machine.engine.docker('inspect', '--format', '{{.State.Health.Status}}', 'job'), { timeout: 60_000 })
      .toBe('healthy');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    expect(host.read('/var/lib/docksmith/state/failed-specs.json')).not.toContain('job');
  });

  it('counts a job that has done its work', async () => {
    await makeOwnHost(
      'docker_containers set job service status enabled Image sleep:1 Command /bin/true Restart no',
      'docker_containers set after service status enabled Image sleep:1 Interlinked job',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await machine.listContainers()).toMatchObject({
      job: expect.stringMatching(/exited/) as string,
      after: expect.stringMatching(/running/) as string,
    });
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
  });
});
