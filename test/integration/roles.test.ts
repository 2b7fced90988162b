import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

needs('dockerd')('data containers on a real engine', () => {
  const machine = useMachine();
  let host: Host;
  beforeAll(async () => {
    host = machine.makeHost();
    await makeSleepImage(machine.engine, 'home:1', { changes: ['VOLUME /home'] });
    await makeSleepImage(machine.engine, 'home:2', { changes: ['VOLUME /home', 'ENV NEW=yes'] });
    await makeSleepImage(machine.engine, 'app:1');
  });
  afterEach(() => machine.forgetContainers(host));

  const set = (...lines: readonly string[]): Promise<void> =>
    host.db(...lines.map((line) => `docker_containers ${line}`));
  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
  const inspect = (name: string, format: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', format, name);

  it('is created and never started, and others have its volumes', async () => {
    await set('set home service status enabled Image home:1 Role data');
    await set('set shop service status enabled Image app:1 VolumesFrom home');
    expect(await update()).toMatch(/create home: not there\n.*create shop: not there/);
    expect(await inspect('home', '{{.State.Status}}')).toBe('created');
    await machine.engine.docker('exec', 'shop', 'sh', '-c', 'echo kept > /home/file');
    expect(await update()).toContain('nothing to do');
    expect(await host.runOrFail('docksmith', ['status'])).toMatch(/^home +data .*\nshop +running [^]*?(?!home:)$/m);
    expect(await host.runOrFail('docksmith', ['doctor'])).not.toContain('home');
  });

  it('is recreated with its data, and those that use it follow', async () => {
    await set('set home service status enabled Image home:1 Role data');
    await set('set shop service status enabled Image app:1 VolumesFrom home');
    await update();
    await machine.engine.docker('exec', 'shop', 'sh', '-c', 'echo kept > /home/file');
    await set('setprop home Image home:2');
    expect(await update()).toMatch(/recreate home: image .*\n.*recreate shop: home is recreated/);
    expect(await inspect('home', '{{.State.Status}} {{.Config.Image}}')).toBe('created home:2');
    expect(await machine.engine.docker('exec', 'shop', 'cat', '/home/file')).toBe('kept');
    expect(await update()).toContain('nothing to do');
  });

  it('is stopped where somebody has started it, and is not started by anybody who asks', async () => {
    await set('set home service status enabled Image home:1 Role data');
    await update();
    await machine.engine.docker('start', 'home');
    expect(await update()).toContain('stop home: its Role is data');
    expect(await inspect('home', '{{.State.Running}}')).toBe('false');
    expect(await update()).toContain('nothing to do');
    for (const event of ['docker-container-start', 'docker-container-restart']) {
      const asked = await host.run('signal-event', [event, 'home']);
      expect(asked.exitCode).toBe(1);
      expect(asked.stderr).toMatch(/cannot (re)?start container "home": its Role is data: it is there for its volumes/);
    }
    expect(await host.runOrFail('signal-event', ['docker-boot'])).not.toContain('home');
  });

  it('becomes one and is none again without being recreated', async () => {
    await set('set home service status enabled Image home:1');
    await update();
    const id = await inspect('home', '{{.Id}}');
    await set('setprop home Role data');
    expect(await update()).toContain('stop home: its Role is data');
    await set('setprop home Role service');
    expect(await update()).toContain('start home: stopped');
    expect(await inspect('home', '{{.Id}} {{.State.Running}}')).toBe(`${id} true`);
  });

  it('is refused where somebody would have to reach it', async () => {
    await set('set home service status enabled Image home:1 Role data SubDomain enabled WebPort 80');
    await set('set shop service status enabled Image app:1 Interlinked home');
    const refused = await host.run('signal-event', ['docker-update']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('cannot give container "home" a web address: its Role is data, and it never runs');
    expect(refused.stderr).toContain(
      'cannot link container "shop" with "home": the Role of "home" is data: it never runs, and only its volumes can be used\nhint: db docker_containers setprop shop VolumesFrom home',
    );
    await set('setprop home Role nothing');
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain('Role');
  });
});

/** Asks the engine to make and start a container that has no label of docksmith's. */
const BRING_UP = `#!/bin/sh
ask() {
  { printf 'POST %s HTTP/1.0\\r\\nContent-Type: application/json\\r\\nContent-Length: %s\\r\\n\\r\\n%s' "$1" "\${#2}" "$2"; sleep 2; } |
    socat -t5 - UNIX-CONNECT:/var/run/docker.sock
}
ask '/containers/create?name=guest' '{"Image": "app:1"}'
ask /containers/guest/start ''
trap 'exit 0' TERM
while :; do sleep 3600 & wait $!; done
`;

needs('dockerd', 'socat')('dom0 on a real engine', () => {
  const machine = useMachine();
  let host: Host;
  beforeAll(async () => {
    host = await machine.makeServer([
      'configuration set LocalIP 192.168.1.2',
      `configuration set docker service status enabled Daemon foreign Socket ${machine.engine.socket}`,
    ]);
    await makeSleepImage(machine.engine, 'app:1');
  });
  const inspect = (name: string, format: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', format, name);

  it('has no record where the engine has no image for it', async () => {
    await host.runOrFail('signal-event', ['post-install']);
    expect((await host.run('db', ['docker_containers', 'get', 'dom0'])).exitCode).toBe(1);
  });

  it('has one where the engine has an image dom0:latest, with the socket, of which each plan warns', async () => {
    await makeImage(machine.engine, 'dom0:latest', {
      cmd: ['/bring-up'],
      files: { '/bring-up': BRING_UP },
      programs: ['/usr/bin/socat'],
    });
    expect(await host.runOrFail('signal-event', ['--dry-run', 'post-upgrade'])).toContain(
      'docker_containers dom0 Role dom0',
    );
    const said = await host.runOrFail('signal-event', ['post-upgrade']);
    expect(said).toContain('docker_containers dom0 Role: dom0 (found)');
    expect(said).toContain('create dom0: not there');
    expect(said).toMatch(/warning dom0: it has the engine's socket/);
    await expect.poll(() => inspect('guest', '{{.State.Running}}').catch(() => ''), { timeout: 20_000 }).toBe('true');
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('nothing to do');
    expect(await host.runOrFail('docksmith', ['status'])).not.toContain('guest');
  });

  it('is started at boot before all others are looked at, and what it brings up stays foreign', async () => {
    await host.db('docker_containers set app service status enabled Image app:1 InterLinkPriority -5');
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('rm', '--force', 'guest');
    await machine.engine.docker('stop', 'app', 'dom0');
    const said = await host.runOrFail('signal-event', ['docker-boot']);
    expect(said).toMatch(/start dom0: stopped\n.*start app: stopped\n/);
    const [dom0, app] = [await inspect('dom0', '{{.State.StartedAt}}'), await inspect('app', '{{.State.StartedAt}}')];
    expect(Date.parse(dom0)).toBeLessThan(Date.parse(app));
    await expect.poll(() => inspect('guest', '{{.State.Running}}').catch(() => ''), { timeout: 20_000 }).toBe('true');
    await host.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
    expect(await inspect('guest', '{{.State.Running}}')).toBe('true');
  });

  it('does nothing where its image has gone, and nothing is pulled under its name', async () => {
    await machine.engine.docker('rm', '--force', 'dom0');
    await machine.engine.docker('rmi', 'dom0:latest');
    const said = await host.runOrFail('signal-event', ['docker-update']);
    expect(said).toContain('not started dom0: this server has no image dom0:latest');
    expect(said).not.toContain('pull');
    expect(await host.runOrFail('signal-event', ['docker-boot'])).toContain('not started dom0');
    // of a record of docker_images it is said where it comes from
    await host.db(
      'docker_images set own service Source build BuildPath /nowhere',
      'docker_containers setprop dom0 Image own',
    );
    const built = await host.run('signal-event', ['--dry-run', 'docker-update']);
    expect(built.stdout).toContain('build own:latest: not there, from /nowhere');
  });
});
