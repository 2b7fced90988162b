import { afterEach, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { ContainerInspect } from '../../src/engine/engine-api.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import type { Host } from '../support/host.ts';
import { makeSleepImage, makeWebImage } from '../support/image.ts';
import { killProcessesOf } from '../support/leftovers.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const firstLine = (text: string): string | undefined => text.split('\n')[0];

needs('dockerd')('a network of a record that changes, on a real engine', () => {
  const machine = useMachine();
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'app:1');
    await makeWebImage(machine.engine, 'web:1', 'web');
    host = await machine.makeServer([
      'configuration set LocalIP 127.0.0.1',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set httpd service status disabled',
    ]);
  });
  beforeEach(async () => {
    await host.db(
      'docker_networks set lan network Subnet 10.81.0.0/24',
      'docker_containers set web service status enabled Image web:1 network custom:lan NetworkAlias www NetworkAddress 10.81.0.80 PortMapping custom PortMappingPorts 8080:80',
      'docker_containers set app service status enabled Image app:1 Networks lan',
    );
    await update();
  });
  afterEach(() => machine.forgetContainers(host));

  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
  /** to be the same before and after: nothing was made again or restarted */
  const made = (): Promise<string> =>
    machine.engine.docker('inspect', '--format', '{{.Name}} {{.Id}} {{.State.StartedAt}}', 'web', 'app');
  const get = async (url: string, from = 'app'): Promise<string | undefined> =>
    firstLine(await machine.engine.docker('exec', from, 'wget', '-q', '-O-', url));
  const published = async (): Promise<string | undefined> =>
    firstLine((await machine.namespace.run('busybox', ['wget', '-q', '-O-', 'http://127.0.0.1:8080/'])).stdout);
  const subnet = (): Promise<string> =>
    machine.engine.docker('network', 'inspect', '--format', '{{range .IPAM.Config}}{{.Subnet}}{{end}}', 'lan');
  const move = (): Promise<void> =>
    host.db(
      'docker_networks setprop lan Subnet 10.91.0.0/24',
      'docker_containers setprop web NetworkAddress 10.91.0.80',
    );

  it('is made again, and its containers are put on it as they run', async () => {
    await host.db('docker_containers set off service status enabled Image app:1 network custom:lan');
    await update();
    await host.db('docker_containers setprop off status disabled');
    await update();
    const before = await made();
    await move();
    const plan = (await host.runOrFail('docksmith', ['plan'])).split('\n').filter((line) => line.includes('lan'));
    expect(plan).toEqual(['network lan: subnet 10.81.0.0/24, not 10.91.0.0/24; made again for app, web']);
    await update();
    expect([await made(), await subnet()]).toEqual([before, '10.91.0.0/24']);
    const { NetworkSettings } = (await machine.engine.inspect('web')) as ContainerInspect;
    expect(NetworkSettings?.Networks?.['lan']).toMatchObject({
      IPAMConfig: { IPv4Address: '10.91.0.80' },
      IPAddress: '10.91.0.80',
    });
    expect([await get('http://www/'), await published()]).toEqual(['I am web', 'I am web']);
    await machine.expectNothingToDo(host);
    // one that did not run comes up on it, too
    await host.db('docker_containers setprop off status enabled');
    await update();
    expect(await get('http://www/', 'off')).toBe('I am web');
  });

  it('is made again for one container alone, and the others come along; who is no longer to be on it is not', async () => {
    const before = await made();
    await host.db('docker_networks setprop lan DriverOpt.com.docker.network.driver.mtu 1400');
    await host.db('docker_containers delprop app Networks');
    await host.runOrFail('signal-event', ['docker-container-update', 'app', 'web']);
    expect([await made(), await subnet()]).toEqual([before, '10.81.0.0/24']);
    expect(await machine.engine.docker('exec', 'web', 'sh', '-c', 'cat /sys/class/net/eth*/mtu')).toBe('1400');
    const { NetworkSettings } = (await machine.engine.inspect('app')) as ContainerInspect;
    expect(Object.keys(NetworkSettings?.Networks ?? {})).toEqual(['bridge']);
  });

  it('stays where a container of somebody else is on it, who is named', async () => {
    await machine.engine.docker('run', '--detach', '--name', 'stranger', '--network', 'lan', 'app:1');
    await move();
    const before = host.snapshot('/etc');
    machine.proxy.reset();
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'cannot change network "lan": it exists with subnet 10.81.0.0/24, not 10.91.0.0/24, and stranger on it is not docksmith\'s',
    );
    expect(stderr).toContain('docker network disconnect lan stranger');
    expect([machine.proxy.listMutating(), host.snapshot('/etc')]).toEqual([[], before]);
  });

  it('is put back as it was where the new one cannot be made', async () => {
    await machine.engine.docker('network', 'create', '--subnet', '10.91.0.0/24', 'other');
    const before = await made();
    await move();
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/cannot change network "lan": .*overlaps.*; it is as it was before/);
    expect([await made(), await subnet()]).toEqual([before, '10.81.0.0/24']);
    expect([await get('http://www/'), await published()]).toEqual(['I am web', 'I am web']);
    await machine.engine.docker('network', 'rm', 'other');
    await update();
    expect([await made(), await subnet()]).toEqual([before, '10.91.0.0/24']);
  });

  // in the middle of leaving, at the removal, at the new one, in the middle of joining
  it.each([2, 3, 4, 6])('is completed by the next event after a kill at call %s', async (calls) => {
    const before = await made();
    await move();
    let left = calls;
    const proxy = await startCountingProxy(machine.engine.socket, {
      onMutated: (call) => {
        if (!call.includes('/networks/') || --left > 0) return true;
        killProcessesOf(host.root);
        return false;
      },
    });
    onTestFinished(() => proxy.stop());
    // its folder on its command line, by which it is found
    const { exitCode } = await host.run('signal-event', ['docker-update'], {
      env: { DOCKER_HOST: `unix://${proxy.socket}`, DOCKSMITH_ROOT: host.root },
    });
    expect([left, exitCode === 0]).toEqual([0, false]);
    await update();
    expect([await made(), await subnet(), await get('http://www/')]).toEqual([before, '10.91.0.0/24', 'I am web']);
  });
});
