import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage, makeWebImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

needs('dockerd')('links, networks and order on a real engine', () => {
  const machine = useMachine();
  let host: Host;
  beforeAll(async () => {
    host = machine.makeHost();
    await makeSleepImage(machine.engine, 'app:1', { changes: ['VOLUME /state'] });
    await makeWebImage(machine.engine, 'web:1', 'web', 6379);
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'networks set 172.18.0.0 network Mask 255.255.0.0 Router 10.1.1.1',
    );
  });
  afterEach(() => machine.forgetContainers(host));

  const set = (...lines: readonly string[]): Promise<void> =>
    host.db(...lines.map((line) => `docker_containers ${line}`));
  async function plan(...event: readonly string[]): Promise<readonly string[]> {
    const said = await host.runOrFail('signal-event', [
      '--dry-run',
      '--json',
      ...(event.length === 0 ? ['docker-update'] : event),
    ]);
    const {
      plan: { operations },
    } = JSON.parse(said) as { plan: { operations: { verb: string; name: string; cause: string }[] } };
    return operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`);
  }
  const update = (...event: readonly string[]): Promise<string> =>
    host.runOrFail('signal-event', event.length === 0 ? ['docker-update'] : event);
  const isSame = async (name: string, before: string): Promise<boolean> => before === (await made(name));
  const made = (name: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', name);

  it('links by name, on a network of the group that overlaps nothing, and lets targets join and leave as they run', async () => {
    await set(
      'set cache service status enabled Image web:1',
      'set other service status enabled Image app:1',
      'set web service status enabled Image app:1 Env A=1 Interlinked cache:redis',
    );
    expect(await plan()).toEqual([
      'network docksmith-web: wanted by cache, web',
      'create cache: not there',
      'create web: not there',
      'create other: not there',
    ]);
    await update();
    const {
      IPAM: {
        Config: [config],
      },
    } = (await machine.engine.inspect('docksmith-web')) as { IPAM: { Config: { Subnet: string }[] } };
    expect(config?.Subnet).toBe('172.19.0.0/24');
    expect(await machine.engine.docker('exec', 'web', 'wget', '-q', '-O-', 'http://redis:6379/x')).toMatch(/^I am web/);
    expect(
      await machine.engine.docker(
        'exec',
        'web',
        'sh',
        '-c',
        'echo $A $REDIS_NAME $REDIS_PORT $REDIS_PORT_6379_TCP_ADDR $REDIS_PORT_6379_TCP_PORT $REDIS_PORT_6379_TCP_PROTO',
      ),
    ).toBe('1 /web/redis tcp://redis:6379 redis 6379 tcp');
    expect(await plan()).toEqual([]);

    // a target more: it joins as it runs, and only who is linked is recreated
    const [cache, other] = [await made('cache'), await made('other')] as const;
    await set('setprop web Interlinked cache:redis,other');
    expect(await plan()).toEqual(['connect other: docksmith-web', 'recreate web: environment OTHER_NAME added']);
    await update('docker-container-update', 'web');
    expect([await isSame('cache', cache), await isSame('other', other)]).toEqual([true, true]);
    expect(await machine.engine.docker('exec', 'web', 'nslookup', 'other')).toContain('Address');

    // another name for it
    await set('setprop web Interlinked cache:redis,other:o2');
    expect(await plan('docker-container-update', 'web')).toEqual([
      'connect other: docksmith-web -> docksmith-web as o2',
      'recreate web: environment OTHER_NAME removed, O2_NAME added',
    ]);
    await update('docker-container-update', 'web');
    expect(await machine.engine.docker('exec', 'web', 'nslookup', 'o2')).toContain('Address');

    // a new target needs no new container of who is linked with it
    const web = await made('web');
    await set('setprop cache Env B=2');
    expect(await plan()).toEqual(['recreate cache: environment B added']);
    await update();
    expect(await isSame('web', web)).toBe(true);
    expect(await machine.engine.docker('exec', 'web', 'wget', '-q', '-O-', 'http://redis:6379/x')).toMatch(/^I am web/);

    // nobody is linked any more
    await set('delprop web Interlinked');
    expect(await plan('docker-container-update', 'web')).toEqual([
      expect.stringMatching(
        /^recreate web: environment O2_NAME removed, .*, network docksmith-web -> bridge$/,
      ) as string,
      'disconnect cache: docksmith-web',
      'disconnect other: docksmith-web',
    ]);
    await update();
    expect(await isSame('other', other)).toBe(true);
    expect(await machine.engine.docker('network', 'ls', '--format', '{{.Name}}')).toBe('bridge\nhost\nnone');
    expect(await plan()).toEqual([]);
  });

  it('restores what a container lost with the one that it was bound to', async () => {
    await set(
      'set net service status enabled Image app:1',
      'set shares service status enabled Image app:1 network container:net',
      'set data service status enabled Image app:1 VolumesFrom net:ro',
    );
    expect(await plan()).toEqual(['create net: not there', 'create data: not there', 'create shares: not there']);
    await update();
    expect(await plan()).toEqual([]);
    expect(await machine.engine.docker('exec', 'shares', 'ip', 'route')).toContain('default');

    await set('setprop net Hostname other');
    expect(await plan('docker-container-update', 'net')).toEqual([
      'recreate net: hostname none -> other',
      'recreate data: net is recreated',
      'recreate shares: net is recreated',
    ]);
    await update('docker-container-update', 'net');
    expect(await plan()).toEqual([]);
    expect(await machine.engine.docker('exec', 'shares', 'ip', 'route')).toContain('default');
    await machine.engine.docker('exec', 'net', 'sh', '-c', 'echo kept > /state/file');
    expect(await machine.engine.docker('exec', 'data', 'cat', '/state/file')).toBe('kept');

    // somebody else restarts it, and the other is left with loopback
    await machine.engine.docker('restart', '-t', '1', 'net');
    expect(await machine.engine.docker('exec', 'shares', 'ip', 'route')).toBe('');
    expect(await plan()).toEqual(['restart shares: net, whose network it shares, was started after it']);
    await update();
    expect(await machine.engine.docker('exec', 'shares', 'ip', 'route')).toContain('default');
    expect(await plan()).toEqual([]);
  });

  it('puts containers on networks of their own, with a bridge whose name stays', async () => {
    await host.db(
      'docker_networks set lan network Subnet 10.77.0.0/24 Gateway 10.77.0.9',
      'docker_networks set inside network Internal yes',
    );
    await set(
      'set aa service status enabled Image web:1 network custom:lan TCPPort 6379',
      'set bb service status enabled Image app:1 network custom:inside',
      'set cc service status enabled Image app:1 network none',
      'set dd service status enabled Image app:1 network host',
    );
    expect(await plan()).toEqual([
      'network inside: wanted by bb',
      'network lan: wanted by aa',
      'create aa: not there',
      'create bb: not there',
      'create cc: not there',
      'create dd: not there',
    ]);
    await update();
    expect(await machine.engine.inspect('lan')).toMatchObject({
      Driver: 'bridge',
      Internal: false,
      IPAM: { Config: [{ Subnet: '10.77.0.0/24', Gateway: '10.77.0.9' }] },
      Options: { 'com.docker.network.bridge.name': 'br-lan' },
    });
    expect(await machine.engine.inspect('inside')).toMatchObject({
      Internal: true,
      Options: { 'com.docker.network.bridge.name': 'br-inside' },
    });
    expect(await machine.engine.inspect('aa')).toMatchObject({ HostConfig: { NetworkMode: 'lan' } });
    expect(await plan()).toEqual([]);

    // what somebody took away comes back, and what somebody added stays
    await machine.engine.docker('network', 'create', 'foreign');
    await machine.engine.docker('network', 'connect', 'foreign', 'aa');
    await machine.engine.docker('network', 'disconnect', 'lan', 'aa');
    expect(await plan()).toEqual(['connect aa: lan']);
    await update();
    expect(await plan()).toEqual([]);

    await host.db('docker_networks setprop lan Subnet 172.18.5.0/24', 'docker_networks setprop lan Gateway 172.18.5.1');
    expect(await host.run('signal-event', ['docker-update'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('its subnet 172.18.5.0/24 overlaps "172.18.0.0" of db networks') as string,
    });
    await host.db('docker_networks setprop lan Subnet 10.78.0.0/24', 'docker_networks setprop lan Gateway 10.78.0.1');
    expect(await plan()).toEqual(['network lan: subnet 10.77.0.0/24, not 10.78.0.0/24; made again for aa']);
    await update();
    expect(await machine.engine.inspect('lan')).toMatchObject({
      IPAM: { Config: [{ Subnet: '10.78.0.0/24', Gateway: '10.78.0.1' }] },
    });
    expect(await plan()).toEqual([]);
    await set('setprop bb TCPPort 80');
    expect(await host.run('signal-event', ['docker-update'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('its network "inside" is internal') as string,
    });
    await machine.engine.docker('network', 'disconnect', 'foreign', 'aa');
  });

  it('refuses a circle, and what needs a disabled or a missing one', async () => {
    await set(
      'set aa service status enabled Image app:1 Interlinked bb',
      'set bb service status enabled Image app:1 VolumesFrom cc',
      'set cc service status enabled Image app:1 network container:aa',
      'set off service Image app:1',
      'set ee service status enabled Image app:1 Interlinked off,gone',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('it needs itself in the end: aa -> bb -> cc -> aa');
    expect(stderr).toContain('cannot run container "ee": it is enabled and needs container "off", which is disabled');
    expect(stderr).toContain(
      'cannot run container "ee": it needs container "gone", and db docker_containers has no such record',
    );
    expect(await machine.engine.docker('ps', '-aq')).toBe('');
  });

  it('brings up what an updated container needs, in order', async () => {
    await set(
      'set front service status enabled Image app:1 Interlinked middle',
      'set middle service status enabled Image app:1 Interlinked back InterLinkPriority 1',
      'set back service status enabled Image app:1',
      'set alone service status enabled Image app:1',
    );
    expect(await plan('docker-container-update', 'front')).toEqual([
      'network docksmith-front: wanted by front, middle',
      'network docksmith-middle: wanted by back, middle',
      'create back: not there',
      'create middle: not there',
      'create front: not there',
    ]);
    await update('docker-container-update', 'front');
    expect(await machine.engine.docker('ps', '--format', '{{.Names}}')).toBe('front\nmiddle\nback');
  });

  it('says in a run spec what Compose says of others', async () => {
    await set('set db service status enabled Image web:1', 'set it service status enabled Image app:1');
    host.writeFragment(
      '/etc/docksmith/containers',
      '95test',
      '{{#if (eq record.key "it")}}\nservices:\n  it:\n    depends_on: {db: {condition: service_healthy}}\n    links: ["db:redis"]\n    pid: "container:db"\n{{/if}}\n',
    );
    expect(await plan()).toEqual(['create db: not there', 'create it: not there']);
    await update();
    expect(await machine.engine.docker('exec', 'it', 'wget', '-q', '-O-', 'http://redis:6379/x')).toMatch(/^I am web/);
    expect(await plan()).toEqual([]);
    await set('setprop db Hostname other');
    expect(await plan()).toEqual(['recreate db: hostname none -> other', 'recreate it: db is recreated']);
    await update();
    expect(await plan()).toEqual([]);
    host.remove('/etc/docksmith/templates-custom');
  });
});
