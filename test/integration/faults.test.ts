import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import type { Result } from '../support/run.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin');

needs('dockerd')('faults while containers are changed', () => {
  let host: Host;
  /** what happens when the engine has done a call that changes something; false: nobody hears of it */
  let onMutated: (call: string, count: number) => boolean | Promise<boolean> = () => true;
  const machine = useMachine({
    // containers outlive their engine
    args: ['--live-restore'],
    proxy: { onMutated: (call, count) => onMutated(call, count) },
    clears: true,
  });
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1', { changes: ['VOLUME /state'] });
  });
  afterEach(() => {
    onMutated = () => true;
  });

  /** Whoever is started has to stay for a moment. */
  async function makeOwnHost(...lines: readonly string[]): Promise<void> {
    host = await machine.makeServer(
      [
        'configuration set LocalIP 127.0.0.1',
        'configuration set docker service status enabled Daemon foreign',
        'configuration set docksmith service status enabled HealthWait 10s HealthUptime 300ms',
        ...lines,
      ],
      { waitsForHealth: true },
    );
  }
  /** Files of the root, but for the record that each run of an event leaves. */
  /** But for what every run adds: its record, and the generation of its commit. */
  const listFiles = (): readonly string[] =>
    host
      .files()
      .filter((file) => !/^\/var\/(lib\/docksmith\/state\/(runs|generations)|cache\/docksmith)\/[^/]+$/.test(file));
  /**
   * Runs docksmith and kills it, and all that it started, after so many calls that change something.
   * @returns undefined if it was killed
   */
  async function runAndKill(calls: number, args: readonly string[]): Promise<Result | undefined> {
    machine.proxy.reset();
    const [command, all] = machine.namespace.command(process.execPath, [path.join(BIN, 'signal-event.js'), ...args]);
    const child = spawn(command, all, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DBPATH: undefined,
        DOCKER_HOST: `unix://${machine.proxy.socket}`,
        DOCKSMITH_ROOT: host.root,
      },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const { pid = 0 } = child;
    onMutated = (_call, count) => {
      if (count < calls) return true;
      if (count === calls) process.kill(-pid, 'SIGKILL');
      return false;
    };
    await once(child, 'close');
    onMutated = () => true;
    return child.signalCode === 'SIGKILL' ? undefined : { exitCode: child.exitCode ?? -1, stdout: said, stderr: '' };
  }

  it('converges from a SIGKILL after every single call of a plan that creates, updates, recreates and links, and nothing is lost', async () => {
    const before = [
      'docker_containers set limited service status enabled Image sleep:1 MaxMemory 64',
      'docker_containers set changed service status enabled Image sleep:1 Env A=1',
      'docker_containers set kept service status enabled Image sleep:1',
    ];
    const change = (): Promise<void> =>
      host.db(
        'docker_containers setprop limited MaxMemory 128',
        'docker_containers setprop changed Env A=2',
        'docker_containers set added service status enabled Image sleep:1 Interlinked limited:db',
      );
    await makeOwnHost(...before);
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('exec', 'changed', 'sh', '-c', 'echo precious > /state/data');
    const { kept } = await machine.listContainers();
    await change();
    const { plan } = JSON.parse(await host.runOrFail('signal-event', ['--dry-run', '--json', 'docker-update'])) as {
      plan: { operations: { verb: string; name: string; cause: string }[] };
    };
    expect(plan.operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`)).toEqual([
      'network docksmith-added: wanted by added, limited',
      'connect limited: docksmith-added as db',
      'update limited: memory 64m -> 128m',
      'create added: not there',
      'recreate changed: environment A changed',
    ]);
    // the first one is not killed: it tells how many calls there are, and which files stay
    let [allCalls, files] = [0, [] as readonly string[]];
    for (let calls = 0; calls <= allCalls; calls++) {
      await change();
      const ended = await runAndKill(calls === 0 ? Infinity : calls, ['docker-update']);
      expect([calls, ended?.exitCode]).toEqual([calls, calls === 0 ? 0 : undefined]);
      // a network, a join, an update, a create with its start, and the five of a recreate
      if (calls === 0) allCalls = machine.proxy.listMutating().length;
      expect(allCalls).toBe(10);
      const next = await host.run('signal-event', ['docker-update']);
      expect([calls, next.exitCode, next.stderr]).toEqual([calls, 0, '']);
      const now = await machine.listContainers();
      expect([calls, Object.keys(now)]).toEqual([calls, ['added', 'changed', 'kept', 'limited']]);
      expect(Object.values(now).filter((line) => !line.includes(' running '))).toEqual([]);
      expect(now['kept']).toBe(kept);
      expect(await machine.engine.docker('exec', 'changed', 'sh', '-c', 'cat /state/data; echo $A')).toBe(
        'precious\n2',
      );
      expect(await machine.engine.docker('inspect', '--format', '{{.HostConfig.Memory}}', 'limited')).toBe(
        String(128 * 1024 ** 2),
      );
      expect(await machine.engine.docker('exec', 'added', 'nslookup', 'db')).toContain('Address');
      expect(await host.runOrFail('docksmith', ['reconcile', '--dry-run'])).toMatch(/^nothing to do$/m);
      // neither a file nor a network nor a volume is there that an undisturbed run would not have left
      expect(await machine.engine.docker('network', 'ls', '--format', '{{.Name}}')).toBe(
        'bridge\ndocksmith-added\nhost\nnone',
      );
      expect((await machine.engine.docker('volume', 'ls', '--quiet')).split('\n')).toHaveLength(4);
      if (calls === 0) files = listFiles();
      expect([calls, listFiles()]).toEqual([calls, files]);
      await host.db(
        'docker_containers setprop limited MaxMemory 64',
        'docker_containers setprop changed Env A=1',
        'docker_containers delete added',
      );
      await host.runOrFail('signal-event', ['docker-update']);
      await host.runOrFail('docksmith', ['reconcile', '--remove-orphans']);
      await machine.engine.docker('volume', 'prune', '--force');
    }
  }, 600_000);

  it('brings the old container back from a SIGKILL after every call of a recreate that fails', async () => {
    await makeOwnHost('docker_containers set changed service status enabled Image sleep:1');
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('exec', 'changed', 'sh', '-c', 'echo precious > /state/data');
    const [old, , started] = ((await machine.listContainers())['changed'] ?? '').split(' ');
    await host.db('docker_containers setprop changed Command "/bin/false" Restart no');
    for (let calls = 1; ; calls++) {
      const ended = await runAndKill(calls, ['--retry', 'docker-update']);
      const made = machine.proxy.listMutating().length;
      const meanwhile = await machine.listContainers();
      // whatever the moment, the old one is there under one of its two names
      expect([calls, Object.values(meanwhile).some((line) => line.startsWith(`${old ?? ''} `))]).toEqual([calls, true]);
      const isAside = meanwhile['changed.docksmith-old'] !== undefined;
      const next = await host.run('signal-event', ['docker-update']);
      // one that was killed on the way is ended by the next event, which fails as the first would have; after
      // that the spec is left in peace, and the event says so
      expect([calls, next.exitCode, next.stderr + next.stdout]).toEqual([
        calls,
        1,
        expect.stringMatching(
          isAside ? /it ended with exit code 1; the old one runs again/ : /failed changed: .*it ended with exit code 1/,
        ),
      ]);
      const now = await machine.listContainers();
      expect([calls, Object.keys(now), now['changed']]).toEqual([
        calls,
        ['changed'],
        expect.stringMatching(new RegExp(`^${old ?? ''} running `)),
      ]);
      expect(await machine.engine.docker('exec', 'changed', 'cat', '/state/data')).toBe('precious');
      if (ended !== undefined) {
        // rename, create, stop, start, and back: stop, remove, start, rename
        expect([ended.exitCode, made, calls, isAside]).toEqual([1, calls - 1, 9, false]);
        expect(now['changed']?.split(' ')[2]).not.toBe(started);
        break;
      }
    }
  }, 600_000);

  it('says that the engine stopped answering in the middle, and all containers run on', async () => {
    await makeOwnHost(
      'docker_containers set changed service status enabled Image sleep:1',
      'docker_containers set kept service status enabled Image sleep:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const before = await machine.listContainers();
    await host.db('docker_containers setprop changed Env A=2');
    machine.proxy.reset();
    let isDown = false;
    onMutated = async (call) => {
      // the new one is made, and the old one serves under its other name
      if (!isDown && call.includes('/containers/create')) {
        isDown = true;
        await machine.engine.shutDown();
      }
      return true;
    };
    const failed = await host.run('signal-event', ['docker-update']);
    expect([failed.exitCode, failed.stderr]).toEqual([
      1,
      expect.stringMatching(/the old one did not come back|does not answer/),
    ]);
    expect((await host.run('signal-event', ['docker-update'])).stderr).toMatch(
      /cannot reach the Docker engine at .*\n(.*\n)*hint: see that it runs/,
    );
    onMutated = () => true;
    await machine.engine.startAgain();
    const meanwhile = await machine.listContainers();
    expect(meanwhile['kept']).toBe(before['kept']);
    expect(meanwhile['changed.docksmith-old']).toBe(before['changed']);
    await host.runOrFail('signal-event', ['docker-update']);
    const after = await machine.listContainers();
    expect(Object.keys(after)).toEqual(['changed', 'kept']);
    expect(after['kept']).toBe(before['kept']);
    expect(await machine.engine.docker('exec', 'changed', 'sh', '-c', 'echo $A')).toBe('2');
  });

  it('says that a name is taken by a foreign container, and changes nothing', async () => {
    await makeOwnHost('docker_containers set changed service status enabled Image sleep:1');
    await host.runOrFail('signal-event', ['docker-update']);
    await machine.engine.docker('run', '--detach', '--name', 'wiki', 'sleep:1');
    const before = await machine.listContainers();
    await host.db(
      'docker_containers set wiki service status enabled Image sleep:1',
      'docker_containers setprop changed Env A=2',
    );
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /cannot use the name "wiki" for a container: a container of that name exists that docksmith does not own/,
      ),
    ]);
    expect(await machine.listContainers()).toEqual(before);
  });

  it('brings the old container back when a foreign process takes its new port in the middle', async () => {
    await makeOwnHost(
      'docker_containers set changed service status enabled Image sleep:1 TCPPort 8080 HealthWait 0',
      'docker_containers set kept service status enabled Image sleep:1',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    const before = await machine.listContainers();
    await host.db('docker_containers setprop changed TCPPort 8081');
    const [command, args] = machine.namespace.command(process.execPath, [
      '-e',
      'require("net").createServer().listen(8081, "127.0.0.1", () => console.log("listening"))',
    ]);
    const listeners: ReturnType<typeof spawn>[] = [];
    onMutated = async (call) => {
      if (listeners.length > 0 || !call.includes('/containers/create')) return true;
      const listener = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      listeners.push(listener);
      await once(listener.stdout, 'data');
      return true;
    };
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/8081.*address already in use|8081.*already allocated/),
    ]);
    const after = await machine.listContainers();
    expect(Object.keys(after)).toEqual(['changed', 'kept']);
    expect(after['kept']).toBe(before['kept']);
    expect(after['changed']?.slice(0, 72)).toBe(before['changed']?.slice(0, 72));
    // before anything is touched it is seen that the port is taken
    onMutated = () => true;
    const again = await host.run('signal-event', ['docker-update']);
    expect([again.exitCode, again.stderr]).toEqual([
      1,
      expect.stringMatching(/cannot publish tcp port 8081 for container "changed": it is taken by /),
    ]);
    for (const listener of listeners) {
      listener.kill();
      await once(listener, 'exit');
    }
    await host.runOrFail('signal-event', ['--retry', 'docker-update']);
    expect(Object.keys(await machine.listContainers())).toEqual(['changed', 'kept']);
  });
});
