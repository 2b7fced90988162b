import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage, makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { type Registry, startRegistry } from '../support/registry.ts';

needs('dockerd', 'registry')('images', () => {
  const machine = useMachine({ clears: true });
  let registry: Registry;
  let host: Host;
  let folder: string;
  beforeAll(async () => {
    registry = await startRegistry(machine.engine);
    await makeSleepImage(machine.engine, 'sleep:1', { expose: ['8080/tcp', '5353/udp'] });
    await makeSleepImage(machine.engine, 'sleep:2', { expose: ['8080/tcp'], changes: ['ENV SECOND=yes'] });
    await makeSleepImage(machine.engine, 'nostart:1', { changes: ['ENTRYPOINT ["/no/such/program"]'] });
    folder = path.join(machine.engine.dir, 'files');
    mkdirSync(folder);
  });
  beforeEach(async () => {
    host = machine.makeHost({ env: {} });
    await host.db(
      `configuration set docker service status enabled Socket ${machine.engine.socket} Daemon foreign`,
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status disabled',
      'configuration set LocalIP 127.0.0.1',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
    );
  });
  afterAll(() => registry.stop());

  const login = (): string =>
    `Registry ${registry.address} RegistryUser ${registry.user} RegistryPassword "${registry.password}"`;
  const format = (container: string, template: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', template, container);

  it('pulls from a registry that asks for a password, and says the password nowhere', async () => {
    await registry.push('sleep:1', 'app:1');
    await host.db(
      `docker_images set app service Tag 1 Registry ${registry.address}`,
      'docker_containers set wiki service status enabled Image app',
    );
    const refused = await host.run('signal-event', ['docker-update']);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /cannot pull image "127\.0\.0\.1:5999\/app:1" for container "wiki": .*no basic auth credentials/,
      ) as string,
    });
    expect(host.files().filter((file) => file.startsWith('/etc/'))).toEqual([]);

    await host.db(`docker_images set app service Tag 1 ${login()}`);
    const dry = await host.runOrFail('signal-event', ['--dry-run', 'docker-update']);
    expect(dry).toContain('  pull 127.0.0.1:5999/app:1: not there\n  create wiki: not there\n');
    const json = await host.runOrFail('signal-event', ['--dry-run', '--json', 'docker-update']);
    const done = await host.runOrFail('signal-event', ['docker-update']);
    expect(done).toContain('pull 127.0.0.1:5999/app:1: not there\n');
    expect(await format('wiki', '{{.Config.Image}} {{.State.Running}}')).toBe('127.0.0.1:5999/app:1 true');
    for (const text of [dry, json, done, host.read('/etc/docksmith/containers/wiki.yaml')])
      expect(text).not.toContain('sesame');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    await machine.engine.docker('rm', '-f', 'wiki');
    await machine.engine.docker('rmi', '127.0.0.1:5999/app:1');
  });

  it('pulls an image first where the record leaves the ports to it, and publishes those in the same event', async () => {
    await registry.push('sleep:1', 'ports:1');
    await host.db(
      `docker_images set ports service Tag 1 ${login()}`,
      'docker_containers set wiki service status enabled Image ports TCPPort exposed UDPPort exposed access public',
    );
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      'pull 127.0.0.1:5999/ports:1: not there, and it names the ports of wiki\n',
    );
    expect(await format('wiki', '{{json .HostConfig.PortBindings}}')).toBe(
      '{"5353/udp":[{"HostIp":"","HostPort":"5353"}],"8080/tcp":[{"HostIp":"","HostPort":"8080"}]}',
    );
  });

  it('builds a folder, without what .dockerignore names', async () => {
    const source = path.join(folder, 'build');
    mkdirSync(path.join(source, 'sub'), { recursive: true });
    writeFileSync(path.join(source, 'Dockerfile'), 'FROM sleep:1\nCOPY . /app\nENV BUILT=yes\n');
    writeFileSync(path.join(source, 'sub/page'), 'hello');
    writeFileSync(path.join(source, 'secret'), 'no');
    writeFileSync(path.join(source, '.dockerignore'), 'secret\n');
    await host.db(
      `docker_images set own service Source build BuildPath ${source}`,
      'docker_containers set wiki service status enabled Image own',
    );
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-update'])).toContain(
      `  build own:latest: not there, from ${source}\n  create wiki: not there\n`,
    );
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      `build own:latest: not there, from ${source}\n`,
    );
    expect(await machine.engine.docker('exec', 'wiki', 'sh', '-c', 'cat /app/sub/page; ls /app; echo $BUILT')).toBe(
      'helloDockerfile\nsub\nyes',
    );
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');

    writeFileSync(path.join(source, 'Dockerfile'), 'FROM sleep:1\nRUN exit 7\n');
    const { exitCode, stdout, stderr } = await host.run('docksmith', ['update-images']);
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^own:latest: sha256:[0-9a-f]{12}, not updated\n$/)]);
    expect(stderr).toContain(
      `cannot build image "own:latest" from "${source}": The command '/bin/sh -c exit 7' returned a non-zero code: 7`,
    );
  });

  it.each([
    [
      'what docker save wrote',
      'saved.tar',
      (file: string): Promise<unknown> => machine.engine.docker('save', '--output', file, 'sleep:2'),
      '',
    ],
    [
      'the same, gzipped',
      'saved.tar.gz',
      async (file: string): Promise<unknown> => {
        await machine.engine.docker('save', '--output', `${file}.tar`, 'sleep:2');
        return execFileSync('sh', ['-c', 'gzip < "$1.tar" > "$1"', 'sh', file]);
      },
      '',
    ],
    [
      'the files of a system',
      'root.tar',
      async (file: string): Promise<unknown> => {
        await machine.engine.docker('create', '--name', 'exported', 'sleep:1');
        return machine.engine.docker('export', '--output', file, 'exported');
      },
      'Command /run',
    ],
  ])('imports %s', async (_, name, write, props) => {
    const file = path.join(folder, name);
    await write(file);
    await host.db(
      `docker_images set box service Repository box-${name} Tag 1 Source import ImportPath ${file}`,
      `docker_containers set wiki service status enabled Image box ${props}`,
    );
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      `pull box-${name}:1: not there, from ${file}\n`,
    );
    expect(await format('wiki', '{{.Config.Image}} {{.State.Running}}')).toBe(`box-${name}:1 true`);
  });

  it('refuses what is no archive, and what holds another image', async () => {
    const file = path.join(folder, 'text.tar');
    writeFileSync(file, 'hello '.repeat(1000));
    await host.db(
      `docker_images set box service Repository text Source import ImportPath ${file}`,
      'docker_containers set wiki service status enabled Image box',
    );
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain(
      `cannot pull image "text:latest" for container "wiki": it is no tar archive, plain or gzipped`,
    );
    await machine.engine.docker('save', '--output', file, 'sleep:1', 'sleep:2');
    expect((await host.run('signal-event', ['docker-update'])).stderr).toMatch(
      /it holds sleep:[12], sleep:[12], and none of them is it/,
    );
  });

  it('fetches an image with Pull always whenever a container is made of it, and not otherwise', async () => {
    await registry.push('sleep:1', 'always:1');
    await host.db(
      `docker_images set always service Tag 1 Pull always ${login()}`,
      'docker_containers set wiki service status enabled Image always',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await registry.push('sleep:2', 'always:1');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    await host.db('docker_containers setprop wiki Env A=b');
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      'pull 127.0.0.1:5999/always:1: pulled before each create, as its record says\n',
    );
    expect(await format('wiki', '{{json .Config.Env}}')).toContain('SECOND=yes');
  });

  it('says of all mistakes in a record at once what it lacks', async () => {
    await host.db(
      `docker_images set app service Source build Digest sha256:${'1'.repeat(64)} RegistryPassword x`,
      'docker_images set gone service Source local',
      'docker_containers set wiki service status enabled Image app',
      'docker_containers set git service status enabled Image gone',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'cannot accept docker_images app Source "build": it needs BuildPath, the folder with the Dockerfile',
    );
    expect(stderr).toContain(
      `cannot accept docker_images app Digest "sha256:${'1'.repeat(64)}": only a registry knows digests, and Source is build`,
    );
    expect(stderr).toContain(
      'cannot accept docker_images app RegistryPassword: there is no RegistryUser that it could belong to',
    );
    await host.db('docker_images set app service Source local', 'docker_containers setprop wiki status disabled');
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain(
      'cannot create container "git": the engine has no image "gone:latest", and Source of docker_images gone is local',
    );
  });

  it('says of a digest that is none that it is none', async () => {
    await host.db(
      'docker_images set app service Digest sha256:0123456789abcdef0123456789abcdef',
      'docker_containers set wiki service status enabled Image app',
    );
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain(
      'cannot accept docker_images app: Digest "sha256:0123456789abcdef0123456789abcdef" is not a digest: sha256: and 64 hexadecimal digits',
    );
  });

  it('goes to a newer image only when asked, and shows both digests', async () => {
    const first = await registry.push('sleep:1', 'new:1');
    await host.db(
      `docker_images set new service Tag 1 ${login()}`,
      'docker_containers set wiki service status enabled Image new',
      'docker_containers set git service status enabled Image 127.0.0.1:5999/new:1',
      'docker_containers set other service status enabled Image sleep:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const ids = await Promise.all(['wiki', 'git', 'other'].map((name) => format(name, '{{.Id}}')));
    const second = await tagElsewhere('sleep:2', 'new:1');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');

    const said = await host.runOrFail('signal-event', ['docker-image-update', 'wiki']);
    const [old, now] = [first, second].map((digest) => digest.slice(0, 19));
    expect(said).toContain(`127.0.0.1:5999/new:1: ${old} -> ${now}\n`);
    for (const name of ['wiki', 'git']) {
      expect(said).toContain(`recreate ${name}: image ${old} -> ${now}\n`);
      expect(await format(name, '{{json .Config.Env}} {{.State.Running}}')).toMatch(/SECOND=yes.* true$/);
    }
    expect(await format('other', '{{.Id}}')).toBe(ids[2]);
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    expect(await host.runOrFail('docksmith', ['update-images', 'new'])).toBe(
      `pull 127.0.0.1:5999/new:1: asked for\n127.0.0.1:5999/new:1: ${now}, nothing newer\n`,
    );
    expect((await host.run('docksmith', ['update-images', 'nobody'])).stderr).toContain(
      'cannot find image "nobody": there is neither a record of it in db docker_images nor an enabled container of that name',
    );
  });

  it('goes back with all containers of an image when one of them fails with the new one, and does not try again', async () => {
    await registry.push('sleep:1', 'bad:1');
    await host.db(
      `docker_images set bad service Tag 1 ${login()}`,
      'docker_containers set git service status enabled Image bad Entrypoint /run',
      'docker_containers set wiki service status enabled Image bad',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const [image, id] = [await format('git', '{{.Image}}'), await format('wiki', '{{.Id}}')];
    await tagElsewhere('nostart:1', 'bad:1');
    const { exitCode, stdout, stderr } = await host.run('signal-event', ['docker-image-update', 'bad']);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('cannot start container "wiki": ') as string]);
    const said = stdout.replaceAll('S50docker-image-update: ', '').split('\n');
    expect(said.slice(0, 4)).toEqual([
      'pull 127.0.0.1:5999/bad:1: asked for',
      expect.stringMatching(/^recreate git: image sha256:[0-9a-f]{12} -> sha256:[0-9a-f]{12}$/),
      expect.stringMatching(
        /^recreate git: image sha256:[0-9a-f]{12} -> sha256:[0-9a-f]{12}, since another container does not run with it$/,
      ),
      expect.stringMatching(/^127\.0\.0\.1:5999\/bad:1: sha256:[0-9a-f]{12} again, sha256:[0-9a-f]{12} failed$/),
    ]);
    expect(await Promise.all(['git', 'wiki'].map((name) => format(name, '{{.Image}} {{.State.Running}}')))).toEqual([
      `${image} true`,
      `${image} true`,
    ]);
    expect([
      await format('wiki', '{{.Id}}'),
      await machine.engine.docker('inspect', '--format', '{{.Id}}', '127.0.0.1:5999/bad:1'),
    ]).toEqual([id, image]);
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('nothing to do');
  });

  it('goes back when a container of the new image runs but does not become healthy, and does not try again', async () => {
    // the one serves the port, the other one says something and does nothing
    await makeWebImage(machine.engine, 'serves:1', 'the web', 8080);
    await makeImage(machine.engine, 'deaf:1', {
      cmd: ['/deaf'],
      files: {
        '/deaf': '#!/bin/sh\ntrap "exit 0" TERM\necho I shall never listen\nwhile :; do sleep 3600 & wait $!; done\n',
      },
    });
    await registry.push('serves:1', 'sick:1');
    await host.db(
      `docker_images set sick service Tag 1 ${login()}`,
      'docker_containers set wiki service status enabled Image sick TCPPort 8080 access public HealthPort 8080 HealthWait 20s',
      'docker_containers set shares service status enabled Image sleep:1 network container:wiki',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const [image, id] = [await format('wiki', '{{.Image}}'), await format('wiki', '{{.Id}}')];
    await tagElsewhere('deaf:1', 'sick:1');
    await host.db('docker_containers setprop wiki HealthWait 1s');
    await host.runOrFail('signal-event', ['docker-update']);

    const { exitCode, stdout, stderr } = await host.run('signal-event', ['docker-image-update', 'wiki']);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /cannot recreate container "wiki": the new one was started, and it did not become healthy within 1s: port 8080 does not answer .*; the old one runs again; its last lines were:\n\s*(S50docker-image-update: )?\s*I shall never listen/,
      ),
    ]);
    expect(stdout).toMatch(/127\.0\.0\.1:5999\/sick:1: sha256:[0-9a-f]{12} again, sha256:[0-9a-f]{12} failed/);
    // the same container as before, and the name means its image again
    expect([
      await format('wiki', '{{.Id}} {{.State.Running}}'),
      await format('wiki', '{{.Image}}'),
      await machine.engine.docker('inspect', '--format', '{{.Id}}', '127.0.0.1:5999/sick:1'),
    ]).toEqual([`${id} true`, image, image]);
    expect((await machine.namespace.run('busybox', ['wget', '-q', '-O-', 'http://127.0.0.1:8080/x'])).stdout).toMatch(
      /^I am the web/,
    );
    expect((await machine.engine.docker('ps', '--all', '--format', '{{.Names}}')).split('\n').sort()).toEqual([
      'shares',
      'wiki',
    ]);
    // whoever has its network has it still
    expect(await machine.engine.docker('exec', 'shares', 'ip', 'route')).toContain('default');
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('nothing to do');
    // it is tried again when it is asked for again
    expect((await host.run('signal-event', ['docker-image-update', 'wiki'])).exitCode).toBe(1);
    expect(await format('wiki', '{{.Id}} {{.State.Running}}')).toBe(`${id} true`);
  });

  it('takes those along that have the network or the mounts of a container of the new image', async () => {
    await registry.push('sleep:1', 'net:1');
    await host.db(
      `docker_images set net service Tag 1 ${login()}`,
      'docker_containers set wiki service status enabled Image net',
      'docker_containers set shares service status enabled Image net network container:wiki',
      'docker_containers set other service status enabled Image sleep:1 network container:shares',
      'docker_containers set free service status enabled Image sleep:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const free = await format('free', '{{.Id}} {{.State.StartedAt}}');
    await tagElsewhere('sleep:2', 'net:1');
    await host.runOrFail('signal-event', ['docker-image-update', 'net']);
    for (const name of ['wiki', 'shares']) expect(await format(name, '{{json .Config.Env}}')).toContain('SECOND=yes');
    for (const name of ['wiki', 'shares', 'other'])
      expect(await machine.engine.docker('exec', name, 'ip', 'route')).toContain('default');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    expect(await format('free', '{{.Id}} {{.State.StartedAt}}')).toBe(free);
  });

  it('recreates nothing because a tag was moved on the engine, says so, and changes to the new image when asked', async () => {
    await machine.engine.docker('tag', 'sleep:1', 'moved:1');
    await host.db(
      'docker_images set moved service Tag 1 Source local',
      'docker_containers set wiki service status enabled Image moved',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('tag', 'sleep:2', 'moved:1');
    const older = 'an older image than moved:1 is now; signal-event docker-image-update wiki';
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe(`nothing to do\nwiki runs ${older}\n`);
    expect((await host.run('docksmith', ['status', 'wiki'])).stdout).toContain(
      'its image is older than moved:1 is now; signal-event docker-image-update wiki',
    );
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-image-update', 'moved'])).toContain(
      'recreate wiki: if moved:1 is a newer image then',
    );
    expect(await host.runOrFail('signal-event', ['docker-image-update', 'moved'])).toMatch(
      /moved:1: sha256:\w+ -> sha256:\w+$/m,
    );
    expect(await format('wiki', '{{json .Config.Env}}')).toContain('SECOND=yes');
    expect(await host.runOrFail('docksmith', ['reconcile'])).toBe('nothing to do\n');
    expect(await host.runOrFail('docksmith', ['update-images'])).toMatch(/^moved:1: sha256:\w+, nothing newer$/m);
  });

  /** Pushes what the tag is to mean at the registry, and leaves the engine as it is. */
  async function tagElsewhere(image: string, name: string): Promise<string> {
    const there = `${registry.address}/${name}`;
    const id = await machine.engine.docker('inspect', '--format', '{{.Id}}', there);
    const digest = await registry.push(image, name);
    await machine.engine.docker('tag', id, there);
    return digest;
  }
});
