import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { findInBoth, parseDockerdOptions, readDaemonJson } from '../../src/model/daemon/dockerd-options.ts';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

const DAEMON_JSON = '/etc/docker/daemon.json';
const SYSCONFIG = '/etc/sysconfig/docker';

needs('dockerd')('options on the command line and in daemon.json', () => {
  let namespace: Namespace;
  let host: Host;
  beforeEach(async () => {
    namespace = await makeNamespace();
    host = makeHost({ namespace });
    onTestFinished(() => host.stop());
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 127.0.0.1',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      `configuration set docker service status enabled Filter disabled Socket ${host.file('/run/docker.sock')} DataRoot ${host.file('/data')} Network 172.29.0.0 Mask 24`,
      'configuration set httpd service status disabled',
      'configuration set docksmith service ServiceManager command',
    );
    host.write('/run/x', '');
  });
  afterEach(() => namespace.remove());

  async function start(...args: readonly string[]): Promise<Dockerd> {
    const engine = await startDockerd({
      namespace,
      configFile: host.file(DAEMON_JSON),
      socket: host.file('/run/docker.sock'),
      args: ['-H', `unix://${host.file('/run/docker.sock')}`, ...args],
    });
    onTestFinished(() => engine.stop());
    return engine;
  }

  it('are refused before anything is written, at post-install as well, and the engine can start again', async () => {
    host.write(DAEMON_JSON, '{}');
    const engine = await start('--data-root', host.file('/data'), '--live-restore');
    host.remove(DAEMON_JSON);
    for (const args of [['post-install'], ['docker-update'], ['--dry-run', 'docker-update']]) {
      const { exitCode, stderr } = await host.run('signal-event', args);
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringContaining(
          `cannot change the engine's options: "--data-root ${host.file('/data')}" is set in the command line of the running engine (process ${engine.pid}), and data-root in ${DAEMON_JSON}; `,
        ),
      ]);
      expect(stderr).toContain('"--live-restore" is set in ');
      expect(stderr).toContain('config setprop docker Daemon foreign');
      expect(existsSync(host.file(DAEMON_JSON))).toBe(false);
    }
    const { exitCode } = await host.run('expand-template', [DAEMON_JSON]);
    expect([exitCode, existsSync(host.file(DAEMON_JSON))]).toEqual([1, false]);
    host.write(DAEMON_JSON, '{}');
    await engine.shutDown();
    await engine.startAgain();
  });

  it('that the engine does not start with are put back, told, and not tried again by themselves', async () => {
    for (const template of [DAEMON_JSON, SYSCONFIG]) await host.runOrFail('expand-template', [template]);
    const engine = await start();
    const pidFile = path.join(engine.dir, 'docker.pid');
    const options = [
      '--config-file',
      host.file(DAEMON_JSON),
      '--exec-root',
      path.join(engine.dir, 'exec'),
      '-p',
      pidFile,
      '--containerd-namespace',
      path.basename(engine.dir),
      '--containerd-plugins-namespace',
      `plugins-${path.basename(engine.dir)}`,
    ];
    host.write(
      '/stop-engine',
      `#!/bin/sh\npid=$(cat ${pidFile} 2>/dev/null) || exit 0\nkill "$pid" 2>/dev/null\nwhile kill -0 "$pid" 2>/dev/null && ! grep -q 'State:.Z' /proc/$pid/status; do sleep 0.1; done\nrm -f ${pidFile}\n`,
    );
    host.write(
      '/restart-engine',
      `#!/bin/sh\necho >> ${host.file('/restarts')}\n${host.file('/stop-engine')}\n. ${host.file(SYSCONFIG)}\nsetsid dockerd ${options.join(' ')} $OPTIONS >>${path.join(engine.dir, 'dockerd.log')} 2>&1 </dev/null &\n`,
    );
    onTestFinished(async () => {
      await run('/bin/sh', [host.file('/stop-engine')]);
    });
    host.write('/restarts', '');
    await host.db(`configuration setprop docker RestartCommand ${host.file('/restart-engine')}`);
    await host.runOrFail('signal-event', ['docker-update']);
    const restarts = (): number => host.read('/restarts').length;
    expect(restarts()).toBe(1);
    const before = [host.read(DAEMON_JSON), host.read(SYSCONFIG)];

    // dockerd knows it only when it starts
    await host.db('configuration setprop docker StorageDriver nonsense TCPPort 2375');
    const refused = await host.run('signal-event', ['docker-update']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /cannot start the engine with its new options: [^]*error initializing graphdriver[^]*\/etc\/docker\/daemon\.json, \/etc\/sysconfig\/docker are as before, and it runs with them\n/,
    );
    expect([[host.read(DAEMON_JSON), host.read(SYSCONFIG)], restarts()]).toEqual([before, 3]);
    expect(await engine.docker('info', '--format', '{{.Driver}}')).not.toBe('nonsense');

    const status = await host.run('docksmith', ['status']);
    expect([status.exitCode, status.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^the engine did not start with its new options [^]*error initializing graphdriver[^]*signal-event --retry docker-update tries them again$/m,
      ),
    ]);
    // nobody edited anything, and what goes on besides is done
    expect((await host.run('docksmith', ['verify'])).stdout).not.toContain('daemon.json');
    const again = await host.run('signal-event', ['docker-update']);
    expect([again.exitCode, again.stderr]).toEqual([
      1,
      expect.stringContaining("cannot use the engine's new options: the engine did not start with them"),
    ]);
    expect([restarts(), host.read(DAEMON_JSON)]).toEqual([3, before[0]]);
    expect((await host.run('signal-event', ['--retry', 'docker-update'])).exitCode).toBe(1);
    expect([restarts(), host.read(DAEMON_JSON)]).toEqual([5, before[0]]);

    await host.db('configuration delprop docker StorageDriver');
    expect(await host.run('signal-event', ['docker-update'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect([restarts(), (await host.run('docksmith', ['status'])).stdout]).toEqual([6, 'no containers\n']);
    expect(host.read(SYSCONFIG)).toContain('2375');
  }, 400_000);
});

