import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/** Reads its configuration when it starts and on SIGHUP, and says what it read. */
const READER =
  '#!/bin/sh\ntrap "exit 0" TERM\nread_it() { cat /conf/app.conf /app.conf 2>/dev/null > /tmp/read; echo "read $(cat /tmp/read)"; }\ntrap read_it HUP\nread_it\nwhile :; do sleep 3600 & wait $!; done\n';

needs('dockerd')('generated files that containers mount', () => {
  const machine = useMachine({ clears: true });
  let host: Host;
  beforeAll(async () => {
    await makeImage(machine.engine, 'app:1', { cmd: ['/run'], files: { '/run': READER } });
  });
  beforeEach(async () => {
    host = machine.makeHost({ env: {} });
    host.write('/etc/docksmith/templates/etc/app/conf.d/app.conf/10all', 'Greeting {{config.greeting}}\n');
    host.write('/etc/docksmith/templates/etc/app/alone.conf/10all', 'Alone {{config.alone}}\n');
    for (const file of ['conf.d/app.conf', 'alone.conf'])
      host.write(`/etc/docksmith/templates/etc/app/${file}/template-begin`, '');
    for (const event of ['docker-update', 'docker-container-update'])
      for (const file of ['conf.d/app.conf', 'alone.conf'])
        host.write(`/etc/docksmith/events/${event}/templates2expand/etc/app/${file}`, '');
    const [folder, alone] = [host.file('/etc/app/conf.d'), host.file('/etc/app/alone.conf')];
    await host.db(
      `configuration set docker service status enabled Socket ${machine.engine.socket} Daemon foreign`,
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status disabled',
      'configuration set greeting hello',
      'configuration set alone one',
      `docker_containers set folder service status enabled Image app:1 MountPath ${folder}:/conf`,
      `docker_containers set hup service status enabled Image app:1 MountPath ${folder}:/conf ReloadSignal HUP`,
      `docker_containers set looks service status enabled Image app:1 MountPath ${folder}:/conf ReloadSignal none`,
      `docker_containers set single service status enabled Image app:1 MountPath ${alone}:/app.conf ReloadSignal HUP`,
      `docker_containers set host service status enabled Image app:1 MountPath ${host.file('/etc')}:/host-etc:ro`,
    );
  });

  const NAMES = ['folder', 'hup', 'looks', 'single', 'host'];
  const hasRead = (name: string): Promise<string> => machine.engine.docker('exec', name, 'cat', '/tmp/read');
  const sees = (name: string): Promise<string> =>
    machine.engine.docker('exec', name, 'sh', '-c', 'cat /conf/app.conf /app.conf 2>/dev/null || true');
  const starts = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries(
      (await Promise.all(
        NAMES.map(async (name) => [
          name,
          await machine.engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', name),
        ]),
      )) as readonly (readonly [string, string])[],
    );
  const listTouched = (
    before: Readonly<Record<string, string>>,
    after: Readonly<Record<string, string>>,
  ): readonly string[] => NAMES.filter((name) => before[name] !== after[name]);
  const containerLines = (text: string): readonly string[] =>
    text
      .split('\n')
      .filter((line) => line.includes('S50docker-reconcile: '))
      .map((line) => line.replace('S50docker-reconcile: ', ''));

  it('are there when the containers are made in the same event, and change nothing while they stay the same', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await Promise.all(['folder', 'hup', 'single'].map(hasRead))).toEqual([
      'Greeting hello',
      'Greeting hello',
      'Alone one',
    ]);
    const before = await starts();
    expect(containerLines(await host.runOrFail('signal-event', ['docker-update']))).toEqual(['nothing to do']);
    expect(listTouched(before, await starts())).toEqual([]);
  });

  it('restart or signal those that mount them when they change, and no others', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    const before = await starts();
    await host.db('configuration set greeting goodbye');
    const dry = await host.runOrFail('signal-event', ['--dry-run', 'docker-update']);
    expect(dry).toContain(
      '  update hup: /etc/app/conf.d/app.conf changed, send HUP\n  restart folder: /etc/app/conf.d/app.conf changed\n',
    );
    expect(containerLines(await host.runOrFail('signal-event', ['docker-update'])).slice(0, 2)).toEqual([
      'update hup: /etc/app/conf.d/app.conf changed, send HUP',
      'restart folder: /etc/app/conf.d/app.conf changed',
    ]);
    expect(listTouched(before, await starts())).toEqual(['folder']);
    expect(await hasRead('folder')).toBe('Greeting goodbye');
    await expect.poll(() => hasRead('hup'), { timeout: 30_000 }).toBe('Greeting goodbye');
    expect([await sees('looks'), await hasRead('looks')]).toEqual(['Greeting goodbye', 'Greeting hello']);
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
  });

  it('are mounted again by a restart where one is mounted by itself, also with a signal', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    const before = await starts();
    await host.db('configuration set alone two');
    await host.runOrFail('expand-template', ['/etc/app/alone.conf']);
    // the mount holds on to the file that was renamed away
    expect([host.read('/etc/app/alone.conf'), await sees('single')]).toEqual(['Alone two\n', 'Alone one']);
    expect(await host.runOrFail('docksmith', ['reconcile'])).toMatch(
      /^restart single: \/etc\/app\/alone\.conf changed\n/,
    );
    expect([await sees('single'), listTouched(before, await starts())]).toEqual(['Alone two', ['single']]);
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
  });

  it('are known by the time of the start where nothing was written down, as with a container of an earlier release', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    host.remove('/var/lib/docksmith/state/mounted-files.json');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    host.remove('/var/lib/docksmith/state/mounted-files.json');
    await host.db('configuration set alone three');
    await host.runOrFail('expand-template', ['/etc/app/alone.conf']);
    expect(await host.runOrFail('docksmith', ['reconcile'])).toMatch(/^restart single: /);
    // restarted by somebody else: it has read what is there now
    await host.db('configuration set alone four');
    await host.runOrFail('expand-template', ['/etc/app/alone.conf']);
    await machine.engine.docker('restart', 'single');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    expect(await sees('single')).toBe('Alone four');
  });
});
