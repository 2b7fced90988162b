import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ContainerWhy } from '../../src/features/why/why-container.ts';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage, makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { type Registry, startRegistry } from '../support/registry.ts';

needs('dockerd', 'registry')('why a container of a real engine is as it is', () => {
  const machine = useMachine({ clears: true });
  let registry: Registry;
  let host: Host;
  beforeAll(async () => {
    registry = await startRegistry(machine.engine);
    await makeWebImage(machine.engine, 'web:1', 'the web');
    await makeSleepImage(machine.engine, 'sleep:1');
    await makeSleepImage(machine.engine, 'sleep:2', { changes: ['ENV SECOND=yes'] });
    await makeImage(machine.engine, 'broken:1', {
      cmd: ['/broken'],
      files: { '/broken': '#!/bin/sh\necho no more\nexit 3\n' },
    });
  });
  afterAll(() => registry.stop());
  beforeEach(async () => {
    host = machine.makeHost({ env: { SUDO_USER: 'alice' }, waitsForHealth: true });
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 127.0.0.1',
      `configuration set docker service status enabled Socket ${machine.engine.socket} Daemon foreign`,
      'configuration set httpd service status enabled Layout redhat ReloadCommand true',
      'configuration set docksmith service status enabled ServiceManager command HealthUptime 300ms HealthWait 5s',
    );
  });

  const ask = async (name: string): Promise<ContainerWhy> =>
    JSON.parse(await host.runOrFail('docksmith', ['why', '--json', name])) as ContainerWhy;
  const asText = (name: string): Promise<string> => host.runOrFail('docksmith', ['why', name]);
  const inspect = (name: string, format: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', format, name);
  const doing = (what: string, cause: string | RegExp, command: string): unknown =>
    expect.objectContaining({
      what,
      cause: typeof cause === 'string' ? cause : (expect.stringMatching(cause) as string),
      command,
      who: 'alice',
    });

  it('tells how it was made, changed, recreated, stopped and started, and by which command', async () => {
    await host.db('docker_containers set wiki service status enabled Image sleep:1 MaxMemory 64');
    expect(await asText('wiki')).toBe('wiki\n  no recorded run created, started or stopped it\n');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await ask('wiki')).toEqual({
      name: 'wiki',
      startedByOthers: false,
      doings: [doing('made', 'not there', 'signal-event docker-update')],
      now: {
        state: 'running',
        created: await inspect('wiki', '{{.Created}}'),
        started: await inspect('wiki', '{{.State.StartedAt}}'),
      },
    });

    await host.db('docker_containers setprop wiki MaxMemory 128');
    await host.runOrFail('signal-event', ['docker-container-update', 'wiki']);
    const updated = doing('updated', 'memory 64m -> 128m', 'signal-event docker-container-update wiki');
    expect((await ask('wiki')).doings).toEqual([updated, doing('made', 'not there', 'signal-event docker-update')]);

    await host.db('docker_containers setprop wiki Env MODE=test');
    await host.runOrFail('signal-event', ['docker-update']);
    const made = doing('made', /^environment .*MODE/, 'signal-event docker-update');
    expect((await ask('wiki')).doings).toEqual([made, updated]);
    const text = await asText('wiki');
    expect(text).toMatch(
      /^wiki\n {2}made [\d-]{10} [\d:]{8} by alice: signal-event docker-update\n {6}recreate: environment [^\n]*MODE[^\n]*\n {2}updated [^\n]*(?:\n {6}wiki)?\n {6}update: memory 64m -> 128m\n {2}now running since [\d-]{10} [\d:]{8}\n$/,
    );
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);

    await host.runOrFail('docksmith', ['restart', 'wiki']);
    expect(await ask('wiki')).toMatchObject({
      startedByOthers: false,
      doings: [doing('started', 'asked for', 'docksmith restart wiki'), made, updated],
    });
    await host.db('docker_containers setprop wiki status disabled');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await asText('wiki')).toMatch(
      /^wiki\n {2}stopped [^\n]*: signal-event docker-update\n {6}stop: disabled\n[^]*\n {2}now exited with exit code 0\n$/,
    );
  });

  it('tells what was done by others: a restart by hand, an end of its own, a container by hand', async () => {
    await host.db('docker_containers set wiki service status enabled Image sleep:1 Restart no');
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('restart', 'wiki');
    expect(await asText('wiki')).toMatch(
      /\n {2}now running since [^\n]*\n {2}started after that by the engine, or by hand: docker inspect tells more\n$/,
    );
    await machine.engine.docker('kill', 'wiki');
    expect(await asText('wiki')).toMatch(/create: not there\n {2}now exited with exit code 137\n$/);
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await ask('wiki')).toMatchObject({
      startedByOthers: false,
      doings: [{ what: 'started', cause: expect.stringMatching(/stopped/) as string }, { what: 'made' }],
    });

    await machine.engine.docker('run', '--detach', '--name', 'theirs', 'sleep:1');
    const { exitCode, stderr } = await host.run('docksmith', ['why', 'theirs']);
    expect([exitCode, stderr]).toEqual([
      1,
      'docksmith: cannot tell why "theirs" is as it is: that container is not docksmith\'s\nhint: docker inspect theirs\n',
    ]);
  });

  it("tells of a new one that did not become healthy, and that the old one runs again by docksmith's hand", async () => {
    await host.db(
      'docker_containers set wiki service status enabled Image web:1 PortMapping custom PortMappingPorts 8080:80 access public',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const id = await inspect('wiki', '{{.Id}}');
    await host.db('docker_containers setprop wiki Image broken:1');
    expect((await host.run('signal-event', ['docker-update'])).exitCode).toBe(1);
    expect(await inspect('wiki', '{{.Id}} {{.State.Running}}')).toBe(`${id} true`);
    const why = await ask('wiki');
    expect(why).toMatchObject({
      startedByOthers: false,
      doings: [
        {
          what: 'made',
          cause: 'image web:1 -> broken:1',
          failure: expect.stringMatching(
            /(?:ended .*exit code 3|did not become healthy within 5s: .*); the old one runs again; its last lines were:/,
          ) as string,
        },
        { what: 'made', cause: 'not there' },
      ],
    });
    expect(why.doings[1]?.failure).toBeUndefined();
    const text = await asText('wiki');
    // how often it ended until it was given up differs, and so where lines are broken
    expect(text).toMatch(
      /^wiki\n {2}made \(failed\) [^\n]*\n {6}recreate: image web:1 -> broken:1\n {6}cannot recreate container "wiki": the new one was started, and it\s[^]*\slast\s+lines\s+were:\n {6}no more\n[^]*\n {2}made [^\n]*\n {6}create: not there\n {2}now running since /,
    );
  });

  it('tells that its own check fails', async () => {
    await host.db(
      'docker_containers set wiki service status enabled Image sleep:1 HealthCmd "test -e /healthy" HealthInterval 1s HealthRetries 1',
    );
    await host.run('signal-event', ['docker-update']);
    await expect.poll(() => inspect('wiki', '{{.State.Health.Status}}'), { timeout: 30_000 }).toBe('unhealthy');
    expect(await asText('wiki')).toMatch(/\n {2}now running and unhealthy since /);
    await machine.engine.docker('exec', 'wiki', 'touch', '/healthy');
    await expect.poll(() => inspect('wiki', '{{.State.Health.Status}}'), { timeout: 30_000 }).toBe('healthy');
    expect(await asText('wiki')).toMatch(/\n {2}now running and healthy since /);
  });

  it('tells of an image that was pulled again', async () => {
    const login = `Registry ${registry.address} RegistryUser ${registry.user} RegistryPassword "${registry.password}"`;
    const old = await registry.push('sleep:1', 'new:1');
    await host.db(
      `docker_images set new service Tag 1 ${login}`,
      'docker_containers set wiki service status enabled Image new',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const kept = await inspect('wiki', '{{.Image}}');
    const now = await registry.push('sleep:2', 'new:1');
    // the name means the old image on this engine until it is asked for the new one
    await machine.engine.docker('tag', kept, `${registry.address}/new:1`);
    await host.runOrFail('signal-event', ['docker-image-update', 'wiki']);
    expect((await ask('wiki')).doings).toEqual([
      doing('made', `image ${old.slice(0, 19)} -> ${now.slice(0, 19)}`, 'signal-event docker-image-update wiki'),
    ]);
  });

  it('tells who answers at an address, and how that container is', async () => {
    await host.db(
      'docker_containers set wiki service status enabled Image web:1 SubDomain enabled WebAlias docs WebPort 80',
    );
    const before = await host.runOrFail('docksmith', ['why', 'wiki.example.test']);
    expect(before).toMatch(/^vhost +none is written yet\nasks +no port was allocated yet\ncontainer +wiki$/m);
    await host.runOrFail('signal-event', ['docker-update']);
    const port = await inspect('wiki', '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}');
    for (const [target, line] of [
      ['http://wiki.example.test/some/page', 'ServerName wiki.example.test'],
      ['/docs/', '<Location "/docs/">'],
    ] as const) {
      const said = await host.runOrFail('docksmith', ['why', target]);
      const [, file = '', number = ''] = /^vhost +(\S+):(\d+)$/m.exec(said) ?? [];
      expect(host.read(file).split('\n')[Number(number) - 1]?.trim()).toBe(line);
      expect(said).toMatch(
        new RegExp(`^asks +http://127\\.0\\.0\\.1:${port}/\ncontainer +wiki \\(running\\)\nimage +web:1\n$`, 'm'),
      );
    }
    // what it says is true: there Apache would be answered
    expect(
      (await machine.namespace.run('busybox', ['wget', '-q', '-O-', `http://127.0.0.1:${port}/x`])).stdout,
    ).toMatch(/^I am the web/);
    await machine.engine.docker('pause', 'wiki');
    expect(await host.runOrFail('docksmith', ['why', 'wiki.example.test'])).toMatch(/^container +wiki \(paused\)$/m);
    await machine.engine.docker('unpause', 'wiki');
  });
});