needs('dockerd')('the table of options', () => {
  it('is that of the engine: it refuses the pairs that are refused here', async () => {
    const dir = makeTemporaryFolder('options');
    onTestFinished(() => removeFolder(dir));
    const file = path.join(dir, 'daemon.json');
    const pairs: readonly (readonly [string, object])[] = [
      ['-H fd://', { hosts: ['fd://'] }],
      ['--host=fd://', { hosts: ['fd://'] }],
      ['-D', { debug: true }],
      ['--debug=false', { debug: true }],
      ['-Dl info', { 'log-level': 'info' }],
      ['-s vfs', { 'storage-driver': 'vfs' }],
      ['-G docker', { group: 'docker' }],
      ['-b none', { bridge: 'none' }],
      [`-p ${dir}/pid`, { pidfile: '/x' }],
      ['--label a=b', { labels: ['c=d'] }],
      ['--log-opt max-size=1m', { 'log-opts': { 'max-file': '2' } }],
      ['--storage-opt a=b', { 'storage-opts': ['c=d'] }],
      ['--exec-opt a=b', { 'exec-opts': ['c=d'] }],
      ['--dns 1.1.1.1', { dns: ['1.0.0.1'] }],
      ['--dns-opt a', { 'dns-opts': ['b'] }],
      ['--dns-search a.test', { 'dns-search': ['b.test'] }],
      ['--default-ulimit nofile=5', { 'default-ulimits': { nproc: { Name: 'nproc', Hard: 9, Soft: 9 } } }],
      ['--registry-mirror https://a.test', { 'registry-mirrors': ['https://b.test'] }],
      ['--insecure-registry a.test', { 'insecure-registries': ['b.test'] }],
      ['--authorization-plugin a', { 'authorization-plugins': ['b'] }],
      [
        '--default-address-pool base=10.0.0.0/8,size=24',
        { 'default-address-pools': [{ base: '10.0.0.0/8', size: 24 }] },
      ],
      ['--node-generic-resource a=1', { 'node-generic-resources': ['b=1'] }],
      ['--live-restore', { 'live-restore': true }],
      ['--tlsverify', { tlsverify: true }],
      ['--bip 10.0.0.1/24', { bip: '10.0.0.1/24' }],
      ['--selinux-enabled', { 'selinux-enabled': true }],
      ['--mtu=1450', { mtu: 1500 }],
    ];
    for (const [line, daemonJson] of pairs) {
      writeFileSync(file, JSON.stringify(daemonJson));
      const args = line.split(' ');
      const { exitCode, stderr } = await run('dockerd', ['--config-file', file, ...args]);
      expect([line, exitCode, stderr]).toEqual([
        line,
        1,
        expect.stringContaining('the following directives are specified both as a flag and in the configuration file'),
      ]);
      expect(
        findInBoth(parseDockerdOptions(args), readDaemonJson(readFileSync(file, 'utf8'))).map(({ key }) => key),
      ).toEqual(Object.keys(daemonJson));
    }
  });
});
