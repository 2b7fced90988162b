import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEBIAN, isMirrorReachable, makeBareDebian, RootedHost } from '../support/bare-debian.ts';
import { makeImage } from '../support/image.ts';
import { APT, install, IS_COMPILED, listDeb, listTar, makeAllPackages } from '../support/made-packages.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { run, runOrFail } from '../support/run.ts';

const CHECKOUT = path.resolve(import.meta.dirname, '../..');
const suite = isMirrorReachable()
  ? needs('dockerd', 'debootstrap', 'dnf', 'packages')
  : (title: string) =>
      describe.skip(`${title} (skipped: data of this machine's mirror "${DEBIAN.mirror}" cannot be had)`, () =>
        it('is not run', () => undefined));

suite('the packages', () => {
  const machine = useMachine({
    network: (namespace) => namespace.connect('192.168.1.2/24', '192.168.1.50/24'),
  });
  let work: string;
  let debian: RootedHost;
  let redHat: RootedHost;
  const made = (name: string): string => path.join(work, 'packages', name);

  beforeAll(async () => {
    work = makeTemporaryFolder('packages');
    const root = path.join(work, 'debian');
    await Promise.all([makeAllPackages(work), makeBareDebian(root)]);
    debian = new RootedHost(root, machine.namespace, machine.proxy.socket);
    await runOrFail('cp', ['-a', root, path.join(work, 'red-hat')]);
    redHat = new RootedHost(path.join(work, 'red-hat'), machine.namespace, machine.proxy.socket);
    for (const name of readdirSync(made('')).filter((each) => each.endsWith('.deb')))
      linkSync(made(name), debian.file(`root/packages/${name}`));
    await makeImage(machine.engine, 'web:1', {
      cmd: ['httpd', '-f', '-p', '80', '-h', '/'],
      expose: ['80/tcp'],
      files: { '/index.html': 'hello\n' },
    });
  }, 600_000);
  afterAll(() => removeFolder(work));

  it('are the same bytes each time, also of a checkout in another folder', () => {
    expect(readFileSync(path.join(work, 'again/SHA256SUMS'), 'utf8')).toBe(readFileSync(made('SHA256SUMS'), 'utf8'));
  });

  it('have the same content in all formats', async () => {
    const inDeb = await listDeb(made('docksmith_0.1.0-1_all.deb'), path.join(work, 'unpacked'));
    const ofRpm = await runOrFail('rpm', ['-qp', '--dump', made('docksmith-0.1.0-1.noarch.rpm')]);
    const inRpm = ofRpm
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, , , digest = '']) => /[1-9a-f]/.test(digest));
    expect(Object.fromEntries(inRpm.map(([name = '', , , digest = '']) => [name, digest]))).toEqual(
      Object.fromEntries(Object.entries(inDeb).filter(([name]) => !/changelog\.(Debian\.)?gz$|\/lintian\//.test(name))),
    );
    expect(
      inRpm.filter(
        ([, , , , mode = '', user, group]) => user !== 'root' || group !== 'root' || !/^0?100(644|755)$/.test(mode),
      ),
    ).toEqual([]);

    const inTar = await listTar(made('docksmith-0.1.0-linux.tar.gz'), path.join(work, 'tar'), 'docksmith-0.1.0');
    expect(inTar).toEqual(Object.fromEntries(inRpm.map(([name = '', , , digest = '']) => [name, digest])));
    const inNpm = await listTar(made('docksmith-0.1.0.tgz'), path.join(work, 'npm'), 'package');
    const program = Object.entries(inDeb).filter(
      ([name]) => name.startsWith('/usr/lib/docksmith/') && !name.startsWith('/usr/lib/docksmith/package/'),
    );
    expect(program.length).toBeGreaterThan(300);
    expect(program.filter(([name, digest]) => inNpm[name.slice('/usr/lib/docksmith'.length)] !== digest)).toEqual([]);
  });

  it('are found clean by lintian and rpmlint, but for what is listed with a reason', async () => {
    const debs = readdirSync(made('')).filter((name) => /-1_\w+\.deb$/.test(name));
    const { stdout } = await run('lintian', ['--allow-root', '--fail-on', 'none', ...debs.map(made)]);
    expect(stdout).toBe('');
    const filters = ['docksmith', 'docksmith-node', 'smeserver-docksmith'].flatMap((name) =>
      Object.keys((readDefinition(name) as { rpmlint: object }).rpmlint),
    );
    writeFileSync(path.join(work, 'rpmlint.toml'), `Filters = ${JSON.stringify(filters)}\n`);
    const rpms = readdirSync(made('')).filter((name) => /docksmith.*-1\.\w+\.rpm$/.test(name));
    const found = await run('rpmlint', ['--config', path.join(work, 'rpmlint.toml'), ...rpms.map(made)]);
    expect(found.stdout.split('\n').filter((line) => /: [EW]: /.test(line))).toEqual([]);
  }, 200_000);

  it('make a server of a bare Debian: installed while its image is built, upgraded, removed and purged', async () => {
    const isListed = (name: string): boolean =>
      !/^\/(proc|dev|sys|run|tmp|root)$|^\/var\/(lib\/dpkg|lib\/apt|lib\/systemd|log|cache\/apt|cache\/debconf)$/.test(
        name,
      );
    const before = debian.list(isListed);

    const built = await debian.build(install('docksmith_0.1.0-1_all', 'docksmith-node_0.1.0-1_amd64'));
    expect([built.exitCode, built.stdout + built.stderr]).toEqual([
      0,
      expect.stringMatching(/this is a chroot: names, addresses[^]*pending: all[^]*post-install: done/),
    ]);
    expect(listTraces(debian)).toEqual([]);
    // no node in the path, and the program is compiled by that of the package
    expect((await debian.build('command -v node')).exitCode).not.toBe(0);
    expect(debian.read('usr/lib/docksmith/node/node').length).toBeGreaterThan(1e6);
    expect((await debian.build(`/usr/lib/docksmith/interpreter -e '${IS_COMPILED}'`)).stdout).toBe('true v24.22.3\n');
    const { stdout: odd } = await debian.build(
      'dpkg -L docksmith docksmith-node | sort -u | while read -r f; do find "$f" -maxdepth 0 \\( ! -user 0 -o ! -group 0 -o \\( ! -type l -perm /022 \\) \\); done',
    );
    expect(odd).toBe('');

    // the first boot
    const booted = await debian.liveOrFail('signal-event docker-boot');
    expect(booted).toContain('set-up: configuration LocalIP: 192.168.1.2 (found)');
    expect(debian.read('var/lib/docksmith/db/configuration')).toMatch(
      /^DomainName=example\.test$[^]*^SystemName=box$/m,
    );

    // the first container
    debian.write('etc/docksmith/templates-custom/etc/docksmith/containers/45label', '# mine\n');
    // the engine is not this host's: what was written for it is left to its admin, who removes it
    await debian.liveOrFail('config setprop docker Daemon foreign; config setprop docksmith HealthWait 0');
    await debian.liveOrFail('signal-event docker-update; rm -r /etc/default/docker /etc/docker /etc/sysconfig');
    await debian.liveOrFail(
      'db docker_containers set web service status enabled Image web:1 PortMapping custom PortMappingPorts 8080:80 access public',
    );
    await debian.liveOrFail('signal-event docker-update');
    const [port] = /\d+$/.exec(await machine.engine.docker('port', 'web', '80/tcp')) ?? [];
    expect(await machine.inside('busybox', 'wget', '-q', '-O-', `http://127.0.0.1:${port}/index.html`)).toBe('hello\n');

    // an upgrade recreates nothing
    const containers = await machine.listContainers();
    machine.proxy.reset();
    expect(await debian.liveOrFail(install('docksmith_0.1.0-2_all'))).toContain('post-upgrade: done');
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(await machine.listContainers()).toEqual(containers);

    // another node is chosen, and compiles the program
    const changed = await debian.liveOrFail(`${install('nodejs')} && ${APT} remove docksmith-node && docksmith status`);
    expect(changed).toMatch(/^web +running/m);
    expect((await debian.build(`/usr/lib/docksmith/interpreter -e '${IS_COMPILED}'`)).stdout).toBe(
      `true ${process.version}\n`,
    );

    // removed: the server runs on
    const { stderr: removed } = await debian.live(`${APT} remove docksmith`);
    expect(removed).toContain('Containers run on, and the files that it');
    expect(await machine.listContainers()).toEqual(containers);
    const afterwards = debian.list(isListed);
    expect(Object.keys(afterwards).filter((name) => /^\/usr\/(bin|lib|share)\/.*docksmith/.test(name))).toEqual([]);
    expect(existsSync(debian.file('etc/docksmith/containers/web.yaml'))).toBe(true);

    // purged: what docksmith wrote is removed, what is the admin's stays
    await debian.liveOrFail(install('docksmith_0.1.0-2_all'));
    const purged = await debian.live(`${APT} purge docksmith`);
    expect([purged.exitCode, purged.stdout + purged.stderr]).toEqual([
      0,
      expect.stringMatching(
        /removed +\/etc\/docksmith\/containers\/web\.yaml\n[^]*left are what is yours in \/etc\/docksmith/,
      ),
    ]);
    expect(existsSync(debian.file('etc/docksmith/containers/web.yaml'))).toBe(false);
    expect(existsSync(debian.file('etc/docksmith/templates-custom/etc/docksmith/containers/45label'))).toBe(true);
    expect(debian.read('var/lib/docksmith/db/docker_containers')).toContain('web=service');

    // all of it, where the admin asks for that
    await machine.removeContainers();
    await debian.liveOrFail(
      `${install('docksmith_0.1.0-2_all')} && touch /etc/docksmith/remove-all && ${APT} purge docksmith nodejs`,
    );
    const after = debian.list(isListed);
    expect({ ...after, '/etc': '', '/var/lib': '' }).toEqual({ ...before, '/etc': '', '/var/lib': '' });
  }, 300_000);

  it('do the same as rpms', async () => {
    const repository = path.join(work, 'repository');
    mkdirSync(repository);
    const dnf = (...args: readonly string[]): Promise<{ exitCode: number; said: string }> =>
      redHat
        .outside('dnf', [
          ...['-y', '--nogpgcheck', `--installroot=${redHat.root}`, '--releasever=9', '--setopt=reposdir=/nowhere'],
          ...['--setopt=install_weak_deps=False', `--repofrompath=own,file://${repository}`, '--repo=own', ...args],
        ])
        .then(({ exitCode, stdout, stderr }) => ({ exitCode, said: stdout + stderr }));
    const offer = async (names: RegExp): Promise<void> => {
      for (const name of readdirSync(made('')).filter((each) => names.test(each)))
        linkSync(made(name), path.join(repository, name));
      await runOrFail('createrepo_c', ['--quiet', repository]);
    };
    await offer(/-1\.\w+\.rpm$/);
    const installed = await dnf('install', 'docksmith', 'docksmith-node');
    expect(installed).toEqual({
      exitCode: 0,
      said: expect.stringMatching(/this is a chroot: names, addresses[^]*post-install: done/) as string,
    });
    expect(listTraces(redHat)).toEqual([]);
    expect((await redHat.build(`/usr/lib/docksmith/interpreter -e '${IS_COMPILED}'`)).stdout).toBe('true v24.22.3\n');
    expect(await redHat.liveOrFail('signal-event docker-boot')).toContain('LocalIP: 192.168.1.2 (found)');

    await offer(/-2\.\w+\.rpm$/);
    const upgraded = await dnf('upgrade', '--refresh');
    expect(upgraded).toEqual({ exitCode: 0, said: expect.stringContaining('post-upgrade: done') as string });
    expect((await redHat.build(`/usr/lib/docksmith/interpreter -e '${IS_COMPILED}'`)).stdout).toBe('true v24.22.3\n');

    const removed = await dnf('remove', 'docksmith', 'docksmith-node');
    expect(removed).toEqual({ exitCode: 0, said: expect.stringContaining('Containers run on') as string });
    expect([existsSync(redHat.file('usr/lib/docksmith')), existsSync(redHat.file('etc/docker/daemon.json'))]).toEqual([
      false,
      true,
    ]);

    await dnf('install', 'docksmith', 'docksmith-node');
    redHat.write('etc/docksmith/remove-all', '');
    const purged = await dnf('remove', 'docksmith', 'docksmith-node');
    expect(purged).toEqual({
      exitCode: 0,
      said: expect.stringMatching(/removed +\/etc\/docker\/daemon\.json/) as string,
    });
    for (const name of ['usr/lib/docksmith', 'etc/docksmith', 'var/lib/docksmith', 'etc/docker/daemon.json'])
      expect([name, existsSync(redHat.file(name))]).toEqual([name, false]);
  }, 300_000);

  it('are an archive, too, which is unpacked and started as the page says', async () => {
    for (const [from, to] of [
      [made('docksmith-0.1.0-linux.tar.gz'), 'docksmith-0.1.0-linux.tar.gz'],
      [process.execPath, 'usr/bin/node'],
    ] as const)
      await runOrFail('cp', [from, redHat.file(to)]);
    const [unpack = '', start = ''] = [
      ...readFileSync(path.join(CHECKOUT, 'docs/installing.md'), 'utf8').matchAll(/^ {4}((?:tar|\/usr\/lib)\b.*)$/gm),
    ].map(([, line = '']) => line);
    const { exitCode, stdout, stderr } = await redHat.build(`${unpack} && ${start} && docksmith --version`);
    expect([exitCode, stdout + stderr]).toEqual([
      0,
      expect.stringMatching(/post-install: done[^]*docksmith 0\.1\.0\n/),
    ]);
  }, 100_000);
});

/** Files that tell of the machine on which the host was built. */
function listTraces(host: RootedHost): readonly string[] {
  return ['db/configuration', 'db/networks']
    .map((name) => `var/lib/docksmith/${name}`)
    .filter(
      (name) => existsSync(host.file(name)) && /LocalIP=|SystemName=|DomainName=|192\.168\.1/.test(host.read(name)),
    );
}

function readDefinition(name: string): unknown {
  return JSON.parse(readFileSync(path.join(CHECKOUT, 'packaging', name, 'package.json'), 'utf8'));
}
