import { expect, it, onTestFinished, vi } from 'vitest';
import { makeHost } from '../support/host.ts';
import { makeImage, makeSleepImage, SLEEP } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';

/** Debian's client, whatever else is installed. */
const CLIENT = '/usr/bin/docker';

const RECORDS = [
  'configuration set LocalIP 192.168.1.2',
  'configuration set docker service status enabled Daemon foreign',
  'configuration set httpd service status disabled',
  'configuration set docksmith service status enabled ServiceManager command HealthWait 0',
  'docker_images set base service Repository wiki Tag 1 Pull missing',
  'docker_networks set lan network Subnet 10.9.0.0/24 Gateway 10.9.0.9',
  'secrets set token secret Value abcdef-secret',
  `docker_containers set wiki service status enabled Image base WebPort 80 SubDomain enabled MaxMemory 64 CPUs 0.5 PidsLimit 100 Interlinked cache:redis Volumes wikidata:/var/lib/wiki Env.DB_PASSWORD "geh\\"ei'm $x"`,
  'docker_containers set git service status enabled Image wiki:1 PortMapping custom PortMappingPorts 22022:22,5000:53/udp access public network custom:lan NetworkAddress 10.9.0.7 NetworkAlias gitea EnvSecrets token:TOKEN Secrets token:/srv/token:0444',
  'docker_containers set cache service status enabled Image wiki:1 HealthCmd true HealthInterval 5s HealthRetries 3 Restart on-failure:3 ReadOnly yes Tmpfs /scratch:size=1m,mode=700 Ulimits nofile=512:1024 CapDrop ALL User 1000:1000 StopTimeout 3 Init yes',
  'docker_containers set side service status enabled Image wiki:1 network container:git VolumesFrom wiki',
  `docker_containers set late service status disabled Image wiki:1 Command 'run "two words"'`,
];

