import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
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
  afterEach(async () => {
    await machine.removeContainers();
    const keys = (await host.run('db', ['docker_containers', 'keys'])).stdout.split('\n').filter(Boolean);
    await host.db(...keys.map((key) => `docker_containers delete ${key}`));
    await host.run('signal-event', ['docker-update']);
  });

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
