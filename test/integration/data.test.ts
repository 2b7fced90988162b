import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const WRITE =
  'mkdir -p /data/sub; echo one > /data/sub/page; chown 123:456 /data/sub; chmod 700 /data/sub; ln /data/sub/page /data/same; truncate -s 40M /data/sparse';

needs('dockerd')('the data of containers', () => {
  const machine = useMachine({ clears: true });
  let host: Host;
  let folder: string;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'app:1', { changes: ['VOLUME /state'], files: { '/data/of the image': 'x' } });
    await makeSleepImage(machine.engine, 'anonymous:1', { changes: ['VOLUME /data'] });
    await makeSleepImage(machine.engine, 'broken:1', { changes: ['ENTRYPOINT ["/no/such/program"]'] });
  });
  beforeEach(async () => {
    host = machine.makeHost({ env: {} });
    folder = host.file('/srv/wiki');
    await host.db(
      `configuration set docker service status enabled Socket ${machine.engine.socket} Daemon foreign DataRoot ${host.file('/data-root')}`,
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status disabled',
      'docker_containers set git service status enabled Image app:1',
      'docker_containers set wiki service status enabled Image app:1 DataMountPath /data',
    );
  });
  afterEach(async () => {
    await machine.removeContainers();
    for (const volume of (await machine.engine.docker('volume', 'ls', '-q')).split('\n').filter((name) => name !== ''))
      await machine.engine.docker('volume', 'rm', volume);
  });

  const format = (container: string, template: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', template, container);
  const inside = (command: string): Promise<string> => machine.engine.docker('exec', 'wiki', 'sh', '-c', command);
  const mountOf = (container: string): Promise<string> =>
    format(container, '{{range .Mounts}}{{if eq .Destination "/data"}}{{.Type}} {{.Name}} {{.RW}}{{end}}{{end}}');
  const volumeFolder = (name: string): Promise<string> =>
    machine.engine.docker('volume', 'inspect', '--format', '{{.Mountpoint}}', name);

  it('makes a volume, or a folder under DataRoot, and mounts it read-only on request', async () => {
    await host.db(
      'docker_containers set host service status enabled Image app:1 DataMount host DataMountPath /data DataMountWrite no',
    );
    const said = await host.runOrFail('signal-event', ['docker-update']);
    expect(said).toContain('volume wiki-data: wanted by wiki\n');
    expect([await mountOf('wiki'), await mountOf('host')]).toEqual(['volume wiki-data true', 'bind  false']);
    expect(await format('host', '{{range .HostConfig.Mounts}}{{.Source}}{{end}}')).toBe(host.file('/data-root/host'));
    expect(await inside('ls /data')).toBe('of the image');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
  });

  it('refuses to leave the data behind, that container alone, and moves it when it is asked for', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    await inside(WRITE);
    const [id, started] = [await format('wiki', '{{.Id}}'), await format('wiki', '{{.State.StartedAt}}')];

    await host.db(
      `docker_containers setprop wiki DataMount host DataMountPath ${folder}:/data`,
      'docker_containers setprop git Env A=b',
    );
    const what = `cannot recreate container "wiki": its data (12 kB) would move from volume wiki-data to folder ${folder}, and it is down while that is copied, about 1 s at 100 MB/s`;
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-update'])).toMatch(
      new RegExp(
        `  recreate git: .*\\n  refused: ${what.replace(/[()]/g, '\\$&').replace('12 kB', '\\d+ kB')}; docksmith reconcile --move-data wiki\\n`,
      ),
    );
    const { exitCode, stdout, stderr } = await host.run('signal-event', ['docker-update']);
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/recreate git: /)]);
    expect(stderr).toMatch(
      /refuse|cannot recreate container "wiki": its data \(\d+ kB\) would move from volume wiki-data/,
    );
    expect([await format('wiki', '{{.Id}}'), await format('wiki', '{{.State.StartedAt}}')]).toEqual([id, started]);

    const moved = await host.runOrFail('docksmith', ['reconcile', '--move-data', 'wiki']);
    expect(moved).toMatch(
      /^recreate wiki: volumes wiki-data:\/data -> \/.*:\/data; its data \(\d+ kB\) is copied first, and it is down meanwhile\n/,
    );
    expect(await mountOf('wiki')).toBe('bind  true');
    expect(await inside('cat /data/same; ls /data')).toBe('one\nof the image\nsame\nsparse\nsub');
    const [sub, page, same, sparse] = ['sub', 'sub/page', 'same', 'sparse'].map((name) =>
      statSync(path.join(folder, name)),
    );
    expect([
      sub?.uid,
      sub?.gid,
      (sub?.mode ?? 0) & 0o777,
      page?.ino === same?.ino,
      sparse?.size,
      (sparse?.blocks ?? 0) < 100,
    ]).toEqual([123, 456, 0o700, true, 40 * 1024 ** 2, true]);
    expect(readdirSync(await volumeFolder('wiki-data'))).toContain('sub');
    expect(readdirSync(path.dirname(folder))).toEqual(['wiki']);
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');

    // and back again: what was left in the volume is in the way until somebody takes it away
    await inside('echo two > /data/sub/page');
    await host.db('docker_containers setprop wiki DataMount container DataMountPath /data');
    await host.run('signal-event', ['docker-update']);
    const refused = await host.run('docksmith', ['reconcile', '--move-data', 'wiki']);
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringContaining('there are files in volume wiki-data already') as string,
    ]);
    expect(await inside('cat /data/sub/page')).toBe('two');
    await machine.engine.docker('volume', 'rm', 'wiki-data');
    await host.runOrFail('docksmith', ['reconcile', '--move-data', 'wiki']);
    expect([await mountOf('wiki'), await inside('cat /data/same')]).toEqual(['volume wiki-data true', 'two']);
  });

  it('takes data out of an anonymous volume too, and starts what was refused if it stands', async () => {
    await host.db('docker_containers set wiki service status enabled Image anonymous:1');
    await host.runOrFail('signal-event', ['docker-update']);
    await inside('echo precious > /data/page');
    await host.db('docker_containers setprop wiki DataMountPath /data');
    await machine.engine.docker('stop', 'wiki');
    expect((await host.run('signal-event', ['docker-update'])).exitCode).toBe(1);
    expect([await format('wiki', '{{.State.Running}}'), await inside('cat /data/page')]).toEqual(['true', 'precious']);
    await host.runOrFail('docksmith', ['reconcile', '--move-data']);
    expect([await mountOf('wiki'), await inside('cat /data/page')]).toEqual(['volume wiki-data true', 'precious']);
  });

  it('brings the container back with its data when the new one does not start, and copies afresh the next time', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    await inside(WRITE);
    const id = await format('wiki', '{{.Id}}');
    await host.db(`docker_containers setprop wiki Image broken:1 DataMount host DataMountPath ${folder}:/data`);
    await host.run('signal-event', ['docker-update']);
    expect((await host.run('docksmith', ['reconcile', '--move-data'])).exitCode).toBe(1);
    expect([await format('wiki', '{{.Id}} {{.State.Running}}'), await inside('cat /data/same')]).toEqual([
      `${id} true`,
      'one',
    ]);
    await inside('echo later > /data/sub/page');
    await host.db('docker_containers setprop wiki Image app:1');
    await host.run('signal-event', ['docker-update']);
    await host.runOrFail('docksmith', ['reconcile', '--move-data']);
    expect([readFileSync(path.join(folder, 'sub/page'), 'utf8'), await mountOf('wiki')]).toEqual([
      'later\n',
      'bind  true',
    ]);
  });

  it('does not copy what another container is writing', async () => {
    await host.db('docker_containers setprop git DataMountPath wiki-data:/data');
    await host.runOrFail('signal-event', ['docker-update']);
    await host.db(`docker_containers setprop wiki DataMount host DataMountPath ${folder}:/data`);
    await host.run('signal-event', ['docker-update']);
    const { exitCode, stderr } = await host.run('docksmith', ['reconcile', '--move-data']);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /would move from volume wiki-data to folder .*, which git uses too\nhint: docksmith stop git, then docksmith reconcile --move-data wiki\n/,
      ),
    ]);
  });

  it('carries anonymous volumes over a recreate, and removes no volume', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    await inside('echo kept > /state/file');
    const volumes = await machine.engine.docker('volume', 'ls', '-q');
    await host.db('docker_containers setprop wiki Env A=b');
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('recreate wiki: environment');
    expect([await inside('cat /state/file'), await machine.engine.docker('volume', 'ls', '-q')]).toEqual([
      'kept',
      volumes,
    ]);
  });
});