needs('dockerd')('a stack file of containers', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });

  it('is taken by docker stack deploy, without what a stack cannot say, which is listed', async () => {
    const host = await machine.makeServer(RECORDS);
    await makeSleepImage(machine.engine, 'wiki:1');
    await host.runOrFail('signal-event', ['docker-update']);
    const { stdout: file, stderr } = await host.run('docksmith', ['export', '--stack']);
    for (const secret of ['abcdef-secret', 'geh']) expect(file).not.toContain(secret);
    for (const [what, of] of [
      ['ports 127.0.0.1:23000:80', 'wiki'],
      ['web address http://wiki.example.test/', 'wiki'],
      ['depends_on \\["cache"\\]', 'wiki'],
      ['networks.lan.ipv4_address 10.9.0.7', 'git'],
      ['tmpfs /scratch:mode=700', 'cache'],
      ['network_mode service:git', 'side'],
      ['volumes_from \\["wiki"\\]', 'side'],
      ['ipam.gateway 10.9.0.9', 'network lan'],
    ] as const)
      expect(stderr).toMatch(new RegExp(`warning: not in the file: ${what} of ${of}: \\w`));
    expect(file).toContain('  # not here: ports 127.0.0.1:23000:80: ');

    host.write('/out/stack.yaml', file);
    host.write('/out/.env', await host.runOrFail('docksmith', ['export', '--stack', '--env']));
    await machine.removeContainers();
    await machine.engine.docker('network', 'prune', '-f');
    await machine.engine.docker('swarm', 'init', '--advertise-addr', '192.168.1.2');
    const deploy = (script: string): ReturnType<typeof run> =>
      run(
        'sh',
        ['-c', `${script} exec ${CLIENT} stack deploy --resolve-image never -c ${host.file('/out/stack.yaml')} st`],
        {
          env: { DOCKER_HOST: `unix://${machine.engine.socket}` },
        },
      );
    // without its secrets the file makes no service
    expect((await deploy('')).stderr).toContain('is not set');
    expect(await deploy(`set -a; . ${host.file('/out/.env')};`)).toMatchObject({ exitCode: 0, stderr: '' });

    const specOf = async (name: string): Promise<ServiceSpec> =>
      JSON.parse(await machine.engine.docker('service', 'inspect', '--format', '{{json .Spec}}', name)) as ServiceSpec;
    expect(await specOf('st_wiki')).toMatchObject({
      TaskTemplate: {
        ContainerSpec: {
          Env: expect.arrayContaining([`DB_PASSWORD=geh"ei'm $x`]) as string[],
          Mounts: [{ Type: 'volume', Source: 'wikidata', Target: '/var/lib/wiki' }],
        },
        Resources: { Limits: { MemoryBytes: 64 << 20, NanoCPUs: 5e8, Pids: 100 } },
        RestartPolicy: { Condition: 'any' },
      },
    });
    expect((await specOf('st_wiki')).EndpointSpec.Ports).toBeUndefined();
    expect(await specOf('st_git')).toMatchObject({
      TaskTemplate: {
        ContainerSpec: {
          Env: ['TOKEN=abcdef-secret'],
          Secrets: [{ File: { Name: '/srv/token', Mode: 0o444 }, SecretName: 'st_token' }],
        },
        Networks: [{ Aliases: ['gitea', 'git'] }],
      },
      EndpointSpec: { Ports: [{ PublishedPort: 5000 }, { PublishedPort: 22022 }] },
    });
    expect(await specOf('st_cache')).toMatchObject({
      TaskTemplate: {
        ContainerSpec: {
          User: '1000:1000',
          Init: true,
          ReadOnly: true,
          Mounts: [{ Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 1 << 20 } }],
          Healthcheck: { Test: ['CMD-SHELL', 'true'], Retries: 3 },
          StopGracePeriod: 3e9,
        },
        RestartPolicy: { Condition: 'on-failure', MaxAttempts: 3 },
      },
    });
    expect(await specOf('st_late')).toMatchObject({ Mode: { Replicated: { Replicas: 0 } } });
    await machine.engine.docker('stack', 'rm', 'st');
  });

  it('of a stack that runs, records take over its services, and no task is started again', async () => {
    await machine.engine.tryDocker('swarm', 'init', '--advertise-addr', '192.168.1.2');
    await makeImage(machine.engine, 'web:1', { cmd: ['/sleep'], files: { '/sleep': SLEEP } });
    const lines = [
      'configuration set docker service status enabled Daemon foreign Swarm manager',
      'configuration set httpd service status disabled',
      'configuration set docksmith service status enabled ServiceManager command HealthWait 30s',
    ];
    const host = await machine.makeServer(lines);
    host.write('/in/token', 's3cret-word');
    host.write('/in/conf', 'k = v\n');
    host.write('/in/stack.yaml', STACK);
    const deploy = (): ReturnType<typeof run> =>
      run(CLIENT, ['stack', 'deploy', '--resolve-image', 'never', '-c', host.file('/in/stack.yaml'), 'shop'], {
        env: { DOCKER_HOST: `unix://${machine.engine.socket}` },
      });
    expect(await deploy()).toMatchObject({ exitCode: 0 });
    const listTasks = async (service = 'shop_'): Promise<readonly string[]> =>
      (await machine.engine.docker('ps', '--format', '{{.Names}}', '--filter', `name=${service}`)).split('\n').sort();
    await vi.waitFor(async () => expect(await listTasks()).toHaveLength(4), { timeout: 30_000, interval: 200 });
    const before = await listTasks();

    machine.proxy.reset();
    const dry = await host.runOrFail('docksmith', ['adopt', '--dry-run', '--stack', 'shop']);
    expect(dry).not.toContain('not in the records');
    expect((await host.run('docksmith', ['adopt', '--stack', 'shp'])).stderr).toMatch(
      /the swarm has no service of such a stack; there are: shop\nhint: did you mean "shop"\?/,
    );
    expect((await host.run('docksmith', ['adopt', '--stack', 'shop', 'wub'])).stderr).toContain('did you mean "web"?');
    expect(host.files('/var/lib/docksmith/db').join()).not.toContain('docker_containers');
    const { stderr } = await host.run('docksmith', ['adopt', '--stack', 'shop']);
    expect(stderr).toContain('what the secret shop_token holds cannot be read');
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', 'shop_agent', 'PublishMode.53/udp'])).toBe(
      'host\n',
    );
    // the record says the place of each, and no value
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', 'shop_web', 'SwarmConfigs'])).toBe(
      'shop_conf:/conf,shop_conf:/etc/app.conf\n',
    );
    expect((await host.run('docksmith', ['adopt', '--stack', 'shop'])).stderr).toContain(
      'db docker_containers has a record of that name already',
    );

    const labelsOf = async (name: string): Promise<unknown> =>
      JSON.parse(await machine.engine.docker('service', 'inspect', '--format', '{{json .Spec.Labels}}', name));
    const updated = await host.runOrFail('signal-event', ['docker-update']);
    expect(updated).toMatch(/update shop_web: service labels com\S+ com\S+ -> docksmith\S+ docksmith\S+$/m);
    expect(await labelsOf('shop_web')).toEqual({
      ...{ 'docksmith.managed': 'true', 'docksmith.name': 'shop_web', rule: 'Host(`a.b`), x' },
    });
    expect(await listTasks()).toEqual(before);
    await machine.expectNothingToDo(host);

    // the client finds nothing of it any more, and does nothing to it
    expect(await machine.engine.docker('stack', 'ls', '--format', '{{.Name}}')).toBe('');
    expect((await run(CLIENT, ['-H', `unix://${machine.engine.socket}`, 'stack', 'rm', 'shop'])).exitCode).toBe(1);
    expect((await deploy()).exitCode).toBe(1);
    expect(await listTasks()).toEqual(before);

    await host.db('docker_containers setprop shop_web Replicas 3 RollbackOn failure');
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain(
      'update shop_web: replicas 2 -> 3, update on-failure=pause -> on-failure=rollback',
    );
    const after = await listTasks();
    expect([after.length, after.filter((name) => before.includes(name))]).toEqual([5, before]);
    await host.db('docker_containers setprop shop_web MaxMemory 96');
    await host.runOrFail('signal-event', ['docker-update']);
    expect((await listTasks()).filter((name) => before.includes(name))).toEqual(
      before.filter((name) => !name.startsWith('shop_web')),
    );
    const [first = ''] = await listTasks('shop_web');
    expect(await machine.engine.docker('exec', first, 'cat', '/run/secrets/token', '/etc/app.conf')).toBe(
      's3cret-wordk = v',
    );

    // there and back by a file
    host.write('/out/stack.yaml', await host.runOrFail('docksmith', ['export', '--stack']));
    const other = await machine.makeServer(lines);
    await other.runOrFail('docksmith', ['adopt', '--stack', host.file('/out/stack.yaml')]);
    for (const db of ['docker_containers', 'docker_images', 'docker_networks'])
      expect(await other.runOrFail('db', [db, 'show'])).toBe(await host.runOrFail('db', [db, 'show']));

    // the same of a service that was never a stack's, with files of this host, and run by the client
    host.write('/in/site.conf', 'port = 80\n');
    const mine = [
      'docker_networks set back network Driver overlay Attachable yes',
      'secrets set pass secret Value geh-heim',
      `docker_containers set site service status enabled Image web:1 Replicas 2 Placement node.role==manager,spread:node.labels.zone UpdateOrder start-first network custom:back NetworkAlias www MountPath ${host.file('/in/site.conf')}:/etc/site.conf:ro Secrets pass:/run/secrets/p:0440:7 MaxMemory 32 TCPPort 8090`,
    ];
    await host.db(...mine);
    await host.runOrFail('signal-event', ['docker-container-update', 'site']);
    const exported = await host.run('docksmith', ['export', '--stack', 'site']);
    expect(exported).toMatchObject({ exitCode: 0, stderr: '' });
    host.write('/out/site.yaml', exported.stdout);
    await machine.engine.docker('service', 'rm', 'site');
    await machine.engine.docker('network', 'rm', 'back');
    expect(
      await run(CLIENT, ['stack', 'deploy', '--resolve-image', 'never', '-c', host.file('/out/site.yaml'), 'own'], {
        env: { DOCKER_HOST: `unix://${machine.engine.socket}` },
      }),
    ).toMatchObject({ exitCode: 0, stderr: '' });
    await vi.waitFor(async () => expect(await listTasks('own_site')).toHaveLength(2), {
      timeout: 30_000,
      interval: 200,
    });
    const [task = ''] = await listTasks('own_site');
    expect(await machine.engine.docker('exec', task, 'cat', '/etc/site.conf', '/run/secrets/p')).toBe(
      'port = 80\ngeh-heim',
    );
    const third = await machine.makeServer(lines);
    await third.runOrFail('docksmith', ['adopt', '--stack', host.file('/out/site.yaml')]);
    for (const [db, key] of [
      ['docker_containers', 'site'],
      ['docker_networks', 'back'],
      ['secrets', 'pass'],
    ] as const)
      expect(await third.runOrFail('db', ['--json', db, 'show', key])).toBe(
        await host.runOrFail('db', ['--json', db, 'show', key]),
      );
    await machine.engine.docker('stack', 'rm', 'own');

    await host.db('docker_containers setprop shop_agent SwarmSecrets lost');
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain(
      'cannot give service "shop_agent" the secret "lost": the swarm keeps no secret of that name',
    );
    await machine.engine.docker('service', 'rm', 'shop_web', 'shop_agent', 'shop_worker');
  });
});

