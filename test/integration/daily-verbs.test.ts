import { beforeAll, describe, expect, it } from 'vitest';
import path from 'node:path';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { type Running, start } from '../support/running.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/docksmith.js');

needs('dockerd')('daily verbs on a real engine', () => {
  const machine = useMachine();
  let host: Host;
  beforeAll(async () => {
    host = machine.makeHost({ env: { DOCKER_HOST: `unix://${machine.engine.socket}` } });
    await makeSleepImage(machine.engine, 'app:1');
    await makeImage(machine.engine, 'crash:1', { cmd: ['sh', '-c', 'echo I begin; echo I fail >&2; exit 3'] });
    await makeImage(machine.engine, 'once:1', { cmd: ['sh', '-c', 'echo one; echo two >&2; echo three'] });
    await makeImage(machine.engine, 'long:1', {
      cmd: ['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" a; echo; echo end'],
    });
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set docker service status enabled Daemon foreign',
      'docker_containers set wiki service status enabled Image app:1',
      'docker_containers set git service status enabled Image app:1',
      'docker_containers set once service status enabled Image once:1 Restart no',
      'docker_containers set long service status enabled Image long:1 Restart no',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('run', '-d', '--name', 'foreign', 'app:1');
  });

  /** Has the first process of a container write a line into its log. */
  const write = (name: string, text: string, fd: 1 | 2 = 1): Promise<string> =>
    machine.engine.docker('exec', name, 'sh', '-c', `echo "${text}" > /proc/1/fd/${fd}`);
  const docksmith = (...args: readonly string[]): ReturnType<Host['run']> => host.run('docksmith', args);
  const startDocksmith = (...args: readonly string[]): Running => {
    const [command, words] = machine.namespace.command(process.execPath, [PROGRAM, ...args]);
    return start(command, words, {
      env: { DOCKER_HOST: `unix://${machine.engine.socket}`, DOCKSMITH_ROOT: host.root, DBPATH: undefined },
    });
  };

  describe('logs', () => {
    it('merges those of several by time, the name in front', async () => {
      await write('wiki', 'first');
      await write('git', 'second', 2);
      await write('wiki', 'third');
      expect((await docksmith('logs', 'git', 'wiki')).stdout).toBe('wiki | first\ngit  | second\nwiki | third\n');
      expect((await docksmith('logs', 'wiki')).stdout).toBe('first\nthird\n');
      expect((await docksmith('logs', '-n', '1', 'git', 'wiki')).stdout).toBe('git  | second\nwiki | third\n');
      expect(JSON.parse((await docksmith('logs', '--json', 'wiki', 'git')).stdout)).toEqual([
        { name: 'wiki', stream: 'stdout', text: 'first', time: expect.stringMatching(/^\d{4}-.*Z$/) as string },
        expect.objectContaining({ name: 'git', stream: 'stderr', text: 'second' }),
        expect.objectContaining({ text: 'third' }),
      ]);
    });

    it('shows those from a time on', async () => {
      const [, , last] = JSON.parse((await docksmith('logs', '--json', 'wiki', 'git')).stdout) as { time: string }[];
      expect((await docksmith('logs', '--since', last?.time ?? '', 'git', 'wiki')).stdout).toBe('wiki | third\n');
      expect((await docksmith('logs', '--since', '1h', 'wiki')).stdout).toBe('first\nthird\n');
      expect((await docksmith('logs', '--since', '2999-01-01', '--json', 'wiki')).stdout).toBe('[]\n');
    });

    it('puts a long line together', async () => {
      expect((await docksmith('logs', 'long')).stdout).toBe(`${'a'.repeat(40_000)}\nend\n`);
    });

    it('says which names it cannot find, all at once', async () => {
      const { exitCode, stderr } = await docksmith('logs', 'wikki', 'foreign');
      expect([exitCode, stderr]).toEqual([
        1,
        'docksmith: cannot find container "wikki": there is neither a record of it nor a container that docksmith made\nhint: did you mean "wiki"?\ndocksmith: cannot find container "foreign": it is not docksmith\'s\nhint: use the docker command for it\n',
      ]);
      expect(await docksmith('logs')).toMatchObject({ exitCode: 2 });
      expect(await docksmith('logs', '--since', 'soon', 'wiki')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('"soon" is no time') as string,
      });
    });

    it('follows over a restart, a recreate and what is written in between, and ends with Ctrl-C', async () => {
      const logs = startDocksmith('logs', '-f', '-n', '0', 'wiki', 'git');
      // what was there before is not shown, so this is how one knows that it follows
      let n = 0;
      while (!logs.said().includes('git  | hello')) await write('git', `hello ${++n}`);
      await write('wiki', 'before');
      await logs.until(/^wiki \| before$/m);
      await machine.engine.docker('restart', 'wiki');
      await write('wiki', 'after a restart');
      await logs.until(/^wiki \| after a restart$/m);
      const { Id } = (await machine.engine.inspect('wiki')) as { Id: string };
      await host.db('docker_containers setprop wiki Hostname other');
      await host.runOrFail('signal-event', ['docker-update']);
      expect(((await machine.engine.inspect('wiki')) as { Id: string }).Id).not.toBe(Id);
      await write('wiki', 'after a recreate');
      await logs.until(/^wiki \| after a recreate$/m);
      await write('git', 'still here');
      await logs.until(/^git {2}\| still here$/m);
      logs.kill('SIGINT');
      const { exitCode, stdout, stderr } = await logs.ended;
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout.split('\n').filter((line) => line.startsWith('wiki'))).toEqual([
        'wiki | before',
        'wiki | after a restart',
        'wiki | after a recreate',
      ]);
      expect(stdout).not.toContain('first');
    });

    it('follows a container that crashes again and again', async () => {
      // made here, since an event on a host with such a container may well say that it failed
      await host.db('docker_containers set crash service status enabled Image crash:1 Restart always');
      await host.run('signal-event', ['docker-container-update', 'crash']);
      const logs = startDocksmith('logs', '-f', '-n', '0', 'crash');
      await logs.until(/(I begin\nI fail\n|I fail\nI begin\n).*\n.*\n/);
      logs.kill('SIGTERM');
      expect(await logs.ended).toMatchObject({ exitCode: 0, stderr: '' });
      await host.db('docker_containers delete crash');
      await host.runOrFail('signal-event', ['docker-update']);
    });

    it('ends when all have ended', async () => {
      const { exitCode, stdout } = await docksmith('logs', '--follow', 'once');
      expect([exitCode, stdout.split('\n').sort()]).toEqual([0, ['', 'one', 'three', 'two']]);
    });

    it('ends cleanly with its next line when its reader has closed the pipe', async () => {
      const [command, args] = machine.namespace.command('sh', [
        '-c',
        `${process.execPath} ${PROGRAM} logs -f wiki git | head -n 1`,
      ]);
      const piped = start(command, args, {
        env: { DOCKER_HOST: `unix://${machine.engine.socket}`, DOCKSMITH_ROOT: host.root },
      });
      while (await Promise.race([piped.ended.then(() => false), write('git', 'more').then(() => true)]));
      const { stdout, stderr } = await piped.ended;
      expect([stdout.split('\n').length, stderr]).toEqual([2, '']);
    });
  });

  describe('exec', () => {
    it('hands on streams and exit code', async () => {
      expect(await docksmith('exec', 'wiki', 'sh', '-c', 'echo out; echo err >&2; exit 7')).toEqual({
        exitCode: 7,
        stdout: 'out\n',
        stderr: 'err\n',
      });
      expect(await docksmith('exec', 'wiki', 'echo', '--help', '-it')).toMatchObject({
        exitCode: 0,
        stdout: '--help -it\n',
      });
      expect((await docksmith('exec', 'wiki', '/no/such')).exitCode).toBeGreaterThan(125);
    });

    it('runs as another user, in another folder, with more variables', async () => {
      const say = 'echo "$(id -u):$(id -g) $PWD $A $B"';
      expect(
        await docksmith('exec', '-u', '1234:5', '-w', '/tmp', '-e', 'A=x y', '--env=B=2', 'wiki', 'sh', '-c', say),
      ).toMatchObject({ exitCode: 0, stdout: '1234:5 /tmp x y 2\n' });
      expect(await docksmith('exec', '-e', 'A', 'wiki', 'true')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('"A" after -e is not NAME=VALUE') as string,
      });
    });

    it('hands standard input on with -i, to its end', async () => {
      const stdin = 'x'.repeat(300_000);
      const { exitCode, stdout } = await host.run('docksmith', ['exec', '-i', 'wiki', 'cat'], { stdin });
      expect([exitCode, stdout.length]).toEqual([0, stdin.length]);
      expect(await host.run('docksmith', ['exec', 'wiki', 'cat'], { stdin: 'not for it' })).toMatchObject({
        exitCode: 0,
        stdout: '',
      });
    });

    it('ends with the command, also while standard input is open', async () => {
      const running = startDocksmith('exec', '-i', 'wiki', 'sh', '-c', 'read line; echo "got $line"; exit 4');
      running.write('hello\n');
      expect(await running.ended).toMatchObject({ exitCode: 4, stdout: 'got hello\n' });
    });

    it('gives a terminal that has the size of ours, now and later', async () => {
      // a terminal gets its size a moment after it is made
      const inside =
        'until [ "$(stty size 2> /dev/null)" = "33 101" ]; do :; done; echo ready; until [ "$(stty size)" = "40 90" ]; do sleep 0.05; done; echo resized; exit 5';
      const outside = `stty rows 33 cols 101; docksmith="${process.execPath} ${PROGRAM}"
        (while ! grep -q ^ready ${host.file('/typescript')}; do sleep 0.05; done; stty -F /dev/tty rows 40 cols 90) &
        $docksmith exec -it wiki sh -c '${inside}'`;
      const [command, args] = machine.namespace.command('script', ['-qefc', outside, host.file('/typescript')]);
      const terminal = start(command, args, {
        env: { DOCKER_HOST: `unix://${machine.engine.socket}`, DOCKSMITH_ROOT: host.root, SHELL: '/bin/bash' },
      });
      const { exitCode, stdout } = await terminal.ended;
      // node leaves the terminal to put a return before each newline, a second one
      expect([exitCode, stdout.replaceAll('\r', '')]).toEqual([5, 'ready\nresized\n']);
    });

    it('refuses what cannot be', async () => {
      await machine.engine.docker('stop', 'git');
      expect(await docksmith('exec', 'git', 'true')).toMatchObject({
        exitCode: 1,
        stderr: 'docksmith: cannot run "true" in container "git": it is exited\nhint: docksmith start git\n',
      });
      expect(await docksmith('exec', 'foreign', 'true')).toMatchObject({ exitCode: 1 });
      expect(await docksmith('exec', '-it', 'wiki', 'true')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('standard input is not one') as string,
      });
      expect(await docksmith('exec', 'wiki')).toMatchObject({ exitCode: 2 });
    });
  });
});
