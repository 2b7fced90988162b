import { expect, it, onTestFinished } from 'vitest';
import { makeHost } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
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
});

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
  expect(adopted).toContain('shop_web deploy.restart_policy.delay: 2000000000\n');
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
