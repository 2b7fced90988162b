import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage, makeWebImage } from '../support/image.ts';
import type { Namespace } from '../support/namespace.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import type { Result } from '../support/run.ts';

/** Serves port 80 once a file is there: a database that takes its time. */
const SLOW =
  '#!/bin/sh\ntrap "exit 0" TERM\nwhile [ ! -e /flag/go ]; do sleep 0.1; done\nnc -ll -p 80 -e /bin/true &\nwait $!\n';
/** Looks at its start, and only then, whether its database is there, and writes down what it found. */
const NEEDY =
  '#!/bin/sh\ntrap "exit 0" TERM\nif nc -w 2 db 80 </dev/null; then echo the db answers; else echo no db; fi\nwhile :; do sleep 3600 & wait $!; done\n';

needs('dockerd')('docker-boot after an engine was started again', () => {
  // without live-restore: containers end with their engine
  const machine = useMachine({ clears: true });
  let host: Host;
  /** another host on the same wire as 10.9.9.2, which is the address of the interface eth1 */
  let neighbour: Namespace;
  let flag: string;
  beforeAll(async () => {
    neighbour = await machine.namespace.connect('10.9.9.2/24', '10.9.9.1/24');
    await makeSleepImage(machine.engine, 'sleep:1');
    await makeWebImage(machine.engine, 'web:1', 'the web');
    await makeImage(machine.engine, 'slow:1', { cmd: ['/slow'], files: { '/slow': SLOW } });
    await makeImage(machine.engine, 'needy:1', { cmd: ['/needy'], files: { '/needy': NEEDY } });
    flag = path.join(machine.engine.dir, 'flag');
    mkdirSync(flag);
  });
  beforeEach(async () => {
    host = await machine.makeServer(
      [
        'configuration set LocalIP 10.9.9.2',
        'networks set 10.9.9.0 network Mask 255.255.255.0',
        'configuration set docker service status enabled Daemon foreign',
        'configuration set docksmith service status enabled HealthUptime 200ms',
      ],
      { waitsForHealth: true },
    );
  });
  afterEach(async () => {
    await machine.removeContainers();
    await machine.engine.docker('network', 'prune', '--force');
  });

  const go = (): void => writeFileSync(path.join(flag, 'go'), '');
  const dontGo = (): void => rmSync(path.join(flag, 'go'), { force: true });
  const set = (...lines: readonly string[]): Promise<void> =>
    host.db(...lines.map((line) => `docker_containers set ${line}`));
  const format = (name: string, template: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', template, name);
  const startOf = (name: string): Promise<string> => format(name, '{{.Id}} {{.State.StartedAt}}');
  const listRunning = async (): Promise<readonly string[]> =>
    (await machine.engine.docker('ps', '--format', '{{.Names}}'))
      .split('\n')
      .filter((name) => name !== '')
      .sort();
  /** what it found at its starts, the last one last */
  const found = async (name: string): Promise<readonly string[]> =>
    (await machine.engine.docker('logs', name)).split('\n');
  const done = ({ stdout }: Result): readonly string[] =>
    stdout.split('\n').flatMap((line) => /^S50docker-boot: (.*)$/.exec(line)?.[1] ?? []);
  async function restartEngine(): Promise<void> {
    await machine.engine.shutDown();
    await machine.engine.startAgain();
    machine.proxy.reset();
  }
  /** until docksmith has asked for the state of containers again and again */
  const isWaitedFor = (): Promise<void> =>
    expect
      .poll(
        () => machine.proxy.calls.filter((call) => /^GET \/v[\d.]+\/containers\/[0-9a-f]{64}\/json/.test(call)).length,
        {
          timeout: 60_000,
        },
      )
      .toBeGreaterThan(12);

  it('restarts those that the engine has started before what they need was healthy, when it is', async () => {
    go();
    await set(
      `wikidb service status enabled Image slow:1 MountPath ${flag}:/flag HealthPort 80`,
      'wiki service status enabled Image needy:1 Interlinked wikidb:db',
      'front service status enabled Image sleep:1 Interlinked wiki',
      'alone service status enabled Image sleep:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await found('wiki')).toEqual(['the db answers']);
    // what was started in order is left alone
    expect(done(await host.run('signal-event', ['docker-boot']))).toEqual(['nothing to do']);

    dontGo();
    await restartEngine();
    await expect.poll(listRunning, { timeout: 60_000 }).toEqual(['alone', 'front', 'wiki', 'wikidb']);
    // that is what docker-boot is for
    await expect.poll(() => found('wiki'), { timeout: 60_000 }).toEqual(['the db answers', 'no db']);
    const names = ['alone', 'front', 'wiki', 'wikidb'];
    const before = await Promise.all(names.map(startOf));

    const event = host.run('signal-event', ['docker-boot']);
    await isWaitedFor();
    expect([machine.proxy.listMutating(), await Promise.all(names.map(startOf))]).toEqual([[], before]);
    go();
    const ended = await event;
    expect([ended.exitCode, ended.stderr, done(ended)]).toEqual([
      0,
      '',
      [
        'restart wiki: was started before wikidb was healthy',
        'restart front: was started before wiki was healthy',
        'not restarted: alone, wikidb',
      ],
    ]);
    expect(await found('wiki')).toEqual(['the db answers', 'no db', 'the db answers']);
    const after = await Promise.all(names.map(startOf));
    expect(names.filter((_, n) => after[n] !== before[n])).toEqual(['front', 'wiki']);
    expect(after.map((line) => line.slice(0, 64))).toEqual(before.map((line) => line.slice(0, 64)));
    const [front = 0, wiki = 0] = await Promise.all(
      ['front', 'wiki'].map(async (name) => Date.parse(await format(name, '{{.State.StartedAt}}'))),
    );
    expect(wiki).toBeLessThan(front);

    machine.proxy.reset();
    expect(done(await host.run('signal-event', ['docker-boot']))).toEqual(['nothing to do']);
    expect(machine.proxy.listMutating()).toEqual([]);
  });

  it('starts all in the order of needs, health and InterLinkPriority where the engine has started nothing', async () => {
    go();
    // the engine starts them again only where they fail
    await set(
      `wikidb service status enabled Image slow:1 MountPath ${flag}:/flag HealthPort 80 Restart on-failure InterLinkPriority 3`,
      'wiki service status enabled Image needy:1 Interlinked wikidb:db Restart on-failure InterLinkPriority 1',
      'late service status enabled Image sleep:1 Restart on-failure InterLinkPriority 4',
      'early service status enabled Image sleep:1 Restart on-failure InterLinkPriority 2',
      'off service status disabled Image sleep:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    dontGo();
    await restartEngine();
    expect(await listRunning()).toEqual([]);

    const event = host.run('signal-event', ['docker-boot']);
    await isWaitedFor();
    // what waits keeps nobody else from being started
    expect(await listRunning()).toEqual(['early', 'late', 'wikidb']);
    go();
    const ended = await event;
    expect([ended.exitCode, ended.stderr, done(ended)]).toEqual([
      0,
      '',
      ['start early: stopped', 'start wikidb: stopped', 'start wiki: stopped', 'start late: stopped'],
    ]);
    expect(await found('wiki')).toEqual(['the db answers', 'the db answers']);
    expect(done(await host.run('signal-event', ['docker-boot']))).toEqual(['nothing to do']);
  });

  it('waits for an address that containers are bound to, and tells which one where it does not come up', async () => {
    const address = async (verb: 'add' | 'del'): Promise<void> => {
      expect(await machine.namespace.run('ip', ['addr', verb, '10.9.9.2/24', 'dev', 'eth1'])).toMatchObject({
        exitCode: 0,
      });
    };
    const ask = (): Promise<Result> => neighbour.run('busybox', ['wget', '-q', '-O-', 'http://10.9.9.2:8080/x']);
    await set(
      'bound service status enabled Image web:1 PortMapping custom PortMappingPorts 8080:80 access private',
      'free service status enabled Image web:1 PortMapping custom PortMappingPorts 8081:80 access public',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    expect((await ask()).stdout).toMatch(/^I am the web/);

    await machine.engine.shutDown();
    await address('del');
    await machine.engine.startAgain();
    // the engine tried it once and gave up
    await expect
      .poll(() => format('bound', '{{.State.Status}} {{.State.Error}}'), { timeout: 60_000 })
      .toMatch(/^exited .*cannot assign requested address/);
    machine.proxy.reset();
    const event = host.run('signal-event', ['docker-boot']);
    let hasEnded = false;
    void event.then(() => {
      hasEnded = true;
    });
    await expect.poll(() => machine.proxy.calls.length, { timeout: 60_000 }).toBeGreaterThan(0);
    await setTimeout(1000);
    expect([hasEnded, machine.proxy.listMutating()]).toEqual([false, []]);
    await address('add');
    const ended = await event;
    expect([ended.exitCode, ended.stderr, done(ended)]).toEqual([
      0,
      '',
      ['start bound: stopped', 'not restarted: free'],
    ]);
    expect((await ask()).stdout).toMatch(/^I am the web/);

    await machine.engine.shutDown();
    await address('del');
    await machine.engine.startAgain();
    await machine.engine.docker('stop', 'free');
    await host.db('configuration setprop docksmith BootWait 300ms');
    const late = await host.run('signal-event', ['docker-boot']);
    expect(late.exitCode).toBe(1);
    expect(late.stderr).toMatch(/address 10\.9\.9\.2 \(bound\) is not up/);
    expect(late.stderr).toMatch(/cannot start container "bound": .*cannot assign requested address/);
    // the others run all the same
    expect(await listRunning()).toEqual(['free']);
    await address('add');
    expect(done(await host.run('signal-event', ['docker-boot']))).toEqual([
      'start bound: stopped',
      'not restarted: free',
    ]);
  });

  it('refuses a circle and what needs a disabled one, also where only fragments and later changes of the db say so, and touches nothing', async () => {
    await set('aa service status enabled Image sleep:1', 'bb service status enabled Image sleep:1 Interlinked aa');
    await host.runOrFail('signal-event', ['docker-update']);
    await restartEngine();
    // no event has followed this
    await host.db('docker_containers setprop aa status disabled');
    expect(await host.run('signal-event', ['docker-boot'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /cannot run container "bb": it is enabled and needs container "aa", which is disabled\n.*hint: db docker_containers setprop aa status enabled/,
      ) as string,
    });
    expect(await listRunning()).toEqual(['aa', 'bb']);
    await host.db('docker_containers setprop aa status enabled');
    host.write(
      '/etc/docksmith/containers/aa.yaml',
      host.read('/etc/docksmith/containers/aa.yaml').replace('    image:', '    depends_on: [bb]\n    image:'),
    );
    expect(await host.run('signal-event', ['docker-boot'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        'cannot start container "aa": its run spec needs itself in the end: aa -> bb -> aa',
      ) as string,
    });
    expect(machine.proxy.listMutating()).toEqual([]);
  });
});