const STACK = `version: "3.8"
services:
  web:
    image: web:1
    user: "1000:1000"
    environment: {A: "two, words"}
    labels: {team: web}
    networks: {front: {aliases: [www]}, default: {}}
    secrets: [token, {source: token, target: /srv/token, uid: "1000", gid: "1000", mode: 0400}]
    configs: [conf, {source: conf, target: /etc/app.conf}]
    ports: ["8080:80"]
    volumes: ["data:/var/lib/web", {type: tmpfs, target: /scratch, tmpfs: {size: 1048576}}]
    healthcheck: {test: "true", interval: 1s, retries: 2}
    deploy:
      replicas: 2
      labels: {rule: "Host(\`a.b\`), x"}
      placement: {constraints: ["node.role == manager"]}
      restart_policy: {condition: on-failure, delay: 2s, max_attempts: 3, window: 30s}
      resources: {limits: {memory: 64M, cpus: "0.5"}, reservations: {memory: 8M, cpus: "0.1"}}
      update_config: {parallelism: 3, monitor: 1s}
  agent:
    image: web:1
    ports: ["8081:80", {target: 53, published: 5353, protocol: udp, mode: host}]
    deploy: {mode: global}
  worker:
    image: web:1
    deploy:
      endpoint_mode: dnsrr
      update_config: {failure_action: continue, monitor: 3s, max_failure_ratio: 0.3}
      rollback_config: {parallelism: 2, delay: 1s, failure_action: continue, monitor: 4s, max_failure_ratio: 0.5, order: start-first}
networks: {front: {driver_opts: {encrypted: ""}, attachable: true}}
volumes: {data: {}}
secrets: {token: {file: ./token}}
configs: {conf: {file: ./conf}}
`;

