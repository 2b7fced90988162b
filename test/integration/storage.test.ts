import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeImage, makeSleepImage } from '../support/image.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { writeRestartScript } from '../support/restart-script.ts';
import { run } from '../support/run.ts';

const DAEMON_JSON = '/etc/docker/daemon.json';

needs('dockerd')('another storage driver', () => {
  let namespace: Namespace;
  beforeEach(async () => (namespace = await makeNamespace()));
  afterEach(() => namespace.remove());

  async function makeStorageHost(): Promise<{ readonly host: Host; readonly engine: Dockerd }> {
    const host = makeHost({ namespace });
    onTestFinished(() => host.stop());
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 127.0.0.1',
      `configuration set docker service status enabled Socket ${host.file('/run/docker.sock')} DataRoot ${host.file('/data')} Network 172.29.0.0 Mask 24 Filter disabled`,
      'configuration set httpd service status disabled',
      'configuration set docksmith service ServiceManager command',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
    );
    mkdirSync(host.file('/run'), { recursive: true });
    for (const template of [DAEMON_JSON, '/etc/sysconfig/docker']) await host.runOrFail('expand-template', [template]);
    const engine = await startDockerd({
      namespace,
      configFile: host.file(DAEMON_JSON),
      socket: host.file('/run/docker.sock'),
      args: ['-H', `unix://${host.file('/run/docker.sock')}`],
    });
    onTestFinished(() => engine.stop());
    writeRestartScript(host, engine);
    onTestFinished(async () => {
      await engine.tryDocker('rm', '--force', 'app', 'stranger');
      await run('/bin/sh', [host.file('/stop-engine')]);
    });
    return { host, engine };
  }

  it('is refused, moved to on request, stays so when killed half way, and is moved back', async () => {
    const { host, engine } = await makeStorageHost();
    expect(await engine.docker('info', '--format', '{{.Driver}}')).toBe('overlay2');
    await makeImage(engine, 'app:1', { cmd: ['sleep', '3600'], changes: ['VOLUME /cache'] });
    await host.db(
      'docker_images set app image Tag 1 Source local',
      'docker_containers set app service status enabled Image app Volumes notes:/notes StopTimeout 0s',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await engine.docker('exec', 'app', 'sh', '-c', 'echo kept > /notes/file');
    await engine.docker('run', '--detach', '--init', '--name', 'stranger', 'app:1');
    expect(await host.runOrFail('docksmith', ['storage'])).toMatch(
      /^driver +overlay2, the engine's own choice\nfile system .*\ndata root .*\/data\nfree .*\nanother driver hides +app, stranger, 1 image; volumes stay\n\nok /,
    );

    // refused by an event, a dry run and a single template, and nothing is touched
    await host.db('configuration setprop docker StorageDriver vfs');
    const before = [host.snapshot('/etc'), await engine.docker('ps', '--format', '{{.Names}} {{.State}}')];
    const refusal = `cannot change the StorageDriver of docker to "vfs": the engine keeps 2 containers and 1 image with driver overlay2, and they would seem gone, with all that containers wrote outside of volumes\n`;
    for (const [program, args] of [
      ['signal-event', ['docker-update']],
      ['signal-event', ['--dry-run', 'docker-update']],
      ['signal-event', ['post-upgrade']],
      ['expand-template', [DAEMON_JSON]],
    ] as const) {
      const refused = await host.run(program, args);
      expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining(refusal)]);
      expect(refused.stderr).toContain('hint: config setprop docker StorageDriver overlay2; or signal-event --move');
    }
    expect((await host.run('docksmith', ['storage'])).stdout).toMatch(
      /^warn +StorageDriver of docker is vfs, and the engine uses overlay2/m,
    );
    // what could not be created again is refused with --move too
    const local = await host.run('signal-event', ['--move', 'docker-update']);
    expect([local.exitCode, local.stderr]).toEqual([
      1,
      expect.stringContaining(
        'container "app" could not be created again: nothing fetches its image app:1 (Source local of docker_images app)\nhint: docksmith image export app:1 FILE; db docker_images setprop app Source import ImportPath FILE',
      ),
    ]);
    expect([host.snapshot('/etc'), await engine.docker('ps', '--format', '{{.Names}} {{.State}}')]).toEqual(before);

    await host.runOrFail('docksmith', ['image', 'export', 'app:1', host.file('/app.tar')]);
    await host.db(`docker_images setprop app Source import ImportPath ${host.file('/app.tar')}`);
    const dry = await host.run('signal-event', ['--dry-run', '--move', 'docker-update']);
    expect([dry.exitCode, dry.stdout]).toEqual([
      0,
      expect.stringMatching(/^would restart the engine .*, which stops (app, stranger|stranger, app) meanwhile$/m),
    ]);
    expect(dry.stderr).toContain('storage driver overlay2 -> vfs: what containers wrote outside of volumes stays');
    expect(dry.stderr).toContain('without a record, and not created again: stranger');
    expect(dry.stderr).toMatch(/volumes without a name, which their new containers do not get: .*app/);

    // killed when all is stopped and the engine is not restarted yet
    host.write('/kill', '');
    expect((await host.run('signal-event', ['--move', 'docker-update'])).exitCode).not.toBe(0);
    expect(existsSync(host.file('/kill'))).toBe(false);
    expect(await engine.docker('info', '--format', '{{.Driver}} {{.ContainersRunning}}')).toBe('overlay2 0');
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain(refusal);
    await host.runOrFail('signal-event', ['--move', 'docker-update']);
    expect(await engine.docker('info', '--format', '{{.Driver}}')).toBe('vfs');
    expect(await engine.docker('exec', 'app', 'cat', '/notes/file')).toBe('kept');
    expect(await engine.docker('ps', '--all', '--format', '{{.Names}}')).toBe('app');

    // again: nothing is done, and what stayed behind is told
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('S50docker-reconcile: nothing to do');
    const storage = JSON.parse(await host.runOrFail('docksmith', ['storage', '--json'])) as Record<string, unknown>;
    expect(storage).toMatchObject({
      driver: 'vfs',
      wanted: 'vfs',
      pool: null,
      hidden: [{ driver: 'overlay2', containers: ['app', 'stranger'], images: ['app:1'] }],
    });
    expect((await host.run('docksmith', ['doctor'])).stdout.replace(/\s+/g, ' ')).toContain(
      'the data root still has containers app, stranger and images app:1 of driver overlay2',
    );

    // the engine is not left to choose, and the former driver brings the former containers back
    await host.db('configuration delprop docker StorageDriver');
    expect((await host.run('signal-event', ['--move', 'docker-update'])).stderr).toContain(
      'cannot leave the StorageDriver of docker to the engine: it keeps 1 container and 1 image with driver vfs',
    );
    await host.db('configuration setprop docker StorageDriver overlay2');
    await host.runOrFail('signal-event', ['--move', 'docker-update']);
    expect(await engine.docker('info', '--format', '{{.Driver}}')).toBe('overlay2');
    expect((await engine.docker('ps', '--all', '--format', '{{.Names}}')).split('\n').sort()).toEqual([
      'app',
      'stranger',
    ]);
    expect(await engine.docker('exec', 'app', 'cat', '/notes/file')).toBe('kept');
  }, 200_000);

  it('that the engine does not know is put back, and what was stopped for it runs again', async () => {
    const { host, engine } = await makeStorageHost();
    await makeSleepImage(engine, 'app:1');
    await engine.docker('save', '--output', host.file('/app.tar'), 'app:1');
    await host.db(
      `docker_images set app image Tag 1 Source import ImportPath ${host.file('/app.tar')}`,
      'docker_containers set app service status enabled Image app StopTimeout 0s',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await engine.docker('run', '--detach', '--init', '--name', 'stranger', 'app:1');
    await host.db('configuration setprop docker StorageDriver nonsense');
    const failed = await host.run('signal-event', ['--move', 'docker-update']);
    expect([failed.exitCode, failed.stderr]).toEqual([
      1,
      expect.stringMatching(/cannot start the engine with its new options: [^]*is as before, and it runs with them/),
    ]);
    expect((await engine.docker('ps', '--format', '{{.Names}}')).split('\n').sort()).toEqual(['app', 'stranger']);
  }, 120_000);
});

