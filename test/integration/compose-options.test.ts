import { chmodSync, existsSync } from 'node:fs';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { ContainerInspect } from '../../src/engine/engine-api.ts';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const DBS = ['docker_containers', 'docker_networks', 'docker_volumes', 'docker_images'];

needs('dockerd')('what a Compose file says of its networks', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'app:1');
    host = await machine.makeServer([
      'configuration set LocalIP 192.168.1.2',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled',
    ]);
  });
  afterEach(() => machine.forgetContainers(host));

  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
  const docker = (...args: readonly string[]): Promise<string> => machine.engine.docker(...args);
  const inspect = async (name: string): Promise<ContainerInspect> =>
    (await machine.engine.inspect(name)) as ContainerInspect;

  /** Adopted whole and made by an event; a second one, and the records of an export, have nothing to do. */
  async function bring(text: string): Promise<void> {
    host.write('/opt/app/compose.yaml', text);
    const adopted = await host.runOrFail('docksmith', ['adopt', '--json', '-f', host.file('/opt/app')]);
    expect((JSON.parse(adopted) as { readonly leftOut: unknown }).leftOut).toEqual([]);
    await update();
    await machine.expectNothingToDo(host);
    host.write('/out/compose.yaml', await host.runOrFail('docksmith', ['export']));
    host.write('/out/.env', await host.runOrFail('docksmith', ['export', '--env']));
    // one that nothing was written to is not there
    for (const db of DBS)
      for (const key of (await host.run('db', [db, 'keys'])).stdout.split('\n').filter(Boolean))
        await host.db(`${db} delete ${key}`);
    await host.runOrFail('docksmith', ['adopt', '-f', host.file('/out/compose.yaml')]);
    await machine.expectNothingToDo(host);
  }

  it('is what they are made with, and what its containers are on them', async () => {
    await bring(`
services:
  web:
    image: app:1
    networks:
      lan:
        aliases: [www]
        ipv4_address: 10.91.0.10
        ipv6_address: fd00:91::10
        mac_address: 02:42:ac:11:65:43
        priority: 10
        gw_priority: 1
        driver_opts: {com.example.note: "a, b"}
      side:
        link_local_ips: [169.254.7.7]
      six: {}
networks:
  six:
    enable_ipv4: false
    enable_ipv6: true
    ipam: {config: [{subnet: "fd00:92::/64"}]}
  lan:
    driver: bridge
    driver_opts: {com.docker.network.driver.mtu: 1400, com.docker.network.bridge.name: br-mine}
    attachable: true
    enable_ipv6: true
    labels: [com.example.team=web]
    ipam:
      driver: default
      options: {com.example.note: x}
      config:
        - subnet: 10.91.0.0/24
          gateway: 10.91.0.9
          ip_range: 10.91.0.128/25
          aux_addresses: {printer: 10.91.0.200, router: 10.91.0.201}
        - subnet: fd00:91::/64
  side: {internal: true}
`);
    const [lan] = JSON.parse(await docker('network', 'inspect', 'app_lan')) as readonly unknown[];
    expect(lan).toMatchObject({
      Driver: 'bridge',
      EnableIPv6: true,
      Attachable: true,
      Options: { 'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.name': 'br-mine' },
      Labels: { 'com.example.team': 'web', 'docksmith.managed': 'true' },
      IPAM: {
        Driver: 'default',
        Options: { 'com.example.note': 'x' },
        Config: [
          {
            Subnet: '10.91.0.0/24',
            Gateway: '10.91.0.9',
            IPRange: '10.91.0.128/25',
            AuxiliaryAddresses: { printer: '10.91.0.200', router: '10.91.0.201' },
          },
          { Subnet: 'fd00:91::/64' },
        ],
      },
    });
    expect(await host.runOrFail('db', ['docker_networks', 'show', 'app_lan'])).toBe(`app_lan=network
    Attachable=yes
    AuxAddress.printer=10.91.0.200
    AuxAddress.router=10.91.0.201
    DriverOpt.com.docker.network.bridge.name=br-mine
    DriverOpt.com.docker.network.driver.mtu=1400
    Gateway=10.91.0.9
    IPRange=10.91.0.128/25
    IpamOpt.com.example.note=x
    Labels.com.example.team=web
    Subnet=10.91.0.0/24,fd00:91::/64
`);
    const six = await host.runOrFail('db', ['docker_networks', 'show', 'app_six']);
    expect(six).toContain('IPv4=no\n');
    // what the engine does by itself need not be said
    expect(six).not.toMatch(/ (IPv6|IpamDriver)=/);
    expect(
      await host.runOrFail('db', ['docker_containers', 'getprop', 'app-web-1', 'NetworkOptions.app_side']),
    ).toContain('169.254.7.7');
    const { Networks } = (await inspect('app-web-1')).NetworkSettings ?? {};
    expect(Networks).toMatchObject({
      app_lan: {
        IPAMConfig: { IPv4Address: '10.91.0.10', IPv6Address: 'fd00:91::10' },
        MacAddress: '02:42:ac:11:65:43',
        DriverOpts: { 'com.example.note': 'a, b' },
      },
      app_side: { IPAMConfig: { LinkLocalIPs: ['169.254.7.7'] } },
    });
    expect(await docker('exec', 'app-web-1', 'ip', 'addr')).toContain('169.254.7.7');
  });

  it('is carried out for each container of a service, with what is run in them and what they alone find', async () => {
    await docker('network', 'create', 'app_default');
    await docker('run', '-d', '--name', 'other', '--network', 'app_default', 'app:1');
    host.write('/opt/app/seen/.here', '');
    chmodSync(host.file('/opt/app/seen'), 0o777);
    await bring(`
services:
  one:
    image: app:1
    scale: 2
    ports: ["18100-18101:80"]
    external_links: [other:elsewhere]
  two:
    image: app:1
    depends_on: [one]
    stop_grace_period: 1s
    volumes: ["./seen:/seen"]
    post_start:
      - command: [sh, -c, "echo $$(id -u) $$WORD $$(pwd) > /seen/started"]
        user: "1000"
        working_dir: /tmp
        environment: {WORD: "a, b"}
      - {command: "sh -c 'echo second >> /seen/started'"}
    pre_stop:
      - {command: [touch, /seen/stopped]}
`);
    for (const name of ['app-one-1', 'app-one-2'])
      expect(await docker('exec', name, 'ping', '-c', '1', 'elsewhere')).toContain(' 0% ');
    const ports = await Promise.all(['app-one-1', 'app-one-2'].map(async (name) => docker('port', name)));
    expect(
      ports
        .join('')
        .match(/0\.0\.0\.0:\d+/g)
        ?.sort(),
    ).toEqual(['0.0.0.0:18100', '0.0.0.0:18101']);
    expect(host.read('/opt/app/seen/started')).toBe('1000 a, b /tmp\nsecond\n');
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', 'app-one-2', 'ExternalLinks'])).toBe(
      'other:elsewhere\n',
    );
    await host.db('docker_containers setprop app-two-1 status disabled');
    await update();
    expect(existsSync(host.file('/opt/app/seen/stopped'))).toBe(true);
    // a command that fails is a container that is not well
    await host.db(
      `docker_containers setprop app-two-1 status enabled PostStart '[{"command":["sh","-c","echo no; exit 3"]}]' PreStop '[]'`,
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/exit 3" ended with exit code 3; the old one is back; [^]*: {3}no\n/),
    ]);
    await docker('rm', '-f', 'other');
  });

  it('is what volumes are made with', async () => {
    await docker('volume', 'create', 'theirs');
    await bring(`
services:
  web:
    image: app:1
    volumes: ["fast:/fast", "plain:/plain", "out:/out"]
volumes:
  fast:
    driver: local
    driver_opts: {type: tmpfs, device: tmpfs, o: "size=1m,mode=0750"}
    labels: {com.example.team: web}
  plain: {}
  out: {external: true, name: theirs}
`);
    const [fast] = JSON.parse(await docker('volume', 'inspect', 'app_fast')) as readonly unknown[];
    expect(fast).toMatchObject({
      Driver: 'local',
      Options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,mode=0750' },
      Labels: { 'com.example.team': 'web', 'docksmith.managed': 'true' },
    });
    expect(await docker('exec', 'app-web-1', 'stat', '-c', '%a', '/fast')).toContain('750');
    expect((await host.runOrFail('db', ['docker_volumes', 'keys'])).split('\n').filter(Boolean)).toEqual([
      'app_fast',
      'theirs',
    ]);
    expect(await host.runOrFail('db', ['docker_volumes', 'getprop', 'theirs', 'External'])).toBe('yes\n');
    await host.db('docker_volumes setprop app_fast DriverOpt.o size=2m');
    expect(await host.run('signal-event', ['docker-update'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        'cannot change volume "app_fast": it exists with another option o, and',
      ) as string,
    });
    await host.db('docker_volumes delete app_fast');
    await host.db('docker_volumes delete theirs');
  });

  it('is that it is somebody else’s: it has to be there, and stays', async () => {
    const text = 'services: {web: {image: app:1, networks: [out]}}\nnetworks: {out: {external: true, name: theirs}}\n';
    await docker('network', 'create', 'theirs');
    host.write('/opt/app/compose.yaml', text);
    await host.runOrFail('docksmith', ['adopt', '-f', host.file('/opt/app')]);
    await docker('network', 'rm', 'theirs');
    expect(await host.run('signal-event', ['docker-update'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot use network "theirs": app-web-1 needs it') as string,
    });
    await host.db('docker_containers delete app-web-1');
    await host.db('docker_networks delete theirs');
    await docker('network', 'create', '--opt', 'com.docker.network.driver.mtu=1300', '--label', 'a=b', 'theirs');
    await bring(text);
    expect(await host.runOrFail('db', ['docker_networks', 'getprop', 'theirs', 'External'])).toBe('yes\n');
    expect(Object.keys((await inspect('app-web-1')).NetworkSettings?.Networks ?? {})).toEqual(['theirs']);
    await host.db('docker_containers delete app-web-1');
    await host.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
    expect(await docker('network', 'ls', '--format', '{{.Name}}')).toContain('theirs');
  });
});
