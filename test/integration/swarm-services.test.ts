import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeImage } from '../support/image.ts';
import { describeSwarm, useSwarm } from '../support/swarm.ts';

it('a service that no swarm can carry is refused with record and prop before any file is written', async () => {
  const host = makeHost();
  const run = (...args: readonly string[]): ReturnType<typeof host.run> =>
    host.run('signal-event', args, { env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` } });
  await host.db(
    'configuration set DomainName example.test',
    'docker_networks set back network',
    'docker_containers set shop service status enabled Image s:1 Replicas 2 Privileged yes',
    'docker_containers set wiki service status enabled Image w:1 Replicas global network custom:back',
  );
  const spec = host.file('/etc/docksmith/containers/shop.yaml');
  for (const args of [['docker-update'], ['--dry-run', 'docker-update']]) {
    const { exitCode, stderr } = await run(...args);
    expect(exitCode).toBe(1);
    for (const words of [
      'cannot accept docker_containers shop Replicas "2": this host is in no swarm, and a service needs one',
      'cannot accept docker_containers shop Privileged "yes": the engine has no such setting for a service',
      'cannot put service "wiki" on network "back": its Driver is bridge, which is a network of one host',
    ])
      expect(stderr).toContain(words);
    expect(existsSync(spec)).toBe(false);
  }
  await host.db(
    'configuration set docker service Swarm worker',
    'docker_networks setprop back Driver overlay Encrypted yes',
    'docker_containers delprop shop Privileged',
    'docker_containers setprop shop Placement node.role==worker,spread:node.labels.zone MaxPerNode 1 UpdateOrder start-first UpdateParallelism 2 UpdateDelay 5s RollbackOn none TCPPort 8080 PublishMode host',
  );
  const { exitCode, stdout } = await run('docker-update');
  expect([exitCode, readFileSync(spec, 'utf8').match(/ mode: \S+/g)]).toEqual([
    0,
    [' mode: replicated', ' mode: host'],
  ]);
  // managers drive services
  expect(stdout).not.toContain('create');
  expect(readFileSync(host.file('/etc/docksmith/containers/wiki.yaml'), 'utf8')).toMatch(
    /driver: "?overlay[^]*encrypted/,
  );
  host.stop();
});

/** What is not asked of any registry. */
const APP = '127.0.0.1:5999/app';
const SLEEP = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'];
const UPDATE = ['docker-container-update', 'wiki'];

describeSwarm('services of a swarm', () => {
  const swarm = useSwarm({
    images: async (engine) => {
      for (const version of ['1', '2'])
        await makeImage(engine, `${APP}:${version}`, { cmd: SLEEP, files: { '/healthy': '' } });
      await makeImage(engine, `${APP}:sick`, { cmd: SLEEP });
      await makeImage(engine, `${APP}:ends`, { cmd: ['sh', '-c', 'echo the disk is full; exit 3'] });
    },
  });
  const hosts: Host[] = [];
  const host = (n = 1): Host => hosts[n - 1] as Host;
  const event = (...args: readonly string[]): ReturnType<Host['run']> => host().run('signal-event', args);
  const docksmith = (...args: readonly string[]): ReturnType<Host['run']> => host().run('docksmith', args);
  const docker = (...args: readonly string[]): Promise<string> => swarm.machine(1).engine.docker(...args);
  const running = async (): Promise<readonly string[]> =>
    (
      await docker(
        'service',
        'ps',
        '--filter',
        'desired-state=running',
        '--format',
        '{{.ID}} {{.CurrentState}}',
        'wiki',
      )
    )
      .split('\n')
      .filter((line) => line.includes('Running'))
      .map((line) => line.split(' ')[0] ?? '')
      .sort();
  /** `create wiki` of what a run has done. */
  const doneBy = (stdout: string): readonly string[] =>
    [...stdout.matchAll(/^S50docker-reconcile: (create|update|remove|secret|config|network|stop) (.*?):/gm)].map(
      ([, verb, name]) => `${verb} ${name}`.replaceAll(/\.[0-9a-f]{12}$/g, '.DIGEST'),
    );

  beforeAll(async () => {
    for (const n of [1, 2]) {
      const one = swarm.makeHost(n, { waitsForHealth: true });
      hosts.push(one);
      one.write('/etc/wiki.conf', 'a = 1\n');
      await one.db(
        'configuration set DomainName example.test',
        'configuration set docker service Swarm manager Daemon foreign Filter disabled ReadTimeout 5s WriteTimeout 8s',
        'configuration set docksmith service HealthWait 20s HealthUptime 500ms',
        'secrets set password secret Value very-secret-1',
        'docker_networks set back network Driver overlay Encrypted yes',
        `docker_containers set wiki service status enabled Image ${APP}:1 Replicas 2 network custom:back Secrets password MountPath ${one.file('/etc/wiki.conf')}:/etc/wiki.conf:ro HealthExec "test -e /healthy" HealthInterval 500ms HealthRetries 2 HealthTimeout 1s UpdateOrder start-first HealthStart 0s`,
      );
    }
  });

  it('are created with a secret, a generated configuration file and a network', async () => {
    expect((await docksmith('plan', 'wiki')).stdout).toMatch(
      /^network back: wanted by wiki\nconfig wiki\.wiki\.conf\.[0-9a-f]{12}: of wiki\nsecret wiki\.password\.[0-9a-f]{12}: of wiki\ncreate wiki: not there\n/,
    );
    const { exitCode, stdout } = await event(...UPDATE);
    expect([exitCode, doneBy(stdout)]).toEqual([
      0,
      ['network back', 'config wiki.wiki.conf.DIGEST', 'secret wiki.password.DIGEST', 'create wiki'],
    ]);
    expect(await running()).toHaveLength(2);
    const container = await docker('ps', '-q', '--filter', 'label=com.docker.swarm.service.name=wiki');
    const [id = ''] = container.split('\n');
    if (id !== '')
      expect(await docker('exec', id, 'cat', '/run/secrets/password', '/etc/wiki.conf')).toBe('very-secret-1a = 1');
  });

  it('are left alone without a mutating call where nothing changed', async () => {
    const before = await running();
    swarm.machine(1).proxy.reset();
    const { exitCode, stdout } = await event(...UPDATE);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('S50docker-reconcile: nothing to do')]);
    expect((await docksmith('reconcile', '--dry-run')).stdout).toMatch(/^nothing to do$/m);
    expect([swarm.machine(1).proxy.listMutating(), await running()]).toEqual([[], before]);
  });
});
