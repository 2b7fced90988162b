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
        'configuration set docksmith service HealthWait 40s HealthUptime 500ms',
        'secrets set password secret Value very-secret-1',
        'docker_networks set back network Driver overlay Encrypted yes',
        `docker_containers set wiki service status enabled Image ${APP}:1 Replicas 2 network custom:back Secrets password MountPath ${one.file('/etc/wiki.conf')}:/etc/wiki.conf:ro HealthExec "test -e /healthy" HealthInterval 500ms HealthRetries 2 HealthTimeout 1s HealthUptime 1s UpdateOrder start-first`,
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

  const set = (...props: readonly string[]): Promise<void> =>
    host().db(...props.map((prop) => `docker_containers setprop wiki ${prop}`));

  it('are scaled, and what somebody scales by hand is put right', async () => {
    await set('Replicas 3');
    expect(doneBy((await event(...UPDATE)).stdout)).toEqual(['update wiki']);
    expect(await running()).toHaveLength(3);
    const before = await running();
    await docker('service', 'scale', '--detach', 'wiki=1');
    const { stdout } = await docksmith('reconcile', 'wiki');
    expect(stdout).toContain('update wiki: replicas 1 -> 3\n');
    expect(await running()).toHaveLength(3);
    expect(before).toHaveLength(3);
  });

  it('are updated task by task, and go back where a new task never becomes healthy, which is remembered', async () => {
    await set(`Image ${APP}:2`);
    expect((await event(...UPDATE)).stdout).toContain(`update wiki: image ${APP}:1 -> ${APP}:2\n`);
    const images = async (): Promise<string> =>
      docker('service', 'ps', '--filter', 'desired-state=running', '--format', '{{.Image}}', 'wiki');
    expect(await images()).toBe(Array.from({ length: 3 }, () => `${APP}:2`).join('\n'));
    const before = await running();

    await set(`Image ${APP}:sick`);
    const sick = await event(...UPDATE);
    expect(sick.exitCode).toBe(1);
    expect(sick.stderr).toMatch(
      /cannot run service "wiki": the swarm has gone back to what ran before: a task ended with exit code 0, or was not healthy in time/,
    );
    expect(await images()).toBe(Array.from({ length: 3 }, () => `${APP}:2`).join('\n'));
    // with start-first those that served before go on but for the one that was replaced first
    expect((await running()).filter((id) => before.includes(id)).length).toBeGreaterThanOrEqual(2);

    const again = await event(...UPDATE);
    expect([again.exitCode, doneBy(again.stdout)]).toEqual([1, []]);
    expect(again.stdout).toContain('failed wiki: the swarm has gone back');
    expect((await docksmith('status')).stdout).toContain('wiki: failed: the swarm has gone back');
    await set(`Image ${APP}:2`);
    const good = await event(...UPDATE);
    expect([good.exitCode, doneBy(good.stdout)]).toEqual([0, []]);
    expect((await docksmith('status')).stdout).not.toContain('failed');
  });

  it('get changed secrets and configuration files by other names, and the old ones are removed', async () => {
    host().write('/etc/wiki.conf', 'a = 2\n');
    await host().db('secrets setprop password Value very-secret-2');
    const { exitCode, stdout, stderr } = await event(...UPDATE);
    expect([exitCode, doneBy(stdout)]).toEqual([
      0,
      [
        'config wiki.wiki.conf.DIGEST',
        'secret wiki.password.DIGEST',
        'update wiki',
        'remove secret wiki.password.DIGEST',
        'remove config wiki.wiki.conf.DIGEST',
      ],
    ]);
    expect(`${stdout}${stderr}`).not.toContain('very-secret');
    expect((await docker('secret', 'ls', '-q')).split('\n')).toHaveLength(1);
    expect((await docker('config', 'ls', '-q')).split('\n')).toHaveLength(1);
  });

  it('may be reconciled by two managers at once', async () => {
    host(2).write('/etc/wiki.conf', 'a = 2\n');
    await host(2).db('secrets setprop password Value very-secret-2');
    for (const one of hosts)
      await one.db(
        `docker_containers setprop wiki Image ${APP}:2`,
        'docker_containers setprop wiki Replicas 4',
        'docker_containers setprop wiki Env MODE=fast',
      );
    const ended = await Promise.all(hosts.map((one) => one.run('signal-event', UPDATE)));
    expect(ended.map(({ exitCode, stderr }) => [exitCode, stderr.includes('cannot')])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(await running()).toHaveLength(4);
    for (const one of hosts) expect(doneBy((await one.run('signal-event', UPDATE)).stdout)).toEqual([]);
  });

  it('are stopped, started and restarted', async () => {
    expect((await docksmith('stop', 'wiki')).stdout).toContain('stop wiki: asked for\n');
    await swarm.until('no task runs', async () => (await running()).length === 0);
    expect((await docksmith('start', 'wiki')).stdout).toContain('update wiki: replicas 0 -> 4\n');
    const before = await running();
    expect(before).toHaveLength(4);
    expect((await docksmith('restart', 'wiki')).stdout).toContain('restart wiki: asked for\n');
    expect((await running()).filter((id) => before.includes(id))).toEqual([]);
    const { stdout } = await docksmith('runs');
    expect(stdout).toContain('restart');
  });

  it('become containers and services again by their records', async () => {
    await host().db(`docker_containers set turn service status enabled Image ${APP}:1 TCPPort 8085 HealthWait 0`);
    const turn = (): ReturnType<Host['run']> => event('docker-container-update', 'turn');
    const done = async (): Promise<readonly string[]> => {
      const { exitCode, stdout, stderr } = await turn();
      expect([exitCode, stderr]).toEqual([0, '']);
      return doneBy(stdout);
    };
    expect(await done()).toEqual(['create turn']);
    await host().db(
      'docker_containers setprop turn Replicas 1 PublishMode host Placement node.hostname==node1 HealthWait 60s',
    );
    expect(await done()).toEqual(['remove turn', 'create turn']);
    expect(await docker('service', 'ls', '--format', '{{.Name}} {{.Replicas}}', '--filter', 'name=turn')).toBe(
      'turn 1/1',
    );
    await host().db('docker_containers delprop turn Replicas', 'docker_containers setprop turn HealthWait 0');
    expect(await done()).toEqual(['remove turn', 'create turn']);
    expect(await docker('ps', '--format', '{{.Names}}', '--filter', 'name=^turn$')).toBe('turn');
    await host().db(
      `docker_containers setprop turn Replicas 1 Image ${APP}:ends HealthWait 10s`,
      'docker_containers delprop turn TCPPort',
    );
    const ends = await turn();
    expect([ends.exitCode, doneBy(ends.stdout)]).toEqual([1, []]);
    expect(ends.stderr).toMatch(/cannot run service "turn": .*0 of 1 task runs.*: task: non-zero exit \(3\)/);
    // the container that its record no longer makes serves until the service does
    expect(await docker('ps', '--format', '{{.Names}}', '--filter', 'name=^turn$')).toBe('turn');
    await host().db('docker_containers delete turn');
    expect(
      doneBy(
        (await docksmith('reconcile', '--remove-orphans', '--yes')).stdout.replaceAll(/^/gm, 'S50docker-reconcile: '),
      ),
    ).toEqual(expect.arrayContaining(['remove turn']));
    expect(await docker('service', 'ls', '-q', '--filter', 'name=turn')).toBe('');
  });

  it('go on with a manager that is killed in the middle of an update', async () => {
    await host(2).db('docker_containers setprop wiki Env MODE=other');
    const update = host(2).run('signal-event', UPDATE);
    await swarm.until('the update has begun', async () =>
      (await docker('service', 'inspect', 'wiki')).includes('"State": "updating"'),
    );
    await swarm.kill(1);
    const { exitCode, stderr } = await update;
    const second = await host(2).run('signal-event', UPDATE);
    expect([exitCode, stderr, second.exitCode, doneBy(second.stdout)]).toEqual([0, expect.any(String), 0, []]);
    await swarm.revive(1);
  });

  it('cannot be changed without a quorum, which is said in time; containers go on, and nothing is half done', async () => {
    await swarm.until(
      'all managers are there',
      async () =>
        (await docker('node', 'ls', '--format', '{{.ManagerStatus}}'))
          .split('\n')
          .filter((text) => /Leader|Reachable/.test(text)).length === 3,
    );
    await host().db('docker_containers setprop wiki Env MODE=other');
    await swarm.kill(2);
    await swarm.kill(3);
    // for some seconds a leader that has lost the others answers all the same
    await swarm.until(
      'the loss is noticed',
      async () => (await swarm.machine(1).engine.tryDocker('node', 'ls')).exitCode !== 0,
    );
    const containers = async (): Promise<string> =>
      docker('ps', '-q', '--filter', 'label=com.docker.swarm.service.name=wiki');
    const before = await containers();
    const spec = host().read('/etc/docksmith/containers/wiki.yaml');
    const begun = performance.now();
    await set('MaxMemory 64');
    const { exitCode, stderr } = await event(...UPDATE);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/the swarm has no leader/)]);
    expect(performance.now() - begun).toBeLessThan(60_000);
    expect([host().read('/etc/docksmith/containers/wiki.yaml'), await containers()]).toEqual([spec, before]);
    // containers of this host go on, with a network of their own
    await host().db(
      'docker_networks set local network',
      `docker_containers set cron service status enabled Image ${APP}:1 network custom:local`,
    );
    const plain = await event('docker-update');
    expect([plain.exitCode, doneBy(plain.stdout)]).toEqual([1, ['network local', 'create cron']]);
    expect(plain.stderr).toMatch(
      /cannot update service "wiki": the swarm has no leader: .*; left unchanged, and the next event tries again$/m,
    );
    expect(await containers()).toBe(before);
    expect((await docksmith('status')).stdout).toMatch(/^cron +running/m);
    for (const [...words] of [
      ['stop', 'cron'],
      ['start', 'cron'],
      ['exec', 'cron', 'true'],
      ['logs', 'cron'],
    ])
      expect([words, (await docksmith(...words)).exitCode]).toEqual([words, 0]);
    expect(await docksmith('stop', 'wiki')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('the swarm has no leader') as string,
    });
    await swarm.revive(2);
    await swarm.revive(3);
    await swarm.until(
      'there is a leader',
      async () => (await docker('node', 'ls').catch(() => '')).includes('Leader'),
      90,
    );
    const good = await event(...UPDATE);
    expect([good.exitCode, doneBy(good.stdout)]).toEqual([0, ['update wiki']]);
    expect((await running()).length).toBeGreaterThan(1);
    await host().db('docker_containers delete cron', 'docker_networks delete local');
    await docksmith('reconcile', '--remove-orphans', '--yes');
  });

  it('that are disabled have no task, and leave when their records are gone', async () => {
    await set('status disabled');
    expect(doneBy((await event(...UPDATE)).stdout)).toEqual(['stop wiki']);
    await host().db('docker_containers delete wiki');
    const { stdout } = await docksmith('reconcile', '--remove-orphans', '--yes');
    expect(stdout).toMatch(
      /^remove wiki: orphan\nremove secret wiki\.password\.\S+: no service uses it\nremove config \S+: no service uses it\nremove network back: nothing uses it\n/,
    );
  });
});
