import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { listTouched, type MainHost, makeMainHost, useMainMachine, withoutRuns } from '../support/main-host.ts';
import { needs } from '../support/needs.ts';
import { runOrFail } from '../support/run.ts';

needs('dockerd')('bad input gets a clear error and changes nothing', () => {
  const machine = useMainMachine({ clears: true });
  let main: MainHost;
  beforeEach(async () => {
    main = await makeMainHost(machine);
    expect(await main.signal('docker-update')).toMatchObject({ exitCode: 0, stderr: '' });
    // something is to be done, so that what is not done is seen
    await setProp('git', 'MaxMemory 64');
  });

  const setProp = (name: string, rest: string): Promise<void> =>
    main.host.db(`docker_containers setprop ${name} ${rest}`);

  /**
   * Runs an event that is to fail as a whole.
   * @param mayBeWrittenAgain files that get the content that they had before
   * @returns what it said on standard error
   */
  async function fail(
    event = 'docker-update',
    args: readonly string[] = [],
    mayBeWrittenAgain: readonly string[] = [],
  ): Promise<string> {
    const contents = mayBeWrittenAgain.map((file) => main.host.read(file));
    const [tree, containers] = [withoutRuns(main.host.snapshot()), await main.listContainers()];
    machine.proxy.reset();
    const { exitCode, stdout, stderr } = await main.signal(event, args);
    expect(exitCode).toBe(1);
    expect(stdout).not.toMatch(/^(new|changed|removed) /m);
    // a folder in which something was laid and taken away again has another time, and holds the same
    const after = withoutRuns(main.host.snapshot());
    const isSameFolder = (name: string): boolean =>
      tree[name] !== undefined && after[name] !== undefined && statSync(main.host.file(name)).isDirectory();
    expect(listTouched(tree, after).filter((name) => !mayBeWrittenAgain.includes(name) && !isSameFolder(name))).toEqual(
      [],
    );
    expect(mayBeWrittenAgain.map((file) => main.host.read(file))).toEqual(contents);
    expect(await main.listContainers()).toEqual(containers);
    expect(machine.proxy.listMutating().filter((call) => !call.includes('/images/create'))).toEqual([]);
    expect(stderr).toMatch(/^docksmith: cannot /);
    return stderr;
  }

  /** For root, permissions are none: only a read-only file system refuses it. */
  async function whileReadOnly(pathUnderRoot: string, work: () => Promise<void>): Promise<void> {
    const folder = main.host.file(pathUnderRoot);
    await runOrFail('mount', ['--bind', folder, folder]);
    try {
      await runOrFail('mount', ['-o', 'remount,ro,bind', folder]);
      await work();
    } finally {
      await runOrFail('umount', [folder]);
    }
  }

  it('an unknown event, with the nearest name', async () => {
    const stderr = await fail('docker-updat');
    expect(stderr).toContain('cannot signal event "docker-updat": there is no such event; there are: docker-boot, ');
    expect(stderr).toContain('hint: did you mean "docker-update"?\n');
  });

  it('an unknown container', async () => {
    expect(await fail('docker-container-update', ['wike'])).toContain(
      'cannot find "wike" in db docker_containers: there is no such record\n',
    );
  });

  it('a port that is no port, and bad values of other props, all at once', async () => {
    await setProp('git', 'PortMappingPorts 99999:22');
    await setProp('wiki', 'MaxMemory lots access nobody');
    await setProp('wikidb', 'TCPPort http');
    const lines = (await fail()).split('\n').filter((line) => line.startsWith('docksmith: '));
    expect(lines).toEqual([
      'docksmith: cannot accept docker_containers git: PortMappingPorts "99999:22" is not [ADDRESS:][HOSTPORT:]CONTAINERPORT[/udp] with ports from 1 to 65535, as 8080:80,127.0.0.1:53:53/udp',
      expect.stringContaining('cannot accept docker_containers wiki: MaxMemory "lots" is not ') as string,
      expect.stringContaining(
        'cannot accept docker_containers wiki: access "nobody" is none of private, public',
      ) as string,
      expect.stringContaining('cannot accept docker_containers wikidb: TCPPort "http" is not ') as string,
    ]);
  });

  it('a port that another record has, both named', async () => {
    await setProp('wikidb', 'TCPPort 2222');
    const stderr = await fail();
    expect(stderr).toContain('cannot publish tcp port 2222 for container "wikidb": it is taken by container "git"\n');
    expect(stderr).toContain('cannot publish tcp port 2222 for container "git": it is taken by container "wikidb"\n');
  });

  it('a port that a service of the configuration has', async () => {
    await main.host.db('configuration set sshd service status enabled TCPPort 2200');
    await setProp('wikidb', 'TCPPort 2200');
    expect(await fail()).toContain(
      'cannot publish tcp port 2200 for container "wikidb": it is taken by service "sshd" (TCPPort) of db configuration\n',
    );
  });

  it('a port on which a foreign process listens', async () => {
    const [program, args] = machine.namespace.command(process.execPath, [
      '-e',
      'require("net").createServer().listen(2200, "0.0.0.0", () => console.log("listening"))',
    ]);
    const listener = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      listener.kill();
      if (listener.exitCode === null && listener.signalCode === null) await once(listener, 'exit');
    });
    await once(listener.stdout, 'data');
    await setProp('wikidb', 'TCPPort 2200');
    expect(await fail()).toContain(
      `cannot publish tcp port 2200 for container "wikidb": it is taken by node (pid ${listener.pid ?? 0}) that listens on 0.0.0.0 port 2200\n`,
    );
  });

  it('a port that a container of others has', async () => {
    await main.engine.docker('run', '--detach', '--name', 'theirs', '--publish', '2200:80', 'wiki:1');
    await setProp('wikidb', 'TCPPort 2200');
    expect(await fail()).toContain(
      'cannot publish tcp port 2200 for container "wikidb": it is taken by container "theirs", which is not docksmith\'s\n',
    );
  });

  it('a name that a container of others has', async () => {
    await main.engine.docker('create', '--name', 'theirs', 'wiki:1');
    await main.host.db('docker_containers set theirs service status enabled Image wiki:1');
    expect(await fail()).toContain(
      'cannot use the name "theirs" for a container: a container of that name exists that docksmith does not own',
    );
  });

  it('an image that cannot be pulled, and one that is not to be', async () => {
    await setProp('git', 'Image 127.0.0.1:1/nowhere:9');
    expect(await fail()).toContain('cannot pull image "127.0.0.1:1/nowhere:9" for container "git": ');
    await setProp('git', 'Image git:1');
    await main.host.db('docker_images setprop wiki Tag 7');
    expect(await fail()).toBe(
      'docksmith: cannot create container "wiki": the engine has no image "wiki:7", and Source of docker_images wiki is local\n',
    );
  });

  it('a folder to mount that is not there', async () => {
    await setProp('wiki', 'MountPath /nowhere/at/all:/images');
    expect(await fail()).toContain(
      'cannot create container "wiki": its MountPath names "/nowhere/at/all", and this host has no such folder\nhint: ',
    );
  });

  it('no engine at the socket', async () => {
    await main.host.db('configuration setprop docker Socket /nowhere/docker.sock');
    expect(await fail()).toContain(
      'cannot reach the Docker engine at "/nowhere/docker.sock": no such file or folder\nhint: ',
    );
  });

  it('a read-only target', async () => {
    const state = ['/var/lib/docksmith/state/intents.json', '/var/lib/docksmith/state/ledger'];
    await whileReadOnly('/etc/docksmith/containers', async () => {
      expect(await fail('docker-update', [], state)).toBe(
        'docksmith: cannot install "/etc/docksmith/containers/git.yaml": read-only file system; all files are again as they were before\n',
      );
    });
    expect((await main.signal('docker-update')).stdout).toContain(
      'S50docker-reconcile: update git: memory none -> 64m\n',
    );
  });

  it('a db that cannot be written', async () => {
    await main.host.db('docker_containers delprop wiki WebHostPort');
    await whileReadOnly('/var/lib/docksmith/db', async () => {
      expect(await fail()).toMatch(/^docksmith: cannot write db "docker_containers": .*read-only file system\n$/);
      const { exitCode, stderr } = await main.host.run('db', [
        'docker_containers',
        'setprop',
        'git',
        'MaxMemory',
        '32',
      ]);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('cannot write db "docker_containers"') as string]);
    });
  });

  it('one bad record stops the event for all, and the event for a good one still works', async () => {
    await setProp('wikidb', 'TCPPort http');
    expect(await fail()).toContain('cannot accept docker_containers wikidb');
    expect(await main.signal('docker-container-update', ['git'])).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringContaining('S50docker-reconcile: update git: memory none -> 64m\n') as string,
    });
  });
});