needs('dockerd')('the storage of an old host', () => {
  it('is told with what it means: loop files, a pool that is nearly full, a driver that engines gave up', async () => {
    const host = makeHost();
    onTestFinished(() => host.stop());
    mkdirSync(host.file('/run'), { recursive: true });
    const root = host.file('/data');
    mkdirSync(`${root}/containers/abc`, { recursive: true });
    writeFileSync(`${root}/containers/abc/config.v2.json`, '{"Name":"/old","Driver":"aufs"}');
    const answers: Readonly<Record<string, unknown>> = {
      '/info': {
        ServerVersion: '1.13.1',
        Driver: 'devicemapper',
        DockerRootDir: root,
        DriverStatus: [
          ['Pool Name', 'docker-253:0-1234-pool'],
          ['Backing Filesystem', 'xfs'],
          ['Data file', '/dev/loop0'],
          ['Data Space Used', '104 GB'],
          ['Data Space Total', '107.4GB'],
          ['Metadata Space Used', '17.2MB'],
          ['Metadata Space Total', '2.147GB'],
          ['Data loop file', '/var/lib/docker/devicemapper/devicemapper/data'],
          ['Metadata loop file', '/var/lib/docker/devicemapper/devicemapper/metadata'],
        ],
      },
      '/containers/json': [],
      '/images/json': [],
      '/version': { ApiVersion: '1.41', MinAPIVersion: '1.12', Version: '1.13.1' },
    };
    const server = http.createServer((request, response) => {
      const path = (request.url ?? '').replace(/\?.*/, '').replace(/^\/v[\d.]+/, '');
      response.writeHead(path === '/_ping' || path in answers ? 200 : 404, {
        'content-type': 'application/json',
        'api-version': '1.41',
      });
      response.end(path === '/_ping' ? 'OK' : JSON.stringify(answers[path] ?? { message: 'no such thing' }));
    });
    await new Promise<void>((resolve) => void server.listen(host.file('/run/docker.sock'), resolve));
    onTestFinished(() => void server.close());
    await host.db(`configuration set docker service status enabled Socket ${host.file('/run/docker.sock')}`);
    const { exitCode, stdout } = await host.run('docksmith', ['storage']);
    expect(stdout).toMatch(/^data loop file +\/var\/lib\/docker\/devicemapper\/devicemapper\/data$/m);
    expect(stdout).toMatch(/^pool used +96\.9g of 100\.0g$/m);
    const words = stdout.replace(/\s+/g, ' ');
    expect(words).toContain('warn driver devicemapper on xfs, which engines give up');
    expect(words).toContain('warn an engine of version 25 or later does not start with devicemapper');
    expect(words).toContain('warn pool docker-253:0-1234-pool is in loop files (/var/lib/docker/devicemapper/');
    expect(words).toContain('bad 97 % of the data of pool docker-253:0-1234-pool are in use: when it is full');
    expect(words).toContain('ok 1 % of the metadata of pool');
    expect(words).toContain('the data root still has containers old of driver aufs');
    expect(exitCode).toBe(1);
  });
});