interface ServiceSpec {
  readonly EndpointSpec: { readonly Ports?: unknown };
}

it('a stack file becomes records of services, with its secrets in db secrets and limits by their props', async () => {
  const host = makeHost();
  onTestFinished(() => host.stop());
  const env = { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` };
  await host.db('configuration set DomainName example.test', 'configuration set docker service Swarm worker');
  host.write('/in/token', 's3cret-word');
  host.write(
    '/in/stack.yaml',
    `version: "3.8"
services:
  web:
    image: 127.0.0.1:5999/web:1
    networks: [front]
    secrets: [token]
    deploy:
      replicas: 3
      placement: {constraints: ["node.labels.zone == a"], preferences: [{spread: node.labels.rack}]}
      update_config: {order: start-first, parallelism: 2, delay: 5s, failure_action: rollback}
      restart_policy: {condition: on-failure, max_attempts: 3, delay: 2s}
      resources: {limits: {memory: 64M, cpus: "0.5"}}
  agent: {image: "127.0.0.1:5999/agent:1", deploy: {mode: global}}
networks: {front: {}}
secrets: {token: {file: ./token}}
`,
  );
  const adopted = await host.runOrFail('docksmith', ['adopt', '--stack', host.file('/in/stack.yaml'), '-p', 'shop'], {
    env,
  });
  expect(adopted).not.toContain('not in the records');
  const propsOf = async (db: string, key: string): Promise<unknown> =>
    JSON.parse(await host.runOrFail('db', ['--json', db, 'show', key]));
  expect(await propsOf('docker_containers', 'shop_web')).toMatchObject({
    props: {
      Replicas: '3',
      Placement: 'node.labels.zone==a,spread:node.labels.rack',
      UpdateOrder: 'start-first',
      UpdateParallelism: '2',
      UpdateDelay: '5s',
      MaxMemory: '64',
      CPUs: '0.5',
      Restart: 'on-failure:3',
      'Deploy.restart_policy.delay': '2s',
      network: 'custom:shop_front',
      NetworkAlias: 'web',
      Secrets: 'shop_web.token:/run/secrets/token',
    },
  });
  expect(await propsOf('docker_containers', 'shop_agent')).toMatchObject({
    props: { Replicas: 'global', Restart: 'always' },
  });
  expect(await propsOf('docker_networks', 'shop_front')).toMatchObject({ props: { Driver: 'overlay' } });
  expect((await host.runOrFail('db', ['secrets', 'getprop', 'shop_web.token', 'Value'])).trim()).toBe('s3cret-word');
  const { stdout } = await host.run('signal-event', ['docker-update'], { env });
  expect(stdout).toContain('shop_web is a service, and managers of the swarm drive it');
});
