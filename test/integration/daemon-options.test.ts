import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { writeRestartScript } from '../support/restart-script.ts';
import { run } from '../support/run.ts';

const DAEMON_JSON = '/etc/docker/daemon.json';
const SYSCONFIG = '/etc/sysconfig/docker';

/** The words that an init script gets out of an options file, as sh reads it. */
async function readOptions(file: string, variable = 'OPTIONS'): Promise<readonly string[]> {
  const { stdout } = await run('/bin/sh', ['-c', `. ${file}; for word in $${variable}; do echo "$word"; done`]);
  return stdout.split('\n').filter((word) => word !== '');
}

async function makeDaemonHost(namespace?: Namespace): Promise<Host> {
  const host = makeHost(namespace === undefined ? {} : { namespace });
  onTestFinished(() => host.stop());
  await host.db(
    'configuration set DomainName example.test',
    'configuration set SystemName host',
    'configuration set LocalIP 127.0.0.1',
    `configuration set docker service status enabled Socket ${host.file('/run/docker.sock')} DataRoot ${host.file('/data')} TCPPort 2375 Network 172.29.0.0 Mask 24 LogMaxSize 3m LogMaxFile 2`,
    'configuration set httpd service status disabled',
    'networks set 192.168.1.0 network Mask 255.255.255.0',
  );
  mkdirSync(host.file('/run'), { recursive: true });
  return host;
}

needs('dockerd')("the engine's options", () => {
  let namespace: Namespace;
  beforeEach(async () => (namespace = await makeNamespace()));
  afterEach(() => namespace.remove());

  /** Starts an engine as its unit does: with the options file, as sh reads it, and daemon.json. */
  async function startWithOptions(host: Host): Promise<Dockerd> {
    const engine = await startDockerd({
      namespace,
      configFile: host.file(DAEMON_JSON),
      socket: host.file('/run/docker.sock'),
      args: await readOptions(host.file(SYSCONFIG)),
    });
    onTestFinished(() => engine.stop());
    return engine;
  }

  it('start one that has the data root, the bridge, the log limits and the sockets that the db says', async () => {
    const host = await makeDaemonHost(namespace);
    for (const template of [DAEMON_JSON, SYSCONFIG]) await host.runOrFail('expand-template', [template]);
    const engine = await startWithOptions(host);
    expect(
      await engine.docker('info', '--format', '{{.DockerRootDir}} {{.LiveRestoreEnabled}} {{.LoggingDriver}}'),
    ).toBe(`${host.file('/data')} true json-file`);
    expect(
      await engine.docker(
        'network',
        'inspect',
        'bridge',
        '--format',
        '{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}}',
      ),
    ).toBe('172.29.0.0/24 172.29.0.1');
    await makeSleepImage(engine, 'app:1');
    await engine.docker('create', '--name', 'app', 'app:1');
    expect(await engine.docker('inspect', '--format', '{{json .HostConfig.LogConfig.Config}}', 'app')).toBe(
      '{"max-file":"2","max-size":"3m"}',
    );
    const { stdout } = await namespace.run('ss', ['--listening', '--tcp', '--numeric', '--no-header']);
    expect(stdout).toContain('127.0.0.1:2375');
    expect(stdout).not.toMatch(/(0\.0\.0\.0|\*|\[::\]):2375/);
    // the variable of older init scripts says the same
    expect(await readOptions(host.file(SYSCONFIG), 'other_args')).toEqual(await readOptions(host.file(SYSCONFIG)));
  });

  it('do not get another data root while the engine has containers or volumes in the old one', async () => {
    const host = await makeDaemonHost(namespace);
    await host.runOrFail('signal-event', ['post-install']);
    const engine = await startWithOptions(host);
    await makeSleepImage(engine, 'app:1');
    await host.db('docker_containers set app service status enabled Image app:1');
    await host.runOrFail('signal-event', ['docker-update']);
    await engine.docker('volume', 'create', 'precious');
    const before = host.snapshot('/etc');
    await host.db(`configuration setprop docker DataRoot ${host.file('/elsewhere')}`);
    const refusal = new RegExp(
      `cannot change the DataRoot of docker to "${host.file('/elsewhere')}": the engine keeps 1 container and 1 volume in "${host.file('/data')}", and they would seem gone\n.*hint: config setprop docker DataRoot ${host.file('/data')}; or to move them: stop the engine, cp -a `,
    );
    for (const args of [['docker-update'], ['--dry-run', 'docker-update'], ['post-upgrade']])
      expect(await host.run('signal-event', args)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(refusal) as string,
      });
    expect(host.snapshot('/etc')).toEqual(before);
    expect(await engine.docker('ps', '--format', '{{.Names}}')).toBe('app');
    // with nothing in it there is nothing to lose
    await engine.docker('rm', '--force', 'app');
    await engine.docker('volume', 'rm', 'precious');
    await host.db('docker_containers setprop app status disabled');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(host.read(DAEMON_JSON)).toContain(host.file('/elsewhere'));
  });

  it('are taken up by a restart, which happens only if they changed and says whom it stops', async () => {
    const host = await makeDaemonHost(namespace);
    for (const template of [DAEMON_JSON, SYSCONFIG]) await host.runOrFail('expand-template', [template]);
    const engine = await startWithOptions(host);
    await makeSleepImage(engine, 'app:1');
    await host.db(
      'docker_containers set app service status enabled Image app:1',
      'configuration set docksmith service ServiceManager command',
    );
    writeRestartScript(host, engine);
    const pidOf = (): string => readFileSync(path.join(engine.dir, 'docker.pid'), 'utf8');
    onTestFinished(async () => {
      await engine.tryDocker('rm', '--force', 'app');
      await run('/bin/sh', [host.file('/stop-engine')]);
    });
    const first = pidOf();

    // the files were expanded, and nobody has restarted the engine for them yet
    const pending = await host.run('signal-event', ['docker-update']);
    expect(pending).toMatchObject({ exitCode: 0, stderr: '' });
    expect(pending.stdout).toContain('S20docker-daemon: restart docker: ');
    expect(pending.stdout).toContain('S50docker-reconcile: create app: not there');
    const second = pidOf();
    expect(second).not.toBe(first);

    expect(await host.runOrFail('signal-event', ['docker-update'])).toBe(
      'S50docker-reconcile: nothing to do\ndocker-update: done, files: 5 unchanged\n',
    );
    expect(pidOf()).toBe(second);
    await host.db('docker_containers setprop app MaxMemory 64');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(pidOf()).toBe(second);

    // with live-restore containers outlive the restart
    const startedAt = await engine.docker('inspect', '--format', '{{.State.StartedAt}}', 'app');
    await host.db('configuration setprop docker TCPPort 2376');
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-update'])).toContain(
      '\nwould restart the engine (/etc/sysconfig/docker changed)\n',
    );
    expect(pidOf()).toBe(second);
    expect(await host.run('signal-event', ['docker-update'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await engine.docker('inspect', '--format', '{{.State.StartedAt}}', 'app')).toBe(startedAt);
    const third = pidOf();
    expect(third).not.toBe(second);

    // an engine without it ends what it finds alive
    await host.db('configuration setprop docker LiveRestore disabled');
    expect(await host.runOrFail('signal-event', ['--dry-run', 'docker-update'])).toContain(
      '\nwould restart the engine (/etc/docker/daemon.json changed), which stops app meanwhile\n',
    );
    const last = await host.run('signal-event', ['docker-update']);
    expect(last.stderr).toContain('restarting the engine stops app meanwhile');
    expect(last.exitCode).toBe(0);
    expect(pidOf()).not.toBe(third);
    expect(await engine.docker('inspect', '--format', '{{.State.Status}}', 'app')).toBe('running');
  });
});

