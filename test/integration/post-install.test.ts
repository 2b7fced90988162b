import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { startDockerd } from '../support/dockerd.ts';
import { type Host, makeHost } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';

async function getConfig(host: Host, ...names: readonly string[]): Promise<readonly string[]> {
  return Promise.all(names.map(async (name) => (await host.run('config', ['get', name])).stdout.trim()));
}

/** A fresh host of a private network, which no docksmith has seen yet. */
function makeFreshHost(namespace: Namespace): Host {
  const host = makeHost({ namespace, env: { DOCKER_HOST: undefined, XDG_RUNTIME_DIR: undefined } });
  onTestFinished(() => host.stop());
  host.write('/etc/hostname', 'host.example.test\n');
  mkdirSync(host.file('/etc/apache2/sites-enabled'), { recursive: true });
  return host;
}

needs('namespace')('post-install on a fresh host', () => {
  let namespace: Namespace;
  beforeEach(async () => {
    namespace = await makeNamespace();
    await namespace.connect('192.168.1.2/24', '192.168.1.50/24');
  });
  afterEach(() => namespace.remove());

  it("finds out its names, its local network and Apache's layout", async () => {
    const host = makeFreshHost(namespace);
    // of the machine that runs the tests: whether it has an engine is its own business
    await host.db('configuration set docker service Socket /nowhere/docker.sock');
    const { exitCode, stdout } = await host.run('signal-event', ['post-install']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('S01docksmith-set-up: configuration LocalIP: 192.168.1.2 (found)\n');
    expect(await getConfig(host, 'SystemName', 'DomainName', 'LocalIP')).toEqual([
      'host',
      'example.test',
      '192.168.1.2',
    ]);
    expect(await host.runOrFail('db', ['networks', 'getprop', '192.168.1.0', 'Mask'])).toBe('255.255.255.0\n');
    expect(await host.runOrFail('config', ['getprop', 'httpd', 'Layout'])).toBe('debian\n');
    expect(await host.runOrFail('config', ['getprop', 'docker', 'status'])).toBe('enabled\n');
  });

  it('never overwrites what is set', async () => {
    const host = makeFreshHost(namespace);
    await host.db(
      'configuration set SystemName other',
      'configuration set LocalIP 10.0.0.9',
      'configuration set docker service Network 10.9.0.0 status disabled Socket /nowhere/docker.sock',
      'configuration set httpd service Layout redhat status disabled',
      'networks set 10.0.0.0 network Mask 255.255.255.0',
    );
    await host.run('signal-event', ['post-install']);
    await host.run('signal-event', ['post-install']);
    expect(await getConfig(host, 'SystemName', 'DomainName', 'LocalIP')).toEqual(['other', 'example.test', '10.0.0.9']);
    const lines = host.read('/var/lib/docksmith/db/configuration').split('\n');
    expect(lines.find((line) => line.startsWith('docker='))).toMatch(
      /\|Network\|10\.9\.0\.0\|Socket\|\/nowhere\/docker\.sock\|status\|disabled$/,
    );
    expect(lines.find((line) => line.startsWith('httpd='))).toBe('httpd=service|Layout|redhat|status|disabled');
    expect(await host.runOrFail('db', ['networks', 'keys'])).toBe('10.0.0.0\n');
  });

  it('runs migrations and forces values again at post-upgrade', async () => {
    const host = makeFreshHost(namespace);
    await host.db(
      'configuration set docker service Socket /nowhere/docker.sock LogMaxFile 2',
      'docker_containers set wiki service OldName x',
    );
    host.write('/etc/docksmith/db/configuration/force/docker/LogMaxFile', '7\n');
    host.write(
      '/etc/docksmith/db/docker_containers/migrate/10memory',
      '#!/bin/sh\nold=$(db docker_containers getprop wiki OldName) || exit 0\ndb docker_containers setprop wiki MaxMemory 64\ndb docker_containers delprop wiki OldName\n',
    );
    const { exitCode, stdout } = await host.run('signal-event', ['post-upgrade']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('S01docksmith-set-up: configuration docker LogMaxFile: 2 -> 7\n');
    expect(await host.runOrFail('db', ['docker_containers', 'show', 'wiki'])).toContain('MaxMemory');
    expect(await host.runOrFail('config', ['getprop', 'docker', 'LogMaxFile'])).toBe('7\n');
    expect(host.read('/var/lib/docksmith/db/docker_containers')).not.toContain('OldName');
  });
});

needs('dockerd')('post-install where there is no engine yet', () => {
  it('writes the files, says what is pending and exits with 0; the next event does it', async () => {
    const namespace = await makeNamespace();
    onTestFinished(() => namespace.remove());
    const host = makeFreshHost(namespace);
    const socket = host.file('/run/engine.sock');
    mkdirSync(host.file('/run'));
    await host.db(
      `configuration set docker service status enabled Socket ${socket} Daemon foreign`,
      'configuration set httpd service status disabled',
      'docker_containers set app service status enabled Image app:1 access public',
    );
    const installed = await host.run('signal-event', ['post-install']);
    expect(installed.exitCode).toBe(0);
    expect(installed.stdout).toContain(
      `S50docker-reconcile: pending: containers (cannot reach the Docker engine at "${socket}": no such file or folder)\n`,
    );
    expect(installed.stdout).toMatch(/^pending: .*the next event tries again$/m);
    expect(host.files('/etc/docksmith')).toEqual([
      '/etc/docksmith/containers/app.yaml',
      '/etc/docksmith/filter/docker-user.v4',
      '/etc/docksmith/filter/docker-user.v6',
    ]);

    const engine = await startDockerd({
      namespace,
      socket,
      args: ['--data-root', host.file('/data'), '-H', `unix://${socket}`],
    });
    onTestFinished(() => engine.stop());
    await makeSleepImage(engine, 'app:1');
    const next = await host.run('signal-event', ['docker-update']);
    expect(next).toMatchObject({ exitCode: 0, stderr: '' });
    expect(next.stdout).toBe('S50docker-reconcile: create app: not there\ndocker-update: done, files: 3 unchanged\n');
  });
});
