import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { type Result, run } from '../support/run.ts';

const CHECKOUT = path.resolve(import.meta.dirname, '../..');

needs('namespace')('a host that is laid out on another machine', () => {
  let namespace: Namespace;
  let host: Host;
  beforeEach(async () => {
    namespace = await makeNamespace();
    await namespace.connect('192.168.1.2/24', '192.168.1.50/24');
    host = makeHost();
    // as debootstrap copies them
    host.write('/etc/hostname', 'builder.factory.test\n');
    host.write('/etc/resolv.conf', 'search factory.test\n');
    mkdirSync(host.file('/etc/apache2/sites-enabled'), { recursive: true });
    for (const folder of ['proc', 'dev', 'tmp', 'root']) mkdirSync(host.file(`/${folder}`));
  });
  afterEach(() => {
    host.stop();
    namespace.remove();
  });

  /** Runs a command with the folder as its real root: nothing of the machine is in it but programs. */
  function runInside(
    bin: string,
    args: readonly string[],
    {
      isBooted = false,
      isMounted = false,
      env = {},
    }: {
      readonly isBooted?: boolean;
      /** as a disk that is being installed */
      readonly isMounted?: boolean;
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<Result> {
    const programs = [
      '/usr',
      '/bin',
      '/sbin',
      '/lib',
      '/lib64',
      '/opt',
      path.dirname(path.dirname(process.execPath)),
      CHECKOUT,
    ].filter((folder) => existsSync(folder));
    const words = [process.execPath, path.join(CHECKOUT, 'bin', `${bin}.js`), ...args]
      .map((word) => `'${word}'`)
      .join(' ');
    const script = [
      'set -e',
      ...(isMounted ? [`mount --bind '${host.root}' '${host.root}'`] : []),
      ...programs.map(
        (folder) => `mkdir -p '${host.root}${folder}'; mount --rbind '${folder}' '${host.root}${folder}'`,
      ),
      `mount --rbind /dev '${host.root}/dev'`,
      // with processes of its own, the first of them is the host's
      isBooted
        ? `exec chroot '${host.root}' sh -c 'mount -t proc proc /proc; "$@"' sh ${words}`
        : `mount --rbind /proc '${host.root}/proc'; chroot '${host.root}' ${words}`,
    ].join('\n');
    const command = [
      '--mount',
      '--propagation',
      'private',
      ...(isBooted ? ['--pid', '--fork'] : []),
      'sh',
      '-c',
      script,
    ];
    return run(...namespace.command('unshare', command), {
      env: {
        DOCKSMITH_ROOT: undefined,
        DBPATH: undefined,
        DOCKER_HOST: undefined,
        NODE_EXTRA_CA_CERTS: undefined,
        XDG_RUNTIME_DIR: undefined,
        DOCKSMITH_ENGINE: 'memory:///root/engine.json',
        ...env,
      },
    });
  }

  const ofThisMachine = (): readonly string[] =>
    host
      .files('/var/lib/docksmith')
      .concat(host.files('/etc/docker'), host.files('/etc/sysconfig'))
      .filter(
        (file) =>
          !file.includes('/history') && !file.includes('/runs/') && /factory|builder|192\.168\.1/.test(host.read(file)),
      );

  it('is told nothing of the names and addresses of that machine, and finds its own when it runs', async () => {
    await runInside('config', ['set', 'docker', 'service', 'Filter', 'disabled']);
    const built = await runInside('signal-event', ['post-install']);
    expect([built.exitCode, built.stderr]).toEqual([
      0,
      expect.stringContaining(
        'this is a chroot: names, addresses and the engine are detected by the first event on the host itself',
      ),
    ]);
    expect(ofThisMachine()).toEqual([]);
    expect(host.read('/var/lib/docksmith/db/configuration')).toContain('|Layout|debian');
    expect(
      existsSync(host.file('/var/lib/docksmith/db/networks')) ? host.read('/var/lib/docksmith/db/networks') : '',
    ).not.toContain('192');
    // also by events after it
    expect((await runInside('signal-event', ['docker-update'])).exitCode).toBe(0);
    expect(ofThisMachine()).toEqual([]);

    expect((await runInside('docksmith', ['status'])).stdout).toContain(
      'set-up: names, addresses and the engine were not detected yet (this is a chroot); signal-event docker-update',
    );
    expect(
      (JSON.parse((await runInside('docksmith', ['status', '--json'])).stdout) as { deferred: string }).deferred,
    ).toBe('this is a chroot');
    host.write('/etc/hostname', 'host.example.test\n');
    host.write('/etc/resolv.conf', '');
    host.write('/run/openrc/softlevel', '');
    const first = await runInside('signal-event', ['docker-boot'], { isBooted: true });
    expect([first.exitCode, first.stderr, first.stdout]).toEqual([
      0,
      '',
      expect.stringContaining('set-up: configuration LocalIP: 192.168.1.2 (found)\n'),
    ]);
    expect((await runInside('signal-event', ['docker-boot'], { isBooted: true })).stdout).not.toContain(
      'docker-update',
    );
    expect(host.read('/var/lib/docksmith/db/configuration')).toMatch(
      /^DomainName=example\.test$[^]*^LocalIP=192\.168\.1\.2$[^]*^SystemName=host$/m,
    );
    expect(host.read('/var/lib/docksmith/db/networks')).toContain('192.168.1.0=network|Mask|255.255.255.0');
    expect((await runInside('docksmith', ['status'], { isBooted: true })).stdout).not.toContain('set-up');
    expect((await runInside('signal-event', ['docker-update'], { isBooted: true })).stdout).not.toContain('set-up');
  }, 300_000);

  it('is one as well where its root is a mount', async () => {
    const { stderr } = await runInside('signal-event', ['post-install'], { isMounted: true });
    expect(stderr).toContain('this is a chroot: names, addresses');
    expect(ofThisMachine()).toEqual([]);
  }, 200_000);

  it('is one as well where SYSTEMD_OFFLINE says so', async () => {
    const { stderr } = await runInside('signal-event', ['post-install'], {
      isBooted: true,
      env: { SYSTEMD_OFFLINE: '1' },
    });
    expect(stderr).toContain('SYSTEMD_OFFLINE is set: names, addresses');
    expect(ofThisMachine()).toEqual([]);
  }, 200_000);

  it('is one as well where no init runs: the processes are those of a builder', async () => {
    const { stderr } = await runInside('signal-event', ['post-install'], { isBooted: true });
    expect(stderr).toMatch(/ no init runs(, and policy-rc\.d forbids services)?: names, addresses/);
    expect(ofThisMachine()).toEqual([]);
  }, 200_000);
});
