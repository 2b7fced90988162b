import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseExamples, patternOf, typeExamples } from '../support/console.ts';
import type { Host } from '../support/host.ts';
import { makeSleepImage, removeImages } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { type Registry, startRegistry } from '../support/registry.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

needs('dockerd', 'registry')('images by hand', () => {
  let onMutating: (call: string) => void = () => undefined;
  const machine = useMachine({ clears: true, proxy: { onMutating: (call) => onMutating(call) } });
  const docker = (...args: readonly string[]): Promise<string> => machine.engine.docker(...args);
  const idOf = (image: string): Promise<string> => docker('image', 'inspect', '--format', '{{.Id}}', image);
  let registry: Registry;
  let host: Host;
  let folder: string;
  beforeAll(async () => {
    registry = await startRegistry(machine.engine);
    folder = path.join(machine.engine.dir, 'files');
    mkdirSync(folder);
  });
  afterAll(() => registry.stop());
  beforeEach(async () => {
    await makeSleepImage(machine.engine, 'wiki:1');
    host = await machine.makeServer([
      'configuration set LocalIP 192.168.1.2',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set httpd service status disabled',
      'configuration set docksmith service ServiceManager command',
    ]);
  });
  afterEach(async () => {
    await machine.removeContainers();
    await removeImages(machine.engine);
  });

  const useWiki = async (): Promise<void> => {
    await host.db(
      'docker_images set wiki service Repository wiki Tag 1 Source local',
      'docker_containers set wiki service status enabled Image wiki StopTimeout 0',
    );
    await host.runOrFail('signal-event', ['docker-update']);
  };
  const image = (...args: readonly string[]): Promise<string> => host.runOrFail('docksmith', ['image', ...args]);
  const refused = async (...args: readonly string[]): Promise<string> => {
    machine.proxy.reset();
    const { exitCode, stderr } = await host.run('docksmith', ['image', ...args]);
    expect([exitCode, machine.proxy.listMutating()]).toEqual([1, []]);
    return stderr;
  };

  it('are what the page of documentation says', async () => {
    const examples = parseExamples(readFileSync(path.join(ROOT, 'docs/images.md'), 'utf8'));
    const printed = await typeExamples(examples, folder, {
      PATH: `${path.join(ROOT, 'bin/path')}:${process.env['PATH'] ?? ''}`,
      DOCKSMITH_NODE: process.execPath,
      DOCKSMITH_ROOT: host.root,
      DOCKER_HOST: `unix://${machine.proxy.socket}`,
      DBPATH: undefined,
    });
    for (const [n, { expected, command }] of examples.entries())
      expect(printed[n], command).toMatch(patternOf(expected));
    expect(await host.runOrFail('docksmith', ['runs', '-n', '3'])).toContain('docksmith image prune');
  });

  it('are pulled, built and imported by record or by name, and exported again', async () => {
    await registry.push('wiki:1', 'app:1');
    await host.db(
      `docker_images set app service Tag 1 Registry ${registry.address} RegistryUser ${registry.user} RegistryPassword "${registry.password}"`,
    );
    expect(await image('pull', '--dry-run', 'app')).toContain(`pull ${registry.address}/app:1: asked for\n`);
    expect(await image('pull', 'app')).toMatch(/^pull .*\/app:1: asked for\n.*\/app:1: none -> [0-9a-f]{12}\n$/);
    expect(await image('pull', `${registry.address}/app:1`)).toContain(', nothing newer\n');
    expect(await refused('build', 'app')).toContain(
      'Source of docker_images app is pull\nhint: docksmith image pull app',
    );

    const source = path.join(folder, 'build');
    mkdirSync(source);
    writeFileSync(path.join(source, 'Dockerfile'), 'FROM wiki:1\nENV BUILT=yes\n');
    await image('build', 'own:1', source);
    expect(await docker('image', 'inspect', '--format', '{{.Config.Env}}', 'own:1')).toContain('BUILT=yes');
    expect(await refused('build', `${registry.address}/app:1`, source)).toContain(
      'it is the name of record docker_images app, whose Source is pull',
    );

    const saved = path.join(folder, 'own.tar');
    const own = await idOf('own:1');
    expect(await image('export', 'own:1', saved)).toContain(`export image own:1 (${own.slice(7, 19)}): ${saved}, `);
    expect(await refused('export', 'own:1', saved)).toContain('the file is there already');
    expect(await refused('export', 'own:1', '/nowhere/own.tar')).toMatch(
      /^docksmith: cannot export "own:1" to "\/nowhere\/own.tar": no such file or folder/,
    );
    const [other, link] = [path.join(folder, 'other'), path.join(folder, 'linked.tar')];
    writeFileSync(other, 'of somebody');
    symlinkSync(other, `${link}.part`);
    await image('export', 'own:1', link);
    expect(readFileSync(other, 'utf8')).toBe('of somebody');
    await image('remove', '--yes', 'own:1');
    await image('import', 'own:1', saved);
    expect(await idOf('own:1')).toBe(own);

    await docker('create', '--name', 'box', 'own:1');
    const files = path.join(folder, 'box.tar.gz');
    await image('export', 'box', files);
    expect(execFileSync('tar', ['-tzf', files], { encoding: 'utf8' })).toContain('bin/busybox\n');
    await image('import', 'files:1', files);
    expect(JSON.parse(await image('list', '--json', 'files:1'))).toMatchObject({
      images: [{ names: ['files:1'], containers: [], records: [], isUsed: false }],
    });
  });

  it('are found by short ids, and named; what is not there is answered with the nearest name', async () => {
    const id = (await idOf('wiki:1')).slice(7);
    expect(await image('list', id.slice(0, 6))).toContain(`wiki:1  ${id.slice(0, 12)}  `);
    await image('tag', id.slice(0, 12), 'other:1');
    expect(await idOf('other:1')).toBe(`sha256:${id}`);
    expect(await refused('history', 'wikki:1')).toContain('did you mean "wiki:1"?');
    expect(await refused('commit', 'nosuch', 'x:1')).toContain('the engine has none of that name or id');
    expect(await refused('tag', 'wiki:1', 'Not A Name')).toContain('is not an image');
  });

  it('are never removed where a record, a container or an old container needs them', async () => {
    await useWiki();
    const id = (await idOf('wiki:1')).slice(7, 19);
    expect(await refused('remove', '--yes', id)).toContain(
      'it is needed by record docker_images wiki, record docker_containers wiki, container wiki',
    );
    await docker('rename', 'wiki', 'wiki.docksmith-old');
    await docker('stop', '-t', '0', 'wiki.docksmith-old');
    await makeSleepImage(machine.engine, 'wiki:1', { changes: ['ENV NEW=yes'] });
    await makeSleepImage(machine.engine, 'loose:1');
    await makeSleepImage(machine.engine, 'loose:1', { changes: ['ENV NEW=yes'] });
    await docker('tag', 'wiki:1', 'second:1');
    expect(await refused('remove', '--yes', id)).toContain('it is needed by container wiki.docksmith-old');
    expect(await refused('prune', '--json')).toContain('--json cannot ask');
    const dry = await image('prune', '--dry-run');
    expect(dry).toMatch(
      /^remove <none>: [0-9a-f]{12}, .*\nkeep <none> \(was wiki:1\): needed by container wiki.docksmith-old\ndry run/,
    );
    machine.proxy.reset();
    await image('prune', '--yes');
    expect(machine.proxy.listMutating()).toHaveLength(1);
    // one name of an image that is needed by its other one
    await image('remove', '--yes', 'second:1');
    await image('prune', '--yes', '--all');
    expect((await docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n').sort()).toEqual([
      '<none>:<none>',
      'wiki:1',
    ]);
    machine.proxy.reset();
    expect(await image('prune', '--yes', '--all')).toContain('keep <none> (was wiki:1)');
    expect(machine.proxy.listMutating()).toEqual([]);
  });

  it('that what others are built on is kept, and said', async () => {
    const source = path.join(folder, 'child');
    mkdirSync(source);
    writeFileSync(path.join(source, 'Dockerfile'), 'FROM wiki:1\nENV CHILD=yes\n');
    await image('build', 'child:1', source);
    await docker('rmi', '--no-prune', 'wiki:1');
    await host.db('docker_images set child service Tag 1 Source local');
    expect(await image('prune', '--yes')).toBe('nothing to do\n');
    expect(await docker('run', '--rm', '--network', 'none', 'child:1', 'sh', '-c', 'echo $CHILD')).toBe('yes');
  });

  it('are said by status when they were made anew on the host, and taken over by docker-image-update', async () => {
    await useWiki();
    await makeSleepImage(machine.engine, 'wiki:1', { changes: ['ENV SECOND=yes'] });
    const { stdout } = await host.run('docksmith', ['status']);
    expect(stdout).toContain('its image is older than wiki:1 is now; signal-event docker-image-update wiki');
    await host.runOrFail('signal-event', ['docker-image-update']);
    expect(await docker('inspect', '--format', '{{.Config.Env}}', 'wiki')).toContain('SECOND=yes');
    expect((await host.run('docksmith', ['status'])).stdout).not.toContain('older');
  });

  it.each(['commit', 'export'])('%s is whole when it is called again after a kill', async (verb) => {
    await useWiki();
    const file = path.join(folder, `killed-${verb}.tar`);
    const words = verb === 'commit' ? ['commit', 'wiki', 'wiki:kept'] : ['export', 'wiki', file];
    const child = spawn(process.execPath, [path.join(ROOT, 'bin/docksmith.js'), 'image', ...words], {
      env: { ...process.env, DOCKSMITH_ROOT: host.root, DOCKER_HOST: `unix://${machine.proxy.socket}` },
      stdio: 'ignore',
    });
    const ended = once(child, 'close');
    if (verb === 'commit') onMutating = () => void child.kill('SIGKILL');
    else while (child.exitCode === null && !existsSync(`${file}.part`)) await new Promise((next) => setImmediate(next));
    child.kill('SIGKILL');
    await ended;
    onMutating = () => undefined;
    expect(existsSync(file)).toBe(false);
    await image(...words);
    if (verb === 'export') expect(execFileSync('tar', ['-tf', file], { encoding: 'utf8' })).toContain('run\n');
    else {
      expect(await host.runOrFail('db', ['docker_images', 'show', 'wiki-kept'])).toContain('Source=local');
      // a second one of the same name has the record already
      expect(await image(...words)).toContain('record docker_images wiki-kept is for it already\n');
    }
    expect(existsSync(`${file}.part`)).toBe(false);
    expect((await docker('inspect', '--format', '{{.State.Status}}', 'wiki')).trim()).toBe('running');
  });
});
