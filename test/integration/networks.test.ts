import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { execFileSync } from 'node:child_process';
import type { ContainerInspect } from '../../src/engine/engine-api.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import type { Host } from '../support/host.ts';
import { makeSleepImage, makeWebImage } from '../support/image.ts';
import { killProcessesOf } from '../support/leftovers.ts';
import { useMachine } from '../support/machine.ts';
import type { Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';

/** Whether this kernel has network interfaces of a kind. */
function hasKind(kind: string): boolean {
  const name = 'probe';
  try {
    execFileSync(
      'unshare',
      ['--net', 'sh', '-c', `ip link add here type veth peer name there && ip link add ${name} link here type ${kind}`],
      {
        stdio: 'ignore',
      },
    );
    return true;
  } catch {
    return false;
  }
}

needs('dockerd')('networks of records on a real engine', () => {
  let neighbour: Namespace;
  const machine = useMachine({
    network: async (namespace) => {
      neighbour = await namespace.connect('192.168.50.1/24', '192.168.50.2/24');
    },
  });
  let host: Host;
  beforeAll(async () => {
    host = machine.makeHost();
    await makeSleepImage(machine.engine, 'app:1');
    await makeWebImage(machine.engine, 'web:1', 'web');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 127.0.0.1',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set httpd service status disabled',
      'networks set 192.168.50.0 network Mask 255.255.255.0',
      'docker_networks set front network Subnet 10.81.0.0/24',
      'docker_networks set back network Subnet 10.82.0.0/24 Internal yes',
      'docker_networks set aaa network Subnet 10.83.0.0/24',
    );
  });
  afterEach(() => machine.forgetContainers(host));

  const set = (...lines: readonly string[]): Promise<void> =>
    host.db(...lines.map((line) => `docker_containers ${line}`));
  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
  const made = (name: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', name);
  const get = (from: string, url: string): Promise<string> =>
    machine.engine.docker('exec', from, 'wget', '-q', '-O-', url);
  async function joined(name: string): Promise<Readonly<Record<string, string>>> {
    const { Id, Name, NetworkSettings } = (await machine.engine.inspect(name)) as ContainerInspect;
    return Object.fromEntries(
      Object.entries(NetworkSettings?.Networks ?? {}).map(([network, endpoint]) => [
        network,
        `${(endpoint?.Aliases ?? [])
          .filter((alias) => alias !== Id.slice(0, 12) && alias !== Name.slice(1))
          .sort()
          .join(',')}@${endpoint?.IPAMConfig?.IPv4Address ?? ''}`,
      ]),
    );
  }

  it('has a name and an address of its own on each, and others find it there', async () => {
    await set(
      'set web service status enabled Image web:1 network custom:front NetworkAlias www NetworkAddress 10.81.0.80 Networks back NetworkAlias.back store,depot NetworkAddress.back 10.82.0.7',
      'set inside service status enabled Image app:1 network custom:back',
      'set outside service status enabled Image app:1 network custom:front',
    );
    await update();
    expect(await joined('web')).toEqual({ front: 'www@10.81.0.80', back: 'depot,store@10.82.0.7' });
    expect(await get('inside', 'http://store/')).toContain('I am web');
    expect(await get('inside', 'http://10.82.0.7/')).toContain('I am web');
    expect(await get('outside', 'http://www/')).toContain('I am web');
    await expect(get('outside', 'http://store/')).rejects.toThrow(/bad address/);
    machine.proxy.reset();
    expect(await update()).toContain('nothing to do');
    expect(machine.proxy.listMutating()).toEqual([]);
  });

  it('joins and leaves further ones as it runs, whatever they are called, on the bridge and with links as well', async () => {
    await set(
      'set plain service status enabled Image app:1',
      'set named service status enabled Image app:1 network custom:front',
      'set linked service status enabled Image app:1 Interlinked plain:p',
    );
    await update();
    const names = ['plain', 'named', 'linked'];
    const before = await Promise.all(names.map(made));
    await set(...names.map((name) => `setprop ${name} Networks aaa,back NetworkAlias.aaa ${name}-a`));
    machine.proxy.reset();
    const said = await update();
    expect(machine.proxy.listMutating().filter((call) => !/\/networks\/(create|\w+\/connect)/.test(call))).toEqual([]);
    expect(said).toContain('connect named: aaa as named-a');
    expect(await Promise.all(names.map(made))).toEqual(before);
    expect(await Promise.all(names.map(async (name) => Object.keys(await joined(name)).sort()))).toEqual([
      ['aaa', 'back', 'bridge', 'docksmith-linked'],
      ['aaa', 'back', 'front'],
      ['aaa', 'back', 'docksmith-linked'],
    ]);
    await set(...names.map((name) => `setprop ${name} NetworkAlias.aaa ${name}-b Networks aaa`));
    await update();
    expect((await joined('named'))['aaa']).toBe('named-b@');
    await set(...names.flatMap((name) => [`delprop ${name} Networks`, `delprop ${name} NetworkAlias.aaa`]));
    await update();
    expect(await Promise.all(names.map(made))).toEqual(before);
    expect(await joined('named')).toEqual({ front: '@' });
    expect(await machine.engine.docker('network', 'ls', '--format', '{{.Name}}')).not.toMatch(/aaa|back/);
  });

  it('is killed between two of them, and the next event joins the rest', async () => {
    await set('set web service status enabled Image web:1 network custom:front');
    await update();
    const before = await made('web');
    await set('setprop web Networks aaa,back');
    let isKilled = false;
    const proxy = await startCountingProxy(machine.engine.socket, {
      onMutated: (call) => {
        if (isKilled || !call.includes('/connect')) return true;
        isKilled = true;
        killProcessesOf(host.root);
        return false;
      },
    });
    onTestFinished(() => proxy.stop());
    // its folder on its command line, by which it is found
    const killed = await host.run('signal-event', ['docker-update'], {
      env: { DOCKER_HOST: `unix://${proxy.socket}`, DOCKSMITH_ROOT: host.root },
    });
    expect([isKilled, killed.exitCode === 0]).toEqual([true, false]);
    await update();
    expect(await made('web')).toBe(before);
    expect(Object.keys(await joined('web')).sort()).toEqual(['aaa', 'back', 'front']);
  });

  it('shares one localhost with another container', async () => {
    await set(
      'set web service status enabled Image web:1',
      'set probe service status enabled Image app:1 network container:web',
    );
    await update();
    expect(await get('probe', 'http://127.0.0.1/')).toContain('I am web');
  });

  it('is refused with record and prop, and nothing is touched', async () => {
    await set(
      'set web service status enabled Image web:1 network custom:front Networks nowhere NetworkAddress 10.99.0.7',
      'set two service status enabled Image app:1 network host Networks front',
    );
    machine.proxy.reset();
    const before = host.snapshot('/etc');
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'cannot put container "web" on network "nowhere": its Networks name it, and db docker_networks has no such record',
    );
    expect(stderr).toContain(
      'docker_containers web NetworkAddress "10.99.0.7": it is outside of Subnet 10.81.0.0/24 of docker_networks front',
    );
    expect(stderr).toContain('docker_containers two Networks "front": with network host it can be on no other one');
    expect([host.snapshot('/etc'), machine.proxy.listMutating()]).toEqual([before, []]);
  });

  it('is adopted with all of its networks', async () => {
    await machine.engine.docker('network', 'create', '--subnet', '10.84.0.0/24', 'one');
    await machine.engine.docker('network', 'create', '--subnet', '10.85.0.0/24', 'two');
    await machine.engine.docker('run', '--detach', '--name', 'old', '--network', 'one', 'app:1');
    await machine.engine.docker('network', 'connect', '--alias', 'elder', '--ip', '10.85.0.9', 'two', 'old');
    const before = await made('old');
    const adopted = JSON.parse(await host.runOrFail('docksmith', ['adopt', '--json', 'old'])) as {
      readonly records: readonly { readonly db: string; readonly key: string; readonly props: unknown }[];
      readonly leftOut: readonly unknown[];
    };
    expect(adopted.records.find(({ db }) => db === 'docker_containers')?.props).toMatchObject({
      network: 'custom:one',
      Networks: 'two',
      'NetworkAlias.two': 'elder',
      'NetworkAddress.two': '10.85.0.9',
    });
    expect(
      adopted.records
        .filter(({ db }) => db === 'docker_networks')
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['one', 'two']);
    expect(adopted.leftOut).toEqual([]);
    await update();
    expect(await made('old')).toBe(before);
    expect(await joined('old')).toEqual({ one: '@', two: 'elder@10.85.0.9' });
    await host.db('docker_networks delete one', 'docker_networks delete two');
  });

  const kinds = ['macvlan', 'ipvlan'].map((driver) => ({ driver, isThere: hasKind(driver) }));
  for (const { driver } of kinds.filter(({ isThere }) => !isThere))
    describe.skip(`${driver} (skipped: kernel without ${driver})`, () => it('is not run', () => undefined));
  describe.each(kinds.filter(({ isThere }) => isThere))('$driver', ({ driver }) => {
    it('puts it on the network of Parent, beside another network', async () => {
      await host.db(`docker_networks set wire network Driver ${driver} Subnet 192.168.50.0/24 Gateway 192.168.50.1`);
      onTestFinished(() => host.db('docker_networks delete wire'));
      await set('set web service status enabled Image web:1 Networks wire NetworkAddress.wire 192.168.50.80');
      const refused = async (): Promise<string> => (await host.run('signal-event', ['docker-update'])).stderr;
      expect(await refused()).toContain(`docker_networks wire Driver "${driver}": it needs Parent`);
      await host.db('docker_networks setprop wire Parent eth9');
      expect(await refused()).toContain('docker_networks wire Parent "eth9": this host has no interface of that name');
      await host.db('docker_networks setprop wire Parent eth1');
      await update();
      const { stdout } = await neighbour.run('busybox', ['wget', '-q', '-O-', 'http://192.168.50.80/']);
      expect(stdout).toContain('I am web');
      const before = await made('web');
      machine.proxy.reset();
      expect(await update()).toContain('nothing to do');
      expect(machine.proxy.listMutating()).toEqual([]);
      await set('delprop web Networks', 'delprop web NetworkAddress.wire');
      await update();
      expect(await made('web')).toBe(before);
      expect(Object.keys(await joined('web'))).toEqual(['bridge']);
    });
  });
});
