import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { parseExamples, patternOf, typeExamples } from '../support/console.ts';
import type { Host } from '../support/host.ts';
import { removeImages } from '../support/image.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { RpmRepository } from '../support/packages.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const STATE = '/var/lib/docksmith/state';

needs('dockerd', 'dnf')('a base image of rpms', () => {
  let onMutating: (call: string) => void = () => undefined;
  const machine = useMachine({ clears: true, proxy: { onMutating: (call) => onMutating(call) } });
  let packages: RpmRepository;
  let host: Host;
  const inImage = (...command: readonly string[]): Promise<string> =>
    machine.engine.docker('run', '--rm', '--network', 'none', ...command);
  const idOf = (image: string): Promise<string> =>
    machine.engine.docker('image', 'inspect', '--format', '{{.Id}}', image);
  const listUnfinished = (): readonly string[] => {
    const folder = host.file(`${STATE}/unfinished`);
    return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
  };
  const removeAll = async (): Promise<void> => {
    await machine.removeContainers();
    await removeImages(machine.engine);
  };
  beforeAll(async () => {
    packages = new RpmRepository(makeTemporaryFolder('rpms'));
    await packages.add('1.0', 'one');
  });
  afterAll(() => packages.remove());
  afterEach(removeAll);
  beforeEach(async () => {
    host = await machine.makeServer([
      'configuration set LocalIP 192.168.1.2',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set httpd service status disabled',
      'configuration set docksmith service ServiceManager command',
      `repositories set local repository name 'Our mirror' BaseURL ${packages.url} GPGCheck no`,
      'docker_images set base service Source installroot Installer dnf Release 9 Repositories local Packages hello',
      "docker_containers set web service status enabled Image base Command 'sleep 1000' StopTimeout 0",
    ]);
  });

  it('is what the page of documentation says', async () => {
    const examples = parseExamples(readFileSync(path.join(ROOT, 'docs/base-images.md'), 'utf8'));
    const own = machine.makeHost();
    await own.db(
      'configuration set LocalIP 192.168.1.2',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set httpd service status disabled',
      'configuration set docksmith service ServiceManager command',
    );
    const printed = await typeExamples(examples, own.root, {
      PATH: `${path.join(ROOT, 'bin/path')}:${process.env['PATH'] ?? ''}`,
      DOCKSMITH_NODE: process.execPath,
      DOCKSMITH_ROOT: own.root,
      DOCKER_HOST: `unix://${machine.proxy.socket}`,
      DBPATH: undefined,
      MIRROR: packages.url,
    });
    for (const [n, { expected }] of examples.entries())
      expect(printed[n], examples[n]?.command).toMatch(patternOf(expected));
  });

  it('has the packages, the tag of its release, and neither translations nor anything of this host', async () => {
    const dry = await host.runOrFail('signal-event', ['--dry-run', 'docker-update']);
    expect(dry).toContain('  build base:latest: not there, by dnf from local\n  create web: not there\n');
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      'images: build base:latest: not there, by dnf from local\n',
    );
    expect(host.read('/etc/docksmith/images/base.repo')).toContain(
      `[local]\nname=Our mirror\nenabled=1\nbaseurl=${packages.url}\ngpgcheck=0\nenablegroups=1\n`,
    );
    expect(await idOf('base:7.9.2009')).toBe(await idOf('base:latest'));
    expect(await machine.engine.docker('images', '--format', '{{.Repository}}:{{.Tag}}')).not.toContain('unfinished');
    const script =
      'cat /etc/hello; cat /etc/sysconfig/network; ls /usr/share/doc /usr/share/locale /var/log /var/lib/rpm /etc/yum.repos.d';
    expect(await inImage('base', 'sh', '-c', script)).toBe(
      `oneNETWORKING=yes\nHOSTNAME=localhost.localdomain\n/etc/yum.repos.d:\ndocksmith.repo\n\n/usr/share/doc:\n\n/usr/share/locale:\n\n/var/lib/rpm:\nrpmdb.sqlite\nrpmdb.sqlite-wal\n\n/var/log:`,
    );
    expect(host.files(`${STATE}/`).filter((file) => file.includes('unfinished'))).toEqual([]);
  });

  it('is not made again with nothing changed, made again when a package has a new version, and keeps equal content', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    const [first, containers] = [await idOf('base'), await machine.listContainers()];
    machine.proxy.reset();
    for (const event of ['docker-image-update', 'docker-update']) await host.runOrFail('signal-event', [event]);
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(await machine.listContainers()).toEqual(containers);

    // other inputs and the same files: another id, which is thrown away
    await host.db("docker_images setprop base Smoke 'cat /etc/hello'");
    machine.proxy.reset();
    expect(await host.runOrFail('signal-event', ['docker-image-update'])).toContain(', nothing newer\n');
    expect([await idOf('base'), machine.proxy.listMutating().length > 0]).toEqual([first, true]);

    await packages.add('1.1', 'two');
    const updated = await host.runOrFail('signal-event', ['docker-image-update']);
    expect(updated).toMatch(/recreate web: image sha256:[0-9a-f]{12} -> sha256:[0-9a-f]{12}/);
    expect(await machine.engine.docker('exec', 'web', 'cat', '/etc/hello')).toBe('two');
    const second = await idOf('base');
    machine.proxy.reset();
    await host.runOrFail('signal-event', ['docker-image-update']);
    expect([await idOf('base'), machine.proxy.listMutating()]).toEqual([second, []]);
  });

  it('is whole after a kill at any place, and nothing of the killed run is left after the next', async () => {
    await host.runOrFail('signal-event', ['docker-update']);
    const kill = async (where: string): Promise<void> => {
      const child = spawn(process.execPath, [path.join(ROOT, 'bin/docksmith.js'), 'update-images', 'base'], {
        env: { ...process.env, DOCKSMITH_ROOT: host.root, DOCKER_HOST: `unix://${machine.proxy.socket}` },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      const ended = once(child, 'close');
      onMutating = (call) => {
        if (new RegExp(where).test(call)) child.kill('SIGKILL');
      };
      const isInstalling = (): boolean =>
        listUnfinished().some((folder) => existsSync(path.join(folder, 'root/bin'))) || child.exitCode !== null;
      if (where === 'installing') {
        while (!isInstalling()) await new Promise((resolve) => setImmediate(resolve));
        child.kill('SIGKILL');
      }
      await ended;
      onMutating = () => undefined;
      expect([where, child.signalCode, said]).toEqual([where, 'SIGKILL', '']);
    };
    for (const [n, where] of ['installing', '/start', '/tag', '^DELETE /[^/]+/images'].entries()) {
      const first = await idOf('base');
      await packages.add(`2.${n}`, where);
      await kill(where);
      // the last one has its name by then
      if (!where.startsWith('^DELETE')) expect([where, await idOf('base')]).toEqual([where, first]);
      await host.runOrFail('docksmith', ['update-images', 'base']);
      expect(await inImage('base', 'cat', '/etc/hello')).toBe(where);
      expect(await machine.engine.docker('images', '--format', '{{.Repository}}:{{.Tag}}')).not.toContain('unfinished');
      expect(Object.keys(await machine.listContainers())).toEqual(['web']);
      expect(host.files(STATE).filter((file) => file.includes('unfinished'))).toEqual([]);
    }
    machine.proxy.reset();
    await host.runOrFail('docksmith', ['update-images', 'base']);
    expect(machine.proxy.listMutating()).toEqual([]);
  }, 300_000);

  it('is made before what is built from it, and updated before it', async () => {
    const folder = makeTemporaryFolder('app');
    onTestFinished(() => removeFolder(folder));
    writeFileSync(path.join(folder, 'Dockerfile'), 'FROM base\nENV APP=yes\n');
    await host.db(
      `docker_images set app service Source build BuildPath ${folder} BaseImage base`,
      'docker_containers setprop web Image app',
    );
    expect(await host.runOrFail('signal-event', ['docker-update'])).toMatch(
      /^images: build base:latest: not there, and app:latest is built from it, by dnf from local\nimages: build app:latest: not there, from /m,
    );
    await packages.add('3.0', 'three');
    const updated = await host.runOrFail('docksmith', ['update-images']);
    expect(updated).toMatch(/^base:latest: sha256:[0-9a-f]{12} -> sha256:[0-9a-f]{12}\napp:latest: .* -> /m);
    expect(await machine.engine.docker('exec', 'web', 'sh', '-c', 'cat /etc/hello; echo $APP')).toBe('threeyes');
  });

  it('is refused before anything is touched where it cannot be had, or does not work', async () => {
    for (const [line, message] of [
      [
        'docker_images setprop base Repositories nosuch',
        /neither db repositories nor db yum_repositories has "nosuch"/,
      ],
      [
        'docker_images setprop base Repositories local Packages nosuch-package',
        /cannot build image "base:latest" for container "web": dnf failed: .*nosuch-package/,
      ],
      [
        "docker_images setprop base Packages hello Smoke 'cat /nosuch'",
        /its smoke command "cat \/nosuch" ended with exit code 1: cat: can't open/,
      ],
    ] as const) {
      await host.db(line);
      const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
      expect([exitCode, stderr]).toEqual([1, expect.stringMatching(message) as string]);
      expect(host.files('/').filter((file) => /^\/etc\/|unfinished/.test(file))).toEqual([]);
      expect(await machine.engine.docker('images', '--quiet')).toBe('');
      expect(await machine.listContainers()).toEqual({});
    }
  });

  it('reads the records of an SME Server, and leaves out what the record does not want', async () => {
    await host.db(
      'repositories delete local',
      `yum_repositories set smeos repository Name 'SME Server' BaseURL ${packages.url} GPGCheck no EnableGroups yes Exclude xyz status enabled`,
      'yum_repositories set extras repository BaseURL http://127.0.0.1:1/ GPGCheck yes status disabled',
      'docker_images set base service Source installroot Installer dnf Release 7 Repositories smeos,extras Packages hello Tag sme KeepDocs yes KeepLocales yes DeviceNodes no NetworkFile no KeepCaches yes',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    expect(host.read('/etc/docksmith/images/base.repo')).toContain(
      '[extras]\nname=extras\nenabled=0\nbaseurl=http://127.0.0.1:1/\ngpgcheck=1\nenablegroups=1\n',
    );
    expect(host.read('/etc/docksmith/images/base.repo')).toContain('excludepkgs=xyz\n');
    expect(await inImage('base:sme', 'sh', '-c', 'cat /usr/share/doc/hello/how; ls /etc')).toBe(
      'how\ndnf\nhello\nhostname\nhosts\nmtab\nredhat-release\nresolv.conf\nyum.repos.d',
    );
    expect(await inImage('base:sme', 'sh', '-c', 'ls -A /var/cache/dnf | head -n 1')).not.toBe('');
    await host.db('docker_images setprop base KeepCaches no');
    await host.runOrFail('signal-event', ['docker-image-update', 'base']);
    expect(await inImage('base:sme', 'sh', '-c', 'ls -A /var/cache/dnf')).toBe('');
  });
});
