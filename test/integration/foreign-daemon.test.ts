import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';

const FILES = ['/etc/docker/daemon.json', '/etc/sysconfig/docker'];

describe('an engine with an admin of its own', () => {
  let host: Host;
  beforeEach(async () => {
    host = makeHost();
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 192.168.1.2',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'configuration set docksmith service ServiceManager command',
      'configuration set httpd service status disabled',
      // where there is a file /no, the service manager refuses
      'configuration set docker service status enabled Filter disabled RestartCommand "if [ -e $DOCKSMITH_ROOT/no ]; then exit 1; fi; echo >> $DOCKSMITH_ROOT/restarts" StopCommand "echo >> $DOCKSMITH_ROOT/restarts"',
    );
    host.write('/restarts', '');
  });
  afterEach(() => host.stop());

  const countRestarts = (): number => host.read('/restarts').length;
  const signal = (...args: readonly string[]): ReturnType<Host['run']> =>
    host.run('signal-event', args, { env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` } });
  const contents = (): readonly string[] => FILES.map((file) => host.read(file));

  it('is not restarted when it gets him, and keeps the options that it has', async () => {
    expect((await signal('docker-update')).exitCode).toBe(0);
    expect(countRestarts()).toBe(1);
    const before = contents();
    await host.db('configuration setprop docker Daemon foreign LogMaxSize 77m');
    const planned = await signal('--dry-run', 'docker-update');
    expect(planned.stdout).not.toContain('restart');
    expect(planned.stdout).toContain('files: 2 left, ');
    const { exitCode, stdout, stderr } = await signal('docker-update');
    expect([exitCode, stderr, countRestarts()]).toEqual([0, '', 1]);
    expect(stdout).toContain('left  /etc/docker/daemon.json (its admin manages it from now on)\n');
    expect(stdout).toContain('files: 2 left, ');
    expect(contents()).toEqual(before);
    // they are nobody's but his
    expect((await signal('docker-update')).stdout).toBe(
      'S50docker-reconcile: nothing to do\ndocker-update: done, no file was changed\n',
    );
    expect(host.read('/var/lib/docksmith/state/ledger')).not.toContain('daemon.json');
    expect([contents(), countRestarts()]).toEqual([before, 1]);
  });

  it('is not restarted for what was pending before, nor because an event always does it, nor stopped where it is disabled', async () => {
    host.write('/no', '');
    expect((await signal('docker-update')).exitCode).toBe(1);
    const pending = (): string => host.read('/var/lib/docksmith/state/intents.json');
    host.write('/etc/docksmith/events/always/services2adjust/docker', 'restart\nalways\n');
    await host.db('configuration setprop docker Daemon foreign');
    host.remove('/no');
    for (const args of [
      ['always'],
      ['--force', 'always'],
      ['docker-container-update'],
      ['docker-update'],
      ['--force', 'docker-update'],
    ])
      await signal(...args);
    expect([countRestarts(), pending()]).toEqual([0, expect.not.stringContaining('docker')]);
    const { exitCode, stdout } = await signal('always');
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining('restart docker: left alone, its admin manages it (Daemon foreign)\n'),
    ]);
    await host.db('configuration setprop docker status disabled');
    await signal('always');
    expect(countRestarts()).toBe(0);
  });
});