needs('namespace')('options that no engine could use', () => {
  /** Refused with this message, and nothing is written. */
  async function expectRefused(host: Host, message: string): Promise<void> {
    for (const template of [DAEMON_JSON, SYSCONFIG]) {
      const { exitCode, stderr } = await host.run('expand-template', [template]);
      if (exitCode === 0) continue;
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/^docksmith: \S+\/templates\/etc\/\S+:\d+:\d+: /);
      expect(host.files().includes(template)).toBe(false);
      return;
    }
    throw new Error(`nothing was refused with: ${message}`);
  }

  it('are half given TLS files, and a TCP port for everybody without them', async () => {
    const host = await makeDaemonHost();
    await host.db('configuration setprop docker TLSCert /etc/ssl/engine.crt');
    await expectRefused(host, "TLS for the engine's TCP port needs TLSCACert and TLSKey of docker too");
    await host.db('configuration delprop docker TLSCert', 'configuration setprop docker access public');
    await expectRefused(host, "the engine's TCP port would be open to everybody");
  });

  it('are a network of containers that overlaps a local one, which is named', async () => {
    const host = await makeDaemonHost();
    await host.db('configuration setprop docker Network 192.168.0.0 Mask 16');
    await expectRefused(host, "the containers' network overlaps the local network 192.168.1.0 of db networks");
  });

  it('are open to all addresses with TLS files', async () => {
    const host = await makeDaemonHost();
    await host.db('configuration setprop docker TLSCACert /ca.pem TLSCert /engine.pem TLSKey /engine.key');
    for (const template of [DAEMON_JSON, SYSCONFIG]) await host.runOrFail('expand-template', [template]);
    expect(await readOptions(host.file(SYSCONFIG))).toEqual([
      '-H',
      `unix://${host.file('/run/docker.sock')}`,
      '-H',
      'tcp://0.0.0.0:2375',
    ]);
    expect(JSON.parse(host.read(DAEMON_JSON))).toMatchObject({
      tlsverify: true,
      tlscacert: '/ca.pem',
      tlscert: '/engine.pem',
      tlskey: '/engine.key',
    });
  });

  it("stand in Debian's own file too, by its own name", async () => {
    const host = await makeDaemonHost();
    host.write('/etc/debian_version', '12.0\n');
    await host.runOrFail('expand-template', ['/etc/default/docker']);
    expect(await readOptions(host.file('/etc/default/docker'), 'DOCKER_OPTS')).toEqual([
      '-H',
      `unix://${host.file('/run/docker.sock')}`,
      '-H',
      'tcp://127.0.0.1:2375',
    ]);
  });

  it('give a unit that systemd starts its sockets by a drop-in, so that none is named twice', async () => {
    const host = await makeDaemonHost();
    mkdirSync(host.file('/run/systemd/system'), { recursive: true });
    host.write(
      '/usr/lib/systemd/system/docker.service',
      '[Service]\nExecStart=/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock\n',
    );
    await host.runOrFail('expand-template', ['/etc/systemd/system/docker.service.d/docksmith.conf']);
    expect(host.read('/etc/systemd/system/docker.service.d/docksmith.conf')).toContain(
      'ExecStart=\nExecStart=/usr/bin/dockerd --containerd=/run/containerd/containerd.sock $OPTIONS\n',
    );
  });
});
