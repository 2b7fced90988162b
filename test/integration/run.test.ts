import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { type Running, start } from '../support/running.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/docksmith.js');

/** Says that it has begun, and ends at once when it is asked to. */
const WAIT = 'trap "echo asked to end; exit 9" TERM INT; echo begun; while :; do sleep 0.05; done';

needs('dockerd')('one-offs on a real engine', () => {
  const machine = useMachine();
  let host: Host;
  let folder: string;
  beforeAll(async () => {
    host = machine.makeHost();
    folder = host.file('/srv/shop');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'page'), 'a page\n');
    await makeSleepImage(machine.engine, 'app:1', { changes: ['ENV FROM_IMAGE=1', 'VOLUME /scratch'] });
    await makeImage(machine.engine, 'job:1', { cmd: ['sh', '-c', 'echo the job'] });
    await makeImage(machine.engine, 'says:1', { cmd: ['sh', '-c', 'echo "says $WORD"; exit 3'] });
    host.write('/etc/shop.env', 'OF_FILE=a file\nBOTH=file\n');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set docker service status enabled Daemon foreign',
      'secrets set key secret Value hunter2hunter2',
      'docker_networks set corner network Subnet 10.9.8.0/24',
      'docker_containers set redis service status enabled Image app:1',
      `docker_containers set shop service status enabled Image app:1 Interlinked redis:store TCPPort 8080 MountPath ${folder}:/srv/shop:ro Volumes goods:/goods EnvFile /etc/shop.env Env BOTH=record,WORD=one Secrets key:/etc/key User 1000:1000 MaxMemory 64 HealthCmd true WorkingDir /goods NetworkAlias store-front network custom:corner NetworkAddress 10.9.8.7 Labels a.label=yes`,
      'docker_containers set says service status disabled Image says:1 Env WORD=hello',
      'docker_containers set off service status disabled Image app:1 Env WORD=off Volumes goods:/goods',
      'docker_containers set home service status enabled Image app:1 Role data Volumes home:/home',
      'docker_containers set guest service status enabled Image app:1 VolumesFrom home',
      'docker_containers set backup service status enabled Image job:1 Role job',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('exec', 'shop', 'true');
    await machine.engine.docker(
      'run',
      '--rm',
      '-v',
      'goods:/goods',
      'app:1',
      'sh',
      '-c',
      'touch /goods/first; chmod 777 /goods',
    );
  });
  const begun: Running[] = [];
  beforeEach(() => machine.proxy.reset());
  afterEach(async () => {
    // of a test that failed
    for (const one of begun.splice(0)) one.kill('SIGKILL');
    for (const name of await listOneOffs()) await machine.engine.docker('rm', '-f', name);
  });

  const docksmith = (...args: readonly string[]): ReturnType<Host['run']> => host.run('docksmith', args);
  const run = (...args: readonly string[]): ReturnType<Host['run']> => docksmith('run', ...args);
  const sh = (name: string, script: string): ReturnType<Host['run']> => run(name, 'sh', '-c', script);
  const startRun = (...args: readonly string[]): Running => {
    const [command, words] = machine.namespace.command(process.execPath, [PROGRAM, 'run', ...args]);
    const one = start(command, words, {
      env: { DOCKER_HOST: `unix://${machine.proxy.socket}`, DOCKSMITH_ROOT: host.root, DBPATH: undefined },
    });
    begun.push(one);
    return one;
  };
  const listOneOffs = async (): Promise<readonly string[]> =>
    (await machine.engine.docker('ps', '-a', '--filter', 'label=docksmith.run', '--format', '{{.Names}}'))
      .split('\n')
      .filter((name) => name !== '');
  const listVolumes = (): Promise<string> => machine.engine.docker('volume', 'ls', '-q');
  const inspect = (name: string, format: string): Promise<string> =>
    machine.engine.docker('inspect', '--format', format, name);

  it('hands on streams and exit code, and leaves nothing behind', async () => {
    const [containers, volumes] = [await machine.listContainers(), await listVolumes()];
    expect(await sh('shop', 'echo out; echo err >&2; exit 7')).toEqual({
      exitCode: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await run('shop', 'echo', '--help', '-it')).toMatchObject({ exitCode: 0, stdout: '--help -it\n' });
    expect(await run('says')).toMatchObject({ exitCode: 3, stdout: 'says hello\n', stderr: '' });
    expect(await run('shop', '/no/such')).toMatchObject({
      exitCode: 127,
      stderr: expect.stringMatching(
        /^docksmith: cannot start container "shop-run-[0-9a-f]{8}": .*\/no\/such/,
      ) as string,
    });
    expect((await run('shop', '/tmp')).exitCode).toBeGreaterThan(125);
    expect(await machine.listContainers()).toEqual(containers);
    expect(await listVolumes()).toBe(volumes);
    expect(await host.runOrFail('docksmith', ['runs'])).not.toContain('docksmith run');
  });

  it('has mounts, variables, user, folder, limits and secrets of the record', async () => {
    const script =
      'echo "$OF_FILE $BOTH $WORD $FROM_IMAGE"; id -u; pwd; cat /srv/shop/page /etc/key; echo; echo x > /goods/new; touch /srv/shop/x || echo read-only';
    const { stdout, stderr } = await sh('shop', script);
    expect(stdout).toBe('a file record one 1\n1000\n/goods\na page\nhunter2hunter2\nread-only\n');
    expect(stderr).toContain('Read-only file system');
    expect(await machine.engine.docker('exec', 'shop', 'cat', '/goods/new', '/etc/key')).toBe('x\nhunter2hunter2');
    const say = 'echo "$(id -u):$(id -g) $PWD $WORD $B"';
    expect(
      await run('-u', '1234:5', '-w', '/tmp', '-e', 'WORD=x y', '--env=B=2', 'shop', 'sh', '-c', say),
    ).toMatchObject({ exitCode: 0, stdout: '1234:5 /tmp x y 2\n' });
    // the secret is still that of the record's user
    expect(await machine.engine.docker('exec', 'shop', 'cat', '/etc/key')).toBe('hunter2hunter2');
  });

  it('reaches others by their aliases, and is none of the container itself', async () => {
    const one = startRun('shop', 'sh', '-c', WAIT);
    await one.until(/begun/);
    const [name = ''] = await listOneOffs();
    expect(name).toMatch(/^shop-run-[0-9a-f]{8}$/);
    expect(await machine.engine.docker('exec', '-u', '0', name, 'ping', '-c', '1', '-W', '2', 'store')).toContain(
      '1 packets received',
    );
    expect(JSON.parse(await inspect(name, '{{json .Config.Labels}}'))).toEqual({
      'docksmith.run': 'shop',
      'docksmith.run-by': expect.stringMatching(new RegExp(`^${one.pid}:`)) as string,
    });
    expect(await inspect(name, '{{json .HostConfig.PortBindings}} {{.HostConfig.RestartPolicy.Name}}')).toMatch(
      /^(\{\}|null)( no)?$/,
    );
    expect(await inspect(name, '{{json .State.Health}} {{.HostConfig.Memory}}')).toBe(`null ${64 * 1024 ** 2}`);
    const networks = JSON.parse(await inspect(name, '{{json .NetworkSettings.Networks}}')) as Record<
      string,
      { Aliases: readonly string[] | null; IPAddress: string }
    >;
    expect(Object.keys(networks)).toEqual(['corner', 'docksmith-shop']);
    expect(networks['corner']?.IPAddress).not.toBe('10.9.8.7');
    expect(Object.values(networks).flatMap(({ Aliases }) => Aliases ?? [])).not.toContain('store-front');
    // no plan sees it, and an event that recreates the container itself leaves it
    await host.db('docker_containers setprop shop Env BOTH=record,WORD=two');
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('recreate shop');
    expect(await host.runOrFail('docksmith', ['plan'])).toBe('nothing to do\n');
    expect(await host.runOrFail('docksmith', ['status'])).not.toContain('shop-run');
    expect(await listOneOffs()).toEqual([name]);
    const second = await sh('shop', 'echo $WORD');
    expect(second.stdout).toBe('two\n');
    expect(await listOneOffs()).toEqual([name]);
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ exitCode: 143, stdout: 'begun\nasked to end\n' });
    expect(await listOneOffs()).toEqual([]);
  });

  it('runs where the container is stopped, disabled, or was never made', async () => {
    await machine.engine.docker('stop', 'shop');
    expect((await sh('shop', 'echo $WORD')).stdout).toBe('two\n');
    await machine.engine.docker('start', 'shop');
    expect(await sh('off', 'echo $WORD; cat /goods/new')).toEqual({ exitCode: 0, stdout: 'off\nx\n', stderr: '' });
    await host.db('docker_containers set late service status enabled Image app:1 Volumes late:/late Env WORD=late');
    expect((await sh('late', 'echo $WORD')).stdout).toBe('late\n');
    expect(await machine.engine.docker('volume', 'inspect', '--format', '{{json .Labels}}', 'late')).toBe(
      '{"docksmith.managed":"true"}',
    );
    expect(Object.keys(await machine.listContainers())).not.toContain('late');
    expect(await host.runOrFail('docksmith', ['plan', 'late'])).toContain('create late: not there');
    await host.db('docker_containers delete late');
  });

  it('has its image fetched, which is recorded', async () => {
    const archive = host.file('/srv/late.tar');
    await machine.engine.docker('save', '-o', archive, 'says:1');
    await machine.engine.docker('tag', 'says:1', 'kept:1');
    await host.db(
      `docker_images set late service Repository late Tag 1 Source import ImportPath ${archive}`,
      'docker_containers set late service status disabled Image late Env WORD=late',
    );
    await machine.engine.docker('tag', 'says:1', 'late:1');
    await machine.engine.docker('save', '-o', archive, 'late:1');
    await machine.engine.docker('rmi', 'late:1');
    const { exitCode, stdout, stderr } = await run('late');
    expect([exitCode, stdout, stderr]).toEqual([3, 'says late\n', `pull late:1: not there, from ${archive}\n`]);
    expect(await host.runOrFail('docksmith', ['runs'])).toContain('docksmith run late');
    expect(await run('late')).toMatchObject({ exitCode: 3, stderr: '' });
    await host.db('docker_containers delete late', 'docker_images delete late');
  });

  it('has the volumes of a container for data, and those of others, which stay', async () => {
    await machine.engine.docker(
      'run',
      '--rm',
      '--volumes-from',
      'home',
      'app:1',
      'sh',
      '-c',
      'echo of data > /scratch/a',
    );
    for (const name of ['home', 'guest'])
      expect(await sh(name, 'cat /scratch/a; ls -d /home')).toMatchObject({ stdout: 'of data\n/home\n' });
    expect((await sh('shop', 'cat /scratch/a')).stdout).toBe('');
    expect((await run('home', 'cat', '/scratch/a')).stdout).toBe('of data\n');
  });

  describe('streams', () => {
    it('hands standard input on with -i, to its end', async () => {
      const stdin = 'x'.repeat(300_000);
      const { exitCode, stdout } = await host.run('docksmith', ['run', '-i', 'shop', 'cat'], { stdin });
      expect([exitCode, stdout.length]).toEqual([0, stdin.length]);
      expect(await host.run('docksmith', ['run', 'shop', 'cat'], { stdin: 'not for it' })).toMatchObject({
        exitCode: 0,
        stdout: '',
      });
      const running = startRun('-i', 'shop', 'sh', '-c', 'read line; echo "got $line"; exit 4');
      running.write('hello\n');
      expect(await running.ended).toMatchObject({ exitCode: 4, stdout: 'got hello\n' });
    });

    it('gives a terminal that has the size of ours, now and later, and hears Ctrl-C there', async () => {
      const inside =
        'trap "echo heard; exit 5" INT; until [ "$(stty size 2> /dev/null)" = "33 101" ]; do :; done; echo ready; until [ "$(stty size)" = "40 90" ]; do sleep 0.05; done; echo resized; while :; do sleep 0.05; done';
      const outside = `stty rows 33 cols 101; docksmith="${process.execPath} ${PROGRAM}"
        (while ! grep -q ^ready ${host.file('/typescript')}; do sleep 0.05; done; stty -F /dev/tty rows 40 cols 90) &
        $docksmith run -it shop sh -c '${inside}'`;
      const [command, args] = machine.namespace.command('script', ['-qefc', outside, host.file('/typescript')]);
      const terminal = start(command, args, {
        env: { DOCKER_HOST: `unix://${machine.proxy.socket}`, DOCKSMITH_ROOT: host.root, SHELL: '/bin/bash' },
      });
      await terminal.until(/resized/);
      terminal.write('\u0003');
      const { exitCode, stdout } = await terminal.ended;
      expect([exitCode, stdout.replaceAll('\r', '')]).toEqual([5, 'ready\nresized\n^Cheard\n']);
      expect(await listOneOffs()).toEqual([]);
    });

    it('ends when nobody reads on', async () => {
      const [command, args] = machine.namespace.command('bash', [
        '-c',
        `set -o pipefail; ${process.execPath} ${PROGRAM} run shop sh -c 'trap "exit 3" TERM; while echo more; do sleep 0.05; done' | head -n 1`,
      ]);
      const piped = start(command, args, {
        env: { DOCKER_HOST: `unix://${machine.proxy.socket}`, DOCKSMITH_ROOT: host.root },
      });
      expect(await piped.ended).toEqual({ exitCode: 0, stdout: 'more\n', stderr: '' });
      expect(await listOneOffs()).toEqual([]);
    });
  });

  describe('its end', () => {
    it('comes with Ctrl-C, after the time that the record gives it', async () => {
      const one = startRun('shop', 'sh', '-c', WAIT);
      await one.until(/begun/);
      one.kill('SIGINT');
      expect(await one.ended).toMatchObject({ exitCode: 130, stdout: 'begun\nasked to end\n', stderr: '' });
      expect(await listOneOffs()).toEqual([]);
    });

    it('is made up for where docksmith was killed, by the next event or run', async () => {
      const volumes = await listVolumes();
      for (const next of [
        ['run', 'redis', 'true'],
        ['reconcile', 'redis'],
      ]) {
        const [killed, living] = [startRun('shop', 'sh', '-c', WAIT), startRun('redis', 'sh', '-c', WAIT)];
        await Promise.all([killed.until(/begun/), living.until(/begun/)]);
        killed.kill('SIGKILL');
        await killed.ended;
        const all = await listOneOffs();
        const [left = '', ...others] = all.filter((name) => name.startsWith('shop-run-'));
        expect([all.length, others]).toEqual([2, []]);
        expect((await docksmith('status')).stdout).toContain(
          `left: ${left}, by a docksmith run that was killed; the next event or run removes it`,
        );
        const { exitCode, stderr } = await docksmith(...next);
        expect([exitCode, stderr]).toEqual([
          0,
          `docksmith: warning: removed ${left}: the docksmith run that made it was killed\n`,
        ]);
        expect(await listOneOffs()).toEqual(all.filter((name) => name !== left));
        living.kill('SIGTERM');
        expect((await living.ended).exitCode).toBe(143);
      }
      expect(await listVolumes()).toBe(volumes);
      expect(await host.runOrFail('docksmith', ['status'])).not.toContain('left:');
    });

    it('is no matter of copies of its image', async () => {
      const one = startRun('shop', 'sh', '-c', WAIT);
      await one.until(/begun/);
      await machine.engine.docker('commit', (await listOneOffs())[0] ?? '', 'copy:1');
      one.kill('SIGKILL');
      await one.ended;
      await machine.engine.docker('run', '-d', '--name', 'copy', 'copy:1', '/run');
      await host.runOrFail('docksmith', ['reconcile']);
      expect(await listOneOffs()).toEqual(['copy']);
      await machine.engine.docker('rm', '-f', 'copy');
    });
  });

  describe('what cannot be', () => {
    it('is said with what to do', async () => {
      expect(await run('shopp', 'true')).toMatchObject({
        exitCode: 1,
        stderr:
          'docksmith: cannot run a one-off of "shopp": db docker_containers has no record of a container "shopp"\nhint: did you mean "shop"?\n',
      });
      expect(await run('backup')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('hint: docksmith start backup') as string,
      });
      expect(await run('backup', 'echo', 'by itself')).toMatchObject({ exitCode: 0, stdout: 'by itself\n' });
      expect(await run('-e', 'A', 'shop', 'true')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('"A" after -e is not NAME=VALUE') as string,
      });
      expect(await run('-it', 'shop', 'true')).toMatchObject({ exitCode: 2 });
      expect(await run()).toMatchObject({ exitCode: 2 });
      expect(
        await host.run('docksmith', ['run', 'shop'], { env: { DOCKER_HOST: 'unix:///no/such.sock' } }),
      ).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cannot reach the Docker engine') as string });
      expect(await run('shop', '/bin/hunter2hunter2')).toMatchObject({
        exitCode: 127,
        stderr: expect.not.stringContaining('hunter2') as string,
      });
    });

    it('is said of an image, a network, a container or a folder that is missing, and makes nothing', async () => {
      await host.db(
        'docker_images set gone service Source local',
        'docker_networks set later network Subnet 10.9.7.0/24',
        'docker_containers set gone service status disabled Image gone',
        'docker_containers set net service status disabled Image app:1 network custom:later',
        `docker_containers set dir service status disabled Image app:1 MountPath ${host.file('/no/such')}:/x`,
      );
      expect((await run('gone', 'true')).stderr).toMatch(/the engine has no image "gone:latest"/);
      expect((await run('net', 'true')).stderr).toBe(
        'docksmith: cannot run a one-off of "net": it is on network "later", and the engine has no such network\nhint: signal-event docker-container-update net\n',
      );
      expect((await run('dir', 'true')).stderr).toMatch(/this host has no such folder\nhint: mkdir it/);
      await machine.engine.docker('rm', '-f', 'home');
      expect((await run('guest', 'true')).stderr).toMatch(
        /needs container "home", which is not there\nhint: signal-event/,
      );
      expect(machine.proxy.listMutating()).toEqual([]);
      expect(await listOneOffs()).toEqual([]);
    });
  });
});
